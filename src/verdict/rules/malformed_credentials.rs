use crate::protocol::event::LoginCause;
use crate::session::{Session, logins as around};
use crate::verdict::logins;
use crate::verdict::rule::{Class, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The server could not read what the client sent to log in: no base64, base64 broken over lines, or not what the
/// mechanism demands.
///
/// It matters because the password may be right: the client's program has to be mended. Long passwords and keys for
/// applications are broken over lines by encoders made for mail (RFC 2045), and the server takes the second line for a
/// command.
///
/// Not: a password that is well formed and wrong; and not a login by a mechanism that the server does not offer.
///
/// RFC 4954, section 4; RFC 4616, section 2; RFC 4648, section 3.1: no line ends.
pub const RULE: Rule = Rule {
    id: "malformed-credentials",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 51,
    reference: Some("RFC 4954, section 4"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "What the client sent to log in cannot be read",
            detail: "The server could not read what the client sent to log in. It says nothing about the user name and the password, which may well be right.",
            remedy: "Let the client encode the response in base64 on one line, without line ends inside, and as the mechanism demands (PLAIN: NUL, user name, NUL, password). Encoders made for mail break lines after 76 characters: switch that off.",
        },
        zh: Text {
            title: "客户发送的登录内容无法识别",
            detail: "服务器无法识别客户为登录而发送的内容。这与用户名和密码是否正确无关，它们很可能是正确的。",
            remedy: "客户应将响应编码为一行 Base64，中间不能换行，并符合认证方式的要求（PLAIN：NUL、用户名、NUL、密码）。为邮件设计的编码函数会每 76 个字符换行，应关闭这一功能。",
        },
    },
    sentences: &[
        Sentence {
            en: "{0}: it is not in base64, or not what the mechanism demands.",
            zh: "{0}：不是 Base64，或不符合这种认证方式的要求。",
        },
        Sentence {
            en: "{0}: it is broken over lines; the server took the second line for a command, or for another response.",
            zh: "{0}：内容被分成多行，服务器把第二行当作命令或另一个响应。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let accepted = logins::last_accepted(session);
    for login in logins::refused_for(session, LoginCause::Malformed) {
        let stray = around::stray_line(session, login);
        let is_broken = stray.is_some() || around::is_answered_twice(session, login);
        let occurrence = found.at(login.steps.iter().copied().chain(stray.into_iter().flatten()));
        let occurrence = occurrence
            .named(Key::Mechanism, logins::mechanism(login))
            .severity(logins::severity(login, accepted))
            .says(usize::from(is_broken));
        if let Some(reply) = logins::reply(login) {
            occurrence.named(Key::Reply, reply);
        }
    }
}

#[cfg(test)]
mod tests {
    const HELLO: &str = "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN LOGIN CRAM-MD5\n";
    const FIRST: &str = "AGFsaWNlQGV4YW1wbGUudGVzdAB4eHh4eHh4eHh4LWEtbG9uZy1zZWNyZXQtb2YtYW4tYXBwbGlj";

    fn evidence(script: &str) -> Option<Vec<u32>> {
        crate::verdict::testing::evidence(&super::RULE, &script.replace("<hello>\n", HELLO).replace("<first>", FIRST))
    }

    #[test]
    fn base64_broken_over_lines() {
        let at_once = "<hello>\nC: AUTH PLAIN <first>\nC: YXRpb24tMDEyMzQ1Njc4OQ==\nS: 535 5.7.8 Error: authentication failed\nS: 500 5.5.2 what";
        assert_eq!(evidence(at_once).map(|steps| steps.len()), Some(4));
        let later =
            "<hello>\nC: AUTH PLAIN <first>\nS: 535 5.7.8 failed\nC: YXRpb24tMDEyMzQ1Njc4OQ==\nS: 500 5.5.2 what";
        assert_eq!(evidence(later), Some(vec![4, 5, 6, 7]));
        let after_334 = "<hello>\nC: AUTH PLAIN\nS: 334\nC: <first>\nS: 535 5.7.8 failed\nC: YXRpb24tMDEyMzQ1Njc4OQ==\nS: 500 5.5.2 what";
        assert_eq!(evidence(after_334), Some(vec![4, 5, 6, 7, 8, 9]));
        let pop3 =
            "S: +OK ready\nC: AUTH PLAIN\nS: +\nC: <first>\nS: -ERR no\nC: YXRpb24tMDEyMzQ1Njc4OQ==\nS: -ERR what";
        assert_eq!(evidence(pop3), Some(vec![2, 3, 4, 5, 6, 7]));
        let imap = "S: * OK ready\nC: a AUTHENTICATE PLAIN\nS: +\nC: <first>\nS: a NO no\nC: YXRpb24tMDEyMzQ1Njc4OQ==\nS: * BAD what";
        assert_eq!(evidence(imap), Some(vec![2, 3, 4, 5, 6, 7]));
        let imap_at_once = "S: * OK ready\nC: a AUTHENTICATE PLAIN\nS: +\nC: <first>\nC: YXRpb24tMDEyMzQ1Njc4OQ==\nS: a NO no\nS: * BAD what";
        assert!(evidence(imap_at_once).is_some());
    }

    #[test]
    fn a_long_password_that_is_wrong_is_not_malformed() {
        assert_eq!(evidence("<hello>\nC: AUTH PLAIN <first>\nS: 535 5.7.8 failed\nC: QUIT\nS: 221 bye"), None);
        assert_eq!(evidence("<hello>\nC: AUTH PLAIN <first>\nS: 535 5.7.8 failed\nC: XFOO\nS: 500 what"), None);
    }

    has!(
        no_base64,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN\nC: AUTH PLAIN !!bob!!\nS: 501 5.5.2 cannot decode" => [4, 5]
    );
    has!(
        no_base64_and_a_server_that_does_not_say_so,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: bob@example.test\nS: 334 UGFzc3dvcmQ6\n\
         C: secret!\nS: 535 5.7.8 failed" => [4, 5, 6, 7, 8, 9]
    );
    has!(
        plain_without_its_nuls,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN\nC: AUTH PLAIN Ym9iOnNlY3JldA==\nS: 535 5.7.8 failed" => [4, 5]
    );
    has!(
        without_its_padding,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ\nS: 535 5.7.8 failed" => [4, 5]
    );
    has_not!(
        well_formed_and_wrong,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 535 5.7.8 failed"
    );
    has_not!(
        a_challenge_that_was_not_captured,
        "S: * OK ready\nC: a AUTHENTICATE SCRAM-SHA-256\nS: +\nC: biwsbj1ib2Iscj1yT3ByTkdmd0ViZVJXZ2JORWtxTw==\nS~ 80\n\
         C: Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\nS: a NO failed"
    );
    has_not!(
        a_cancellation_that_was_not_captured,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC~ 3\nS: 501 5.7.0 failed"
    );
    has_not!(
        the_server_says_that_the_password_is_wrong,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBzZWNyZXQ\nS: 535 5.7.8 wrong password"
    );
}
