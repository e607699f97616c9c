use crate::protocol::tls::alert;
use crate::session::Session;
use crate::verdict::encryption;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// One side ended the handshake with a fatal alert in the clear, before the keys were in use.
///
/// It matters because the session ends with it: no log-in, no mail; or the client goes on without encryption.
///
/// Both versions are named where the version is the reason: the newest one that the client offers, and the one that
/// the server chose, where it chose one. An alert does not say which version its sender wants.
///
/// Clients of TLS 1.3 may encrypt the alert. Its length tells that it is one, and not what it says.
///
/// Not: the alert that announces the end of a connection (close_notify), nor a warning; not an alert inside TLS, which
/// cannot be read; and not one to a server that speaks plain text, which never agreed to TLS (tls-mismatch).
///
/// RFC 8446, section 6: alerts.
pub const RULE: Rule = Rule {
    id: "tls-alert",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.1.0",
    rank: 20,
    reference: Some("RFC 8446, section 6"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A TLS handshake was broken off",
            detail: "One side gave the handshake up and said why in an alert. Nothing was encrypted, and what was to \
                     follow did not take place.",
            remedy: "Look at the reason that the alert gives, on the side that sent it: its versions of TLS, its cipher \
                     suites, the certificate and the authorities that it trusts.",
        },
        zh: Text {
            title: "TLS 握手中止",
            detail: "一方放弃了握手，并在警报中说明了原因。加密没有建立，后续的对话也没有进行。",
            remedy: "按警报给出的原因，在发出警报的一方检查：TLS 版本、密码套件、证书以及所信任的颁发机构。",
        },
    },
    sentences: &[
        Sentence { en: "The {0} broke it off: {1}.", zh: "由{0}中止：{1}。" },
        Sentence {
            en: "The {0} broke it off: {1}. The client offers {2} at most.",
            zh: "由{0}中止：{1}。客户最高提出 {2}。",
        },
        Sentence {
            en: "The {0} broke it off: {1}. The client offers {2} at most, and the server wants a newer version.",
            zh: "由{0}中止：{1}。客户最高提出 {2}，而服务器要求更新的版本。",
        },
        Sentence {
            en: "The {0} broke it off: {1}. The client offers {2} at most, and the server chose {3}.",
            zh: "由{0}中止：{1}。客户最高提出 {2}，服务器选定 {3}。",
        },
        Sentence {
            en: "The {0} broke it off after it had seen the server's certificate, by an alert that is encrypted: perhaps \
                 the certificate was the reason.",
            zh: "{0}收到服务器的证书之后中止了握手，警报已加密：原因可能是证书。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let offered = session.tls.offered.first();
    for (step, description) in encryption::alerts(session) {
        let evidence = encryption::hello(session).map(|hello| hello.n).into_iter().chain([step.n]);
        let mut occurrence = found.at(evidence).fact(Fact::Side(step.from)).fact(Fact::Alert(description));
        if let Some(offered) = offered.filter(|_| is_about_versions(description)) {
            let chosen = session.tls.version.as_ref().filter(|chosen| *chosen != offered);
            occurrence = occurrence.named(Key::Version, Fact::Name(offered.clone()));
            occurrence = match chosen {
                Some(chosen) => occurrence.fact(Fact::Name(chosen.clone())).says(3),
                None if description == alert::PROTOCOL_VERSION && is_old(offered) => occurrence.says(2),
                None => occurrence.says(1),
            };
        }
        if let Some(cause) = encryption::cause_of(session, description) {
            occurrence.because_of(cause);
        }
    }
    if let Some(step) = encryption::hidden_alert(session) {
        let evidence = encryption::hello(session).map(|hello| hello.n).into_iter().chain([step.n]);
        found.at(evidence).fact(Fact::Side(step.from)).says(4);
    }
}

/// The version may be the reason: protocol_version; handshake_failure and insufficient_security, which servers send in its
/// place; inappropriate_fallback.
fn is_about_versions(description: u8) -> bool {
    matches!(description, alert::PROTOCOL_VERSION | 40 | 71 | 86)
}

/// Servers refuse it for its age.
fn is_old(version: &str) -> bool {
    matches!(version, "SSL 2.0" | "SSL 3.0" | "TLS 1.0" | "TLS 1.1")
}

#[cfg(test)]
mod tests {
    use crate::verdict::testing::tls::{alert, hello, hidden, keys, server_hello, server_hello_of_13, warning};

    const STARTTLS: &str = "S: 220 mx\nC: STARTTLS\nS: 220 go";

    has!(of_the_server, &[STARTTLS, &hello(""), &alert('S', 70)].join("\n") => [4, 5]);
    has!(of_the_client, &[STARTTLS, &hello(""), &server_hello(0x0303, 0x2f), &alert('C', 48)].join("\n") => [4, 6]);
    has!(from_the_first_byte, &["--- server 192.0.2.1:993", &hello(""), &alert('S', 40)].join("\n") => [1, 2]);
    has_not!(a_warning_or_the_announced_end, &[STARTTLS, &hello(""), &warning('S', 112), &warning('S', 0)].join("\n"));
    has_not!(
        to_a_server_that_speaks_plain_text,
        &[&*hello(""), "S: 220 mx", "S: 500 what", &alert('C', 70)].join("\n")
    );
    has_not!(within_tls, &[STARTTLS, &hello(""), &server_hello(0x0303, 0x2f), &keys(), &alert('C', 48)].join("\n"));
    has!(
        that_tls_1_3_hides,
        &[STARTTLS, &hello(""), &server_hello_of_13(), &hidden('S', 900), &hidden('C', 19)].join("\n") => [4, 7]
    );
    has_not!(
        the_client_ends_the_handshake,
        &[STARTTLS, &hello(""), &server_hello_of_13(), &hidden('S', 900), &hidden('C', 53), &hidden('C', 19)]
            .join("\n")
    );
    has_not!(the_server_alone_was_heard, &[STARTTLS, &hello(""), &server_hello_of_13(), &hidden('S', 900)].join("\n"));
}
