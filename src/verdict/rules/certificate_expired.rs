use crate::session::Session;
use crate::verdict::encryption;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The server's certificate was out of date by the capture's clock when it crossed.
///
/// It matters because a client that checks it breaks off: mail stops, log-ins fail. Where it does not, nothing failed,
/// and the certificate proves nothing any more.
///
/// Severity is high where the client ended the session for it, by an alert that says so.
///
/// Not: a certificate of TLS 1.3, which is encrypted: only the client's alert can tell (tls-alert); nor one of a
/// capture without times.
///
/// RFC 5280, section 6.1.3: the checks of a path.
pub const RULE: Rule = Rule {
    id: "certificate-expired",
    severity: Severity::Low,
    class: Class::Weakness,
    because_of: &[],
    since: "0.1.0",
    rank: 40,
    reference: Some("RFC 5280, section 6.1.3"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server's certificate has expired",
            detail: "When the certificate crossed, its time was over. A client that checks it refuses the connection.",
            remedy: "Renew the certificate on the server, let the server load it, and let the renewal happen by itself.",
        },
        zh: Text {
            title: "服务器的证书已过期",
            detail: "证书传送时已超过有效期。检查证书的客户会拒绝连接。",
            remedy: "在服务器上更新证书并重新加载，最好让更新自动进行。",
        },
    },
    sentences: &[
        Sentence {
            en: "It was valid until {0}, and the client went on all the same.",
            zh: "有效期至 {0}，但客户仍然继续。",
        },
        Sentence {
            en: "It was valid until {0}, and the client broke off because of it.",
            zh: "有效期至 {0}，客户因此中止了连接。",
        },
        Sentence {
            en: "It was valid until {0}, and the client broke off over the certificate, perhaps because of that.",
            zh: "有效期至 {0}，客户因证书中止了连接，可能就是因为过期。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    if !encryption::is_expired(session) {
        return;
    }
    let Some((certificate, step)) = encryption::certificate(session) else { return };
    let until = certificate.not_after.get(..10).unwrap_or(&certificate.not_after).to_owned();
    let (says, severity, alert) = encryption::consequence(session);
    let evidence = step.map(|step| step.n).into_iter().chain(alert);
    let occurrence = found.at(evidence).named(Key::Name, Fact::Name(until)).says(says);
    if let Some(severity) = severity {
        occurrence.severity(severity).class(Class::Failure);
    }
}

#[cfg(test)]
mod tests {
    use crate::verdict::testing::tls::{self, Certificate};

    const OVER: Certificate = Certificate { from: "080101000000Z", until: "090101000000Z", ..Certificate::USUAL };

    has!(and_nobody_minds, &tls::session("mx.example", &OVER, &tls::keys()) => [3]);
    has!(and_the_client_breaks_off, &tls::session("mx.example", &OVER, &tls::alert('C', 45)) => [3, 4]);
    has_not!(in_its_time, &tls::session("mx.example", &Certificate::USUAL, &tls::keys()));
    has_not!(
        not_yet_in_its_time,
        &tls::session(
            "mx.example",
            &Certificate { from: "300101000000Z", until: "310101000000Z", ..Certificate::USUAL },
            ""
        )
    );

    #[test]
    fn matters_where_it_ends_the_session() {
        use crate::session::{Needs, model::Severity};
        for (then, severity) in [(tls::keys(), Severity::Low), (tls::alert('C', 45), Severity::High)] {
            let script = tls::session("mx.example", &OVER, &then);
            let session = crate::verdict::testing::session(&script, Needs::NONE);
            assert_eq!(super::RULE.look(&session)[0].severity, severity);
        }
    }
}
