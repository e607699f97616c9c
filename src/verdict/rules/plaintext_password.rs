use crate::protocol::event::Exposure;
use crate::session::Session;
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// A password crossed the wire readable: USER/PASS, LOGIN, AUTH PLAIN, AUTH LOGIN.
///
/// It matters because an observer of the packets can use the account from then on. A login that failed does not help: a
/// password that was refused here may be the right one elsewhere.
///
/// Not: a challenge and its response (CRAM-MD5, SCRAM, NTLM), from which the password would have to be guessed; and not
/// a password inside TLS, even where the capture was decrypted.
///
/// RFC 8314, section 3: implicit TLS, and no cleartext logins.
pub const RULE: Rule = Rule {
    id: "plaintext-password",
    severity: Severity::High,
    class: Class::Weakness,
    because_of: &["starttls-stripped"],
    since: "0.1.0",
    rank: 10,
    reference: Some("RFC 8314, section 3"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A password crossed the network in the clear",
            detail: "Whoever can see these packets can read the user name and the password and log in with them. \
                     Base64, as PLAIN and LOGIN use it, hides nothing: it is an encoding, not an encryption.",
            remedy: "Let the client use TLS (ports 465, 993 and 995, or STARTTLS before it logs in), let the server \
                     refuse logins without it, and change this password.",
        },
        zh: Text {
            title: "密码以明文在网络上传送",
            detail: "凡能看到这些分组的人，都可以读出用户名和密码并用来登录。PLAIN 和 LOGIN 所用的 Base64 只是编码，\
                     不是加密，起不到保密作用。",
            remedy: "客户应使用 TLS（端口 465、993、995，或在登录之前执行 STARTTLS），服务器应拒绝未加密的登录；\
                     同时应更换该密码。",
        },
    },
    sentences: &[],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let all = session.credentials.iter().chain(&session.unheeded);
    for credential in all.filter(|credential| !credential.encrypted) {
        if credential.exposure == Exposure::Plaintext {
            found.at(credential.steps.iter().copied());
        }
    }
}

#[cfg(test)]
mod tests {
    has!(
        user_and_pass,
        "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK" => [2, 4, 5]
    );
    has!(
        base64_hides_nothing,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 535 no" => [4, 5]
    );
    has!(
        in_a_command_out_of_place,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 235 ok\n\
         C: AUTH PLAIN AGFteQBhbm90aGVy\nS: 503 5.5.1 already authenticated" => [4, 5, 6, 7]
    );
    has_not!(
        a_response_to_a_challenge_is_no_password,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH CRAM-MD5\nC: AUTH CRAM-MD5\nS: 334 PDEuMkBteD4=\n\
         C: Ym9iIDI3NWE0OWE1ZTQ3OTNhYWYwMjg0MjhkMzQ4ZTNjOTQ3\nS: 235 ok"
    );
    has_not!(
        a_token_is_no_password,
        "S: 220 mx\nC: EHLO a\nS: 250 AUTH XOAUTH2\nC: AUTH XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgeAEB\nS: 235 ok"
    );
    has_not!(
        inside_tls_that_was_decrypted,
        "S: +OK ready\nC: STLS\nS: +OK begin\nC: USER bob\nS: +OK\nC: PASS secret\nS: +OK"
    );
}
