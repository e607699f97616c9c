use crate::protocol::event::Exposure;
use crate::session::Session;
use crate::session::model::Credential;
use crate::verdict::logins;
use crate::verdict::rule::{Class, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use std::collections::HashSet;

/// A proof of the password crossed in the clear, made by a mechanism that is weak: APOP, CRAM-MD5, DIGEST-MD5, NTLM.
///
/// It matters because whoever has the packets can try passwords against the proof, millions in a second, until one
/// fits.
///
/// Not: SCRAM, which makes each trial slow; and not a proof inside TLS, even where the capture was decrypted.
///
/// RFC 6331: why DIGEST-MD5 is historic. RFC 6151: MD5. RFC 2195, section 5.
pub const RULE: Rule = Rule {
    id: "weak-challenge-response",
    severity: Severity::Low,
    class: Class::Weakness,
    because_of: &[],
    since: "0.2.0",
    rank: 20,
    reference: Some("RFC 6331"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A weak proof of the password crossed in the clear",
            detail: "The password itself did not cross, but a proof of it did, by which whoever can see these packets can try out passwords on a computer of their own, as fast as that is. A short or common password is found soon.",
            remedy: "Let the client use TLS (ports 465, 993 and 995, or STARTTLS before it logs in), with PLAIN or SCRAM inside, and switch these mechanisms off.",
        },
        zh: Text {
            title: "密码的弱验证信息以明文传送",
            detail: "密码本身没有传送，但由密码算出的验证信息以明文传送了：凡能看到这些分组的人，都可以在自己的计算机上高速逐个试出密码。简短或常见的密码很快就会被试出。",
            remedy: "客户应使用 TLS（端口 465、993、995，或在登录之前执行 STARTTLS），在其中使用 PLAIN 或 SCRAM，并停用上述认证方式。",
        },
    },
    sentences: &[Sentence { en: "{0}.", zh: "{0}。" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let mut told = HashSet::new();
    let is_weak = |login: &&Credential| {
        let scram = login.mechanism.starts_with("AUTH SCRAM");
        login.exposure == Exposure::Hash && !login.encrypted && !scram && logins::is_by_proof(login)
    };
    for login in session.credentials.iter().filter(is_weak) {
        let occurrence = found.at(login.steps.iter().copied());
        if told.insert(&login.mechanism) {
            occurrence.named(Key::Mechanism, logins::mechanism(login));
        }
    }
}

#[cfg(test)]
mod tests {
    has!(
        cram_md5,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH CRAM-MD5\nC: AUTH CRAM-MD5\nS: 334 PDEuMkBteD4=\nC: Ym9iIDI3NWE0OWE1ZTQ3OTNhYWYwMjg0MjhkMzQ4ZTNjOTQ3\nS: 235 ok" => [4, 5, 6, 7]
    );
    has!(
        apop,
        "S: +OK ready <1.2@mx>\nC: APOP bob c4c9334bac560ecc979e58001b3e22fb\nS: +OK" => [2, 3]
    );
    has_not!(
        given_up_before_the_response,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH CRAM-MD5\nC: AUTH CRAM-MD5\nS: 334 PDEuMkBteD4=\nC: *\nS: 501 no"
    );
    has_not!(
        inside_tls_that_was_decrypted,
        "S: 220 mx\nC: EHLO a\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nC: EHLO a\nS: 250 AUTH CRAM-MD5\nC: AUTH CRAM-MD5\nS: 334 PDEuMkBteD4=\nC: Ym9iIDI3NWE0OWE1ZTQ3OTNhYWYwMjg0MjhkMzQ4ZTNjOTQ3\nS: 235 ok"
    );
    has_not!(a_password_is_no_proof, "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK");
}
