use crate::protocol::event::{Channel, Subject};
use crate::protocol::smtp;
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::evidence::content_steps;
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// The content of a message, or a part of it, crossed the wire without TLS: sent, retrieved or appended.
///
/// It matters because header, text and attachments can be read, and changed, between the two ends.
///
/// Lines of content that the client sends though the server has refused DATA count, where they show a mail: a header field is
/// among them, or there are several lines of text.
///
/// Not: a message inside TLS, even where the capture was decrypted; and not an envelope without content, nor content of
/// no bytes.
///
/// RFC 3207, section 1: what STARTTLS is for.
pub const RULE: Rule = Rule {
    id: "plaintext-message",
    severity: Severity::Medium,
    class: Class::Weakness,
    because_of: &["starttls-stripped"],
    since: "0.1.0",
    rank: 30,
    reference: Some("RFC 3207, section 1"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A message crossed the network in the clear",
            detail: "Header, text and attachments can be read, and changed, by anyone between the two ends.",
            remedy: "Encrypt the connection with TLS; for secrecy from the servers too, encrypt the message itself \
                     (S/MIME or OpenPGP).",
        },
        zh: Text {
            title: "邮件以明文在网络上传送",
            detail: "邮件的首部、正文和附件在传送途中可以被任何人读取和篡改。",
            remedy: "用 TLS 加密连接；如果对邮件服务器也要保密，应对邮件本身加密（S/MIME 或 OpenPGP）。",
        },
    },
    sentences: &[],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for message in session.messages.iter().filter(|message| !message.encrypted && message.size > 0) {
        found.at(content_steps(session, message));
    }
    let is_line = |step: &&Step| matches!(step.subject, Subject::Smtp(smtp::Subject::RefusedContent));
    let mut lines = session.steps.iter().filter(is_line).filter(|step| step.channel != Channel::Decrypted).peekable();
    while lines.peek().is_some() {
        // Up to the dot, or to the end of what is looked at.
        let block: Vec<&Step> = lines.by_ref().take_while(|step| &*step.text != ".").take(MOST).collect();
        let text = block.iter().filter(|step| !step.text.trim_ascii().is_empty()).count();
        if text >= SEVERAL || block.iter().any(|step| is_field(&step.text)) {
            found.at(block.iter().map(|step| step.n));
        }
    }
}

/// Refused lines that are named at a time.
const MOST: usize = 64;
/// So many lines that are no commands are a text, and no slip of the hand.
const SEVERAL: usize = 5;

/// A header field (RFC 5322, section 2.2): a name that begins with a letter, a colon, and something behind it.
fn is_field(line: &str) -> bool {
    let Some((name, body)) = line.split_once(':') else { return false };
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !body.trim_ascii().is_empty()
}

#[cfg(test)]
mod tests {
    has!(
        sent,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: Subject: hi\nC:\nC: text\nC: .\nS: 250 ok" => [10]
    );
    has!(
        retrieved,
        "S: +OK ready\nC: RETR 1\nS: +OK\nS: Subject: hi\nS:\nS: text\nS: ." => [4]
    );
    has!(
        lines_of_a_mail_that_was_refused,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: DATA\nS: 554 no valid recipients\n\
         C: Subject: hi\nS: 500 what\nC: text\nS: 500 what\nC: .\nS: 500 what" => [8, 10]
    );
    has!(
        a_text_that_was_refused,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: DATA\nS: 554 no valid recipients\n\
         C: Dear all\nC: we meet\nC: at noon\nC: in town\nC: Bob\nC: .\nS: 500 what\nS: 500 what" => [8, 9, 10, 11, 12]
    );
    has_not!(
        a_slip_after_a_refusal,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: DATA\nS: 554 no valid recipients\n\
         C: hello there\nS: 500 what\nC: .\nS: 500 what\nC: QUIT\nS: 221 bye"
    );
    has_not!(an_envelope_alone, "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RSET\nS: 250 ok");
    has_not!(
        of_no_bytes,
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
         S: 354 go\nC: .\nS: 250 ok"
    );
    has_not!(
        refused_lines_inside_tls_that_was_decrypted,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nC: EHLO a\nS: 250 mx\n\
         C: MAIL FROM:<a@b>\nS: 250 ok\nC: DATA\nS: 554 no valid recipients\nC: Subject: hi\nS: 500 what\nC: .\nS: 500 what"
    );
    has_not!(
        inside_tls_that_was_decrypted,
        "S: +OK ready\nC: STLS\nS: +OK begin\nC: RETR 1\nS: +OK\nS: Subject: hi\nS:\nS: text\nS: ."
    );
}
