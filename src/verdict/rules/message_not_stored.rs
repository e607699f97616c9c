use crate::protocol::event::Subject;
use crate::protocol::imap::{self, Code, State, Status, Verb, What};
use crate::session::Session;
use crate::session::model::{Step, Variant};
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The server did not put a message into a mailbox because of what was sent: the message is too big or not one, a URL that it
/// is put together from names nothing, a coding is not known, or the command that carries it cannot be read (BAD).
///
/// It matters because a copy of a message (of one that was sent, of a draft) is not kept, and will not be however often the
/// client tries.
///
/// Not: a command that the server does not know, or does not allow in this state; a mailbox that is full, closed or not there, which is `mailbox-refused`; not a message that an SMTP server refuses,
/// which is `delivery-rejected`.
///
/// RFC 3501, section 6.3.11; RFC 4469, section 4: TOOBIG, BADURL; RFC 3516, section 4.3: UNKNOWN-CTE.
pub const RULE: Rule = Rule {
    id: "message-not-stored",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 47,
    reference: Some("RFC 4469, section 4"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server did not store a message",
            detail: "The server refused to put a message into a mailbox because of what was sent, not because of the mailbox: \
                     the message is too big or malformed, a part of it that is named by a URL is not there, or the server cannot \
                     read the command that carries it.",
            remedy: "Read the text of the reply. Mend the message, or how the client puts it and its command together; another \
                     try with the same message will fail too.",
        },
        zh: Text {
            title: "服务器没有存储邮件",
            detail: "服务器拒绝把邮件存入邮箱，原因在于所发送的内容，而不是邮箱：邮件过大或格式有误，用 URL 指定的部分不存在，或服务器读不懂携带邮件的命令。",
            remedy: "查看响应中的说明。修正邮件，或客户组成邮件和命令的方式；用同一邮件再试也会失败。",
        },
    },
    sentences: &[Sentence { en: "{0}: {1}", zh: "{0}：{1}" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for step in session.steps.iter().filter(|step| refuses_the_message(step)) {
        if let Some(asked) = session.answered(step) {
            let (command, reply) = (Fact::Name(asked.quoted()), Fact::Name(step.quoted()));
            found.at([asked.n, step.n]).says(0).named(Key::Command, command).named(Key::Reply, reply);
        }
    }
}

/// True for a NO to APPEND or REPLACE that speaks of what was sent: the message, or how it is put together; and for a BAD that
/// is neither for want of a login nor of the command.
pub(super) fn refuses_the_message(reply: &Step) -> bool {
    use Code::{Annotate, BadCharset, BadUrl, ClientBug, Parse, TooBig, UnknownCte, UseAttr};
    let Subject::Imap(imap::Subject {
        what: What::Tagged { to: Some(Verb::Append | Verb::Replace), status: status @ (Status::No | Status::Bad), code },
        state,
    }) = &reply.subject
    else {
        return false;
    };
    if *status == Status::Bad {
        let is_open_here = matches!(state, State::Authenticated | State::Selected);
        return is_open_here && !matches!(reply.variant, Variant::Said(_));
    }
    let by_code =
        matches!(code, Some(Annotate | BadCharset | BadUrl | ClientBug | Parse | TooBig | UnknownCte | UseAttr));
    by_code || reply.variant == Variant::MessageRefused
}

#[cfg(test)]
mod tests {
    has!(
        a_url_that_names_no_message,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b APPEND INBOX CATENATE (URL \"/INBOX/;UID=999\")\n\
         S: b NO [BADURL /INBOX/;UID=999] Message not found" => [4, 5]
    );
    has!(
        a_message_with_an_invalid_header,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b APPEND INBOX {4+}\nC: abcd\nS: b NO Message contains invalid header" => [4, 6]
    );
    has!(
        a_message_that_is_too_big,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b APPEND INBOX {9000}\nS: b NO [TOOBIG] Message too large" => [4, 5]
    );
    has!(
        a_command_that_cannot_be_read,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b APPEND INBOX \"junk\" {4+}\nC: abcd\nS: b BAD Invalid internal date" => [4, 6]
    );
    has_not!(
        a_command_that_is_not_known,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b REPLACE 1 INBOX {4+}\nC: abcd\nS: b BAD Error in IMAP command REPLACE: Unknown command"
    );
    has_not!(
        before_the_login,
        "S: * OK ready\nC: b APPEND INBOX {4}\nS: b BAD Error in IMAP command received by server."
    );
    has_not!(
        a_mailbox_that_is_full,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b APPEND Sent {108}\nS: b NO [OVERQUOTA] full"
    );
    has_not!(
        a_mailbox_that_is_not_there,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b APPEND Sent {3+}\nC: abc\nS: b NO [TRYCREATE] no such mailbox"
    );
    has_not!(
        a_code_of_another_command,
        "S: * OK ready\nC: a LOGIN bob x\nS: a OK in\nC: b SEARCH CHARSET X-Y TEXT a\nS: b NO [BADCHARSET] unknown"
    );
}
