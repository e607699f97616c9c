use crate::session::Session;
use crate::verdict::encryption;
use crate::verdict::rule::{Class, Fact, Found, Needs, Rule, Sentence, Severity, Text, Words};

/// The cipher suite agreed upon encrypts nothing (NULL), proves nothing (anon), has too short keys (EXPORT, DES), uses
/// a cipher with known weaknesses (RC4, RC2, 3DES, IDEA), or, which is worth a remark alone, has no forward secrecy
/// (RSA key transport).
///
/// It matters because the parties believe that nobody reads along.
///
/// Not: CBC as such, nor SHA-1 within a cipher suite, against which no attack on mail is known with today's
/// implementations; not suites that were only offered.
///
/// RFC 9325, section 4.1: general guidelines; RFC 7465: RC4.
pub const RULE: Rule = Rule {
    id: "weak-cipher",
    severity: Severity::Medium,
    class: Class::Weakness,
    because_of: &[],
    since: "0.1.0",
    rank: 46,
    reference: Some("RFC 9325, section 4.1"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A weak cipher suite was agreed upon",
            detail: "The connection is called encrypted, and is protected badly.",
            remedy: "Let both sides offer only cipher suites of TLS 1.3, or of TLS 1.2 with ECDHE and AES-GCM or \
                     ChaCha20.",
        },
        zh: Text {
            title: "协商使用了弱密码套件",
            detail: "连接名义上已加密，但保护不足。",
            remedy: "双方只应使用 TLS 1.3 的密码套件，或 TLS 1.2 中带 ECDHE 以及 AES-GCM 或 ChaCha20 的套件。",
        },
    },
    sentences: &[
        Sentence { en: "{0} does not encrypt at all.", zh: "{0} 根本不加密。" },
        Sentence {
            en: "{0} does not prove who the server is: anybody in between can be it.",
            zh: "{0} 不验证服务器的身份，中间人可以冒充服务器。",
        },
        Sentence {
            en: "{0} has keys so short that they can be tried one by one.", zh: "{0} 的密钥过短，可以穷举。"
        },
        Sentence { en: "The cipher in {0} has known weaknesses.", zh: "{0} 所用的密码有已知弱点。" },
        Sentence {
            en: "{0} has no forward secrecy: whoever gets the server's key later can read what was recorded today.",
            zh: "{0} 没有前向保密：日后得到服务器私钥的人可以解读现在录下的内容。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let Some(cipher) = session.tls.cipher.as_ref().filter(|_| !session.tls.failed) else { return };
    if let Some((says, severity)) = weakness(cipher) {
        let evidence = encryption::server_hello(session).map(|step| step.n);
        found.at(evidence).fact(Fact::Name(cipher.clone())).says(says).severity(severity);
    }
}

/// What is weak in a suite, the worst first: which sentence says so, and how much it matters.
fn weakness(cipher: &str) -> Option<(usize, Severity)> {
    let has = |word: &str| cipher.split('_').any(|part| part == word);
    Some(match cipher {
        // RFC 9150: integrity alone.
        "TLS_SHA256_SHA256" | "TLS_SHA384_SHA384" => (0, Severity::High),
        _ if has("NULL") => (0, Severity::High),
        _ if has("anon") => (1, Severity::High),
        _ if has("EXPORT") || has("DES40") || has("DES") => (2, Severity::High),
        _ if has("RC4") || has("RC2") || has("3DES") || has("IDEA") => (3, Severity::Medium),
        _ if cipher.starts_with("TLS_RSA_WITH_") => (4, Severity::Info),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Severity, weakness};
    use crate::verdict::testing::tls::{hello, keys, server_hello};

    has!(rc4, &["--- server 192.0.2.1:993", &hello(""), &server_hello(0x0303, 0x0005), &keys()].join("\n") => [2]);
    has_not!(
        ecdhe_and_gcm,
        &["--- server 192.0.2.1:993", &hello(""), &server_hello(0x0303, 0xc030), &keys()].join("\n")
    );

    #[test]
    fn the_worst_is_told() {
        for (cipher, told) in [
            ("TLS_RSA_WITH_NULL_SHA", Some((0, Severity::High))),
            ("TLS_DH_anon_WITH_AES_128_CBC_SHA", Some((1, Severity::High))),
            ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", Some((2, Severity::High))),
            ("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", Some((3, Severity::Medium))),
            ("TLS_RSA_WITH_AES_256_GCM_SHA384", Some((4, Severity::Info))),
            ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", None),
            ("TLS_AES_128_GCM_SHA256", None),
            ("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", None),
        ] {
            assert_eq!(weakness(cipher), told, "{cipher}");
        }
    }
}
