use super::message_not_stored::refuses_the_message;
use crate::protocol::event::{LoginCause, Subject};
use crate::protocol::imap::{self, Code, Status, Verb, What};
use crate::protocol::{login_cause, pop3};
use crate::session::Session;
use crate::session::model::{Step, Variant};
use crate::verdict::logins;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The server did not give access to a mailbox, or did not put a message into one: the mailbox is in use, full, closed
/// or the server has no room for one more session.
///
/// It matters because mail is not read, or a copy of a message (of one that was sent, of a draft) is not kept.
///
/// Not: a login that is refused or put off for another reason, which is `login-refused` or `login-deferred`; not a mailbox to be opened that is not there; not a message that an SMTP
/// server refuses, which is `delivery-rejected`; not a message that the server takes for invalid or too big, which is `message-not-stored`; and not a
/// mailbox that is to be created, since clients try that first.
///
/// RFC 3501, sections 6.3.1 and 6.3.11; RFC 5530 and RFC 9208: IMAP's response codes. RFC 2449, section 8, and RFC 3206:
/// POP3's.
pub const RULE: Rule = Rule {
    id: "mailbox-refused",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 45,
    reference: Some("RFC 3501, section 6.3.11"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server refused a mailbox",
            detail: "The server did not open the mailbox, or did not put a message into it: it may be full, in use by \
                     another session, or closed to this user, or a limit of the server may be reached.",
            remedy: "Read the text of the reply. Make room in a full mailbox; end the other session, or wait, where it \
                     is in use; end sessions that nobody needs where there are too many; check its name and the user's \
                     rights otherwise.",
        },
        zh: Text {
            title: "服务器拒绝了对邮箱的操作",
            detail: "服务器没有打开邮箱，或没有把邮件存入邮箱：邮箱可能已满、正被另一会话使用、不对该用户开放，或服务器已达到某项限制。",
            remedy: "查看响应中的说明。邮箱已满时应清理；正被使用时应结束另一会话或等待；会话过多时应结束不需要的会话；否则应检查邮箱名称和用户权限。",
        },
    },
    sentences: &[
        Sentence { en: "{0}: {1}", zh: "{0}：{1}" },
        Sentence {
            en: "A limit of the server is reached, and the mailbox itself is not at fault. {0}: {1}",
            zh: "服务器已达到某项限制，邮箱本身没有问题。{0}：{1}",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for step in &session.steps {
        if let Some(asked) = session.answered(step).filter(|_| refuses(step)) {
            // A mailbox may be refused at the login, whose words may be a password.
            let asked_for = match &asked.subject {
                Subject::Imap(imap::Subject {
                    what: What::Command { verb: Verb::Append | Verb::Replace, .. }, ..
                }) => asked.quoted(),
                _ => asked.quoted_command(),
            };
            let (command, reply) = (Fact::Name(asked_for), Fact::Name(step.quoted()));
            found
                .at([asked.n, step.n])
                .says(usize::from(is_for_a_limit(step)))
                .named(Key::Command, command)
                .named(Key::Reply, reply);
        }
    }
}

/// A login is refused for a limit: of sessions, as a rule.
fn is_for_a_limit(reply: &Step) -> bool {
    matches!(
        &reply.subject,
        Subject::Imap(imap::Subject {
            what: What::Tagged { to: Some(Verb::Login | Verb::Authenticate), code: Some(Code::Limit), .. },
            ..
        })
    ) || reply.variant == Variant::Refused(LoginCause::Limit)
}

fn refuses(reply: &Step) -> bool {
    match &reply.subject {
        // Many servers have no response code, and say it in words.
        _ if logins::is_for_lack_of_room(reply) => true,
        Subject::Imap(imap::Subject { what: What::Tagged { to: Some(verb), status: Status::No, code }, .. }) => {
            match verb {
                // Clients try mailboxes that may not be there.
                Verb::Select | Verb::Examine => {
                    matches!(code, Some(Code::InUse | Code::Unavailable | Code::Limit | Code::NoPerm))
                        || login_cause::by_words(reply.text.as_bytes()) == Some(LoginCause::InUse)
                }
                // A server that cannot check a password now refuses no mailbox.
                Verb::Login | Verb::Authenticate => matches!(code, Some(Code::InUse | Code::Limit)),
                Verb::Append | Verb::Replace => !refuses_the_message(reply),
                _ => false,
            }
        }
        Subject::Pop3(pop3::Subject { what: pop3::What::Reply { ok: false, code: Some(code), .. }, .. }) => {
            **code == *"IN-USE"
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    has!(
        append_before_its_literal,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b APPEND Sent {108}\nS: b NO [OVERQUOTA] full" => [4, 5]
    );
    has!(
        select,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b SELECT Lists\nS: b NO [NOPERM] not yours" => [4, 5]
    );
    has!(
        pop3_in_use,
        "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS: -ERR [IN-USE] locked by another session" => [4, 5]
    );
    has!(
        pop3_in_use_by_its_words,
        "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS: -ERR maildrop already locked" => [4, 5]
    );
    has_not!(
        a_server_that_cannot_tell_now,
        "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS: -ERR [SYS/TEMP] try again later"
    );
    has_not!(an_account_locked_without_a_code, "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS: -ERR account locked");
    has!(
        append_after_its_literal,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b APPEND Sent {3+}\nC: abc\nS: b NO [OVERQUOTA] full"
    );
    has_not!(
        a_mailbox_that_is_not_there,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b SELECT Lists\nS: b NO Mailbox does not exist"
    );
    has_not!(
        a_login_that_cannot_be_checked,
        "S: * OK ready\nC: a LOGIN bob x\nS: a NO [UNAVAILABLE] Temporary authentication failure."
    );
    has!(
        too_many_sessions,
        "S: * OK ready\nC: a LOGIN bob x\nS: a NO [UNAVAILABLE] Maximum number of connections" => [2, 3]
    );
    has!(
        pop3_in_use_by_its_words_in_a_mechanism,
        "S: +OK ready\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: -ERR mailbox is locked by another POP3 session" => [2, 3]
    );
    has!(
        pop3_too_many_sessions,
        "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS: -ERR Maximum number of connections from user+IP exceeded" => [4, 5]
    );
    has!(
        imap_in_use_by_its_words,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b SELECT INBOX\nS: b NO Timeout while waiting for lock" => [4, 5]
    );
    has!(
        imap_too_many_sessions_by_its_words,
        "S: * OK ready\nC: a LOGIN bob x\nS: a NO [ALERT] Too many simultaneous connections. (Failure)" => [2, 3]
    );
    has_not!(
        too_many_attempts,
        "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS: -ERR too many login attempts from your connection"
    );
    has_not!(
        an_account_that_is_locked,
        "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS: -ERR [AUTH] this account is locked"
    );
    has_not!(
        a_url_that_names_no_message,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b APPEND INBOX CATENATE (URL \"/INBOX/;UID=999\")\n\
         S: b NO [BADURL /INBOX/;UID=999] Message not found"
    );
    has_not!(
        a_message_with_an_invalid_header,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b APPEND INBOX {4+}\nC: abcd\nS: b NO Message contains invalid header"
    );
    has_not!(
        a_message_that_is_too_big,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b APPEND INBOX {9000}\nS: b NO [TOOBIG] Message too large"
    );
    has!(
        a_mailbox_without_a_reason,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b APPEND INBOX {4+}\nC: abcd\nS: b NO Not now" => [4, 6]
    );

    #[test]
    fn a_limit_at_the_login_is_no_fault_of_the_mailbox() {
        let says = |reply: &str| {
            let script = format!("S: * OK ready\nC: a LOGIN bob x\nS: a NO {reply}");
            let session = crate::verdict::testing::session(&script, crate::session::Needs::ALL);
            super::RULE.look(&session).first().and_then(|finding| Some(finding.facts.first()?.sentence))
        };
        assert_eq!(says("[LIMIT] Login limit"), Some(1));
        assert_eq!(says("[UNAVAILABLE] Maximum number of connections"), Some(1));
        assert_eq!(says("[INUSE] Mailbox in use"), Some(0));
    }
    has_not!(a_wrong_password, "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS x\nS: -ERR [AUTH] wrong");
    has_not!(
        a_mailbox_that_is_there_already,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b CREATE Sent\nS: b NO [ALREADYEXISTS] there"
    );
}
