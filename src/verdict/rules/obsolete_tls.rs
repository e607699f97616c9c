use crate::session::Session;
use crate::verdict::encryption;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The server chose SSL 2.0, SSL 3.0, TLS 1.0 or TLS 1.1, and the handshake did not fail.
///
/// It matters because what these versions protect can be read or changed with known attacks under some conditions, and
/// because newer peers refuse them.
///
/// Not: TLS 1.2, whatever the cipher suite (weak-cipher); nor a version that was only offered, or refused.
///
/// RFC 8996: TLS 1.0 and 1.1 must not be used; RFC 7568: SSL 3.0; RFC 6176: SSL 2.0.
pub const RULE: Rule = Rule {
    id: "obsolete-tls",
    severity: Severity::Medium,
    class: Class::Weakness,
    because_of: &[],
    since: "0.1.0",
    rank: 45,
    reference: Some("RFC 8996"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "An obsolete version of TLS was agreed upon",
            detail: "This version has known weaknesses and must not be used any more.",
            remedy: "Let both sides use TLS 1.2 or newer, and switch the older versions off. The side that does not \
                     offer a newer one needs an update.",
        },
        zh: Text {
            title: "协商使用了过时的 TLS 版本",
            detail: "该版本存在已知弱点，不应再使用。",
            remedy: "双方应使用 TLS 1.2 或更新的版本，并停用旧版本；不支持新版本的一方需要升级。",
        },
    },
    sentences: &[Sentence {
        en: "It is {0}, and the client offers {1} at most.",
        zh: "版本为 {0}，客户最高提出 {1}。",
    }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let Some(version) = session.tls.version.as_ref().filter(|_| !session.tls.failed) else { return };
    if !matches!(&**version, "SSL 2.0" | "SSL 3.0" | "TLS 1.0" | "TLS 1.1") {
        return;
    }
    let offered = session.tls.offered.first().unwrap_or(version).clone();
    found
        .at(encryption::server_hello(session).map(|step| step.n))
        .named(Key::Version, Fact::Name(version.clone()))
        .fact(Fact::Name(offered));
}

#[cfg(test)]
mod tests {
    use crate::verdict::testing::tls::{alert, hello, keys, server_hello};

    has!(tls_1_0, &["--- server 192.0.2.1:993", &hello(""), &server_hello(0x0301, 0x002f), &keys()].join("\n") => [2]);
    has!(ssl_3, &["--- server 192.0.2.1:993", &hello(""), &server_hello(0x0300, 0x002f), &keys()].join("\n") => [2]);
    has_not!(tls_1_2, &["--- server 192.0.2.1:993", &hello(""), &server_hello(0x0303, 0x002f), &keys()].join("\n"));
    has_not!(
        it_was_not_accepted,
        &["--- server 192.0.2.1:993", &hello(""), &server_hello(0x0301, 0x002f), &alert('C', 70)].join("\n")
    );
}
