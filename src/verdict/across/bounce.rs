//! A delivery report, and the message that it is about.

use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Remembered;
use crate::capture::Time;
use crate::limits::LimitsHit;
use crate::protocol::event::{Delivery, Direction};
use crate::session::Session;
use crate::session::model::{Fact, Message, ReportForm, ReportedRecipient, Severity};
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::sync::Arc;

/// A delivery report crossed: a message without a sender (`MAIL FROM:<>`), or fetched by its reader, that says of a
/// recipient that delivery failed: for programs (RFC 3464), or as a text, in the form of qmail (QSBMF), of sendmail, or of Exim,
/// which names recipients in `X-Failed-Recipients`. A text that is fetched has to begin with an empty `Return-Path`.
///
/// It matters because it answers why a message did not arrive: it names recipient, reason and, where the header of the
/// message comes back, its Message-ID, by which its own session is found.
///
/// Not: a report of success or delay; not a receipt of reading (RFC 8098), nor an automatic reply, though both have no
/// sender either; and not a report that somebody sends on, or quotes.
///
/// RFC 3464; RFC 5321, section 4.5.5.
pub const RULE: Rule = rule(
    "bounce",
    Severity::Medium,
    Class::Failure,
    Needs::ALL,
    Some("RFC 3464"),
    Words {
        en: Text {
            title: "A delivery report: a message did not reach a recipient",
            detail: "A server reported to the sender that it could not deliver a message.",
            remedy: "Read the reason that the report gives for the recipient. Where the message itself is in the capture, \
                     its sessions show where it was refused.",
        },
        zh: Text {
            title: "投递失败报告：邮件未能送达收件人",
            detail: "服务器向发件人报告，有邮件无法投递。",
            remedy: "查看报告中该收件人的失败原因。如果原邮件也在抓包中，其会话可以说明在哪里被拒绝。",
        },
    },
);

const TIED: Sentence = Sentence {
    en: "Session {3} reports that {0} was not reached ({1}): the message {2}, which crossed in session {4}.",
    zh: "会话 {3} 报告 {0} 未能送达（{1}）：邮件 {2}，见会话 {4}。",
};
const ALONE: Sentence = Sentence {
    en: "Session {3} reports that {0} was not reached ({1}): the message {2}, which is not in the capture.",
    zh: "会话 {3} 报告 {0} 未能送达（{1}）：邮件 {2}，不在抓包中。",
};

/// A message that is not named is looked for by sender and recipient, among those of the five days before: a queue keeps
/// messages about so long (RFC 5321, section 4.5.4.1).
const WITHIN: i64 = 5 * 86_400 * 1_000_000_000;

/// Looks for delivery reports.
#[derive(Default)]
pub struct Bounce {
    /// Reports, by their own Message-ID, or content.
    reports: Remembered<String, Reported>,
    /// Messages by Message-ID.
    by_id: Remembered<String, Sent>,
    /// Messages by sender and recipient.
    by_path: Remembered<(String, String), Sent>,
}

#[derive(Clone)]
struct Sent {
    evidence: Arc<Evidence>,
    time: Time,
}

struct Reported {
    evidence: Evidence,
    time: Time,
    /// To whom.
    to: Vec<String>,
    failed: Vec<Failed>,
    original: Option<String>,
}

#[derive(Clone)]
struct Failed {
    recipient: String,
    /// Why: an enhanced status code, or the words of a server.
    reason: String,
    /// What the fact is called that has the reason.
    called: &'static str,
}

/// Recipients of a report or a message that are kept.
const RECIPIENTS: usize = 16;

impl Analysis for Bounce {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        for message in &session.messages {
            let evidence = || Evidence::of(session, message.steps.iter().copied());
            let begun = message.steps.first().and_then(|&n| session.step(n));
            let time = begun.map_or(session.transport.first.time, |step| step.time);
            let failed = failed(message);
            if failed.is_empty() {
                let reaches = message.direction == Direction::Sent && message.outcome != Some(Delivery::Rejected);
                let Some(envelope) = message.envelope.as_ref().filter(|_| reaches) else { continue };
                let sent = Sent { evidence: Arc::new(evidence()), time };
                if let Some(id) = &message.header.message_id {
                    self.by_id.add(id.clone(), sent.clone(), limits);
                }
                let from = envelope.from.as_deref().unwrap_or_default().to_lowercase();
                for recipient in envelope.to.iter().take(RECIPIENTS).filter(|_| !from.is_empty()) {
                    let path = (from.clone(), recipient.address.to_lowercase());
                    self.by_path.add(path, sent.clone(), limits);
                }
                continue;
            }
            let to = message.envelope.iter().flat_map(|envelope| &envelope.to).map(|one| one.address.to_lowercase());
            let report = message.report.as_deref();
            let reported = Reported {
                evidence: evidence(),
                time,
                to: to.take(RECIPIENTS).collect(),
                failed,
                original: report.and_then(|report| report.message_id.clone()),
            };
            let own = message.header.message_id.clone();
            let own = own.unwrap_or_else(|| format!("{}/{}", session.id, message.n));
            self.reports.add(own, reported, limits);
        }
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        let Self { reports, by_id, by_path } = *self;
        if reports.is_empty() {
            return;
        }
        let (by_id, by_path) = (by_id.by_key(), by_path.by_key());
        for (_, mut hops) in reports.groups() {
            hops.sort_by_key(|report| (report.time, report.evidence.session.id));
            let Some(first) = hops.first() else { continue };
            let last = |sent: Vec<&Sent>| {
                let before = sent.into_iter().filter(|sent| (0..=WITHIN).contains(&first.time.since(sent.time)));
                before.min_by_key(|sent| sent.time).cloned()
            };
            let mut finding = FindingAcross::new(&RULE);
            for failed in &first.failed {
                let named = first.original.as_ref().map(|id| by_id.get(id).into_iter().flatten().collect::<Vec<_>>());
                let sent = named.and_then(last).or_else(|| {
                    if first.original.is_some() {
                        return None;
                    }
                    let paths = first.to.iter().map(|to| (to.clone(), failed.recipient.to_lowercase()));
                    paths.into_iter().find_map(|path| last(by_path.get(&path).into_iter().flatten().collect()))
                });
                let mut facts = vec![
                    (Some("recipient"), Fact::Name(failed.recipient.clone())),
                    (Some(failed.called), Fact::Name(failed.reason.clone())),
                    (Some("name"), Fact::Name(first.original.clone().unwrap_or_else(|| "-".to_owned()))),
                    (None, Fact::Count(first.evidence.session.id)),
                ];
                finding = match sent {
                    Some(sent) => {
                        facts.push((None, Fact::Count(sent.evidence.session.id)));
                        finding.says(&TIED, facts).shown_by(Evidence::clone(&sent.evidence))
                    }
                    None => finding.says(&ALONE, facts),
                };
            }
            findings.add(hops.iter().fold(finding, |finding, hop| finding.shown_by(hop.evidence.clone())));
        }
    }
}

/// The recipients that `message` says failed, where it is a delivery report.
fn failed(message: &Message) -> Vec<Failed> {
    let Some(report) = message.report.as_deref() else { return Vec::new() };
    let sender = message.envelope.as_ref().and_then(|envelope| envelope.from.as_deref());
    let is_from_nobody = match (sender, report.form) {
        // Who sends a report on has a name.
        (Some(sender), _) => sender.is_empty(),
        (None, ReportForm::Status) => true,
        (None, ReportForm::Text) => returns_to_nobody(message),
    };
    let of_report = report.recipients.iter().filter(|one| one.action == "failed" && is_from_nobody);
    let failed = of_report.map(|one| {
        let (called, reason) = reason(one);
        Failed { recipient: one.address.clone(), reason: reason.unwrap_or("-").to_owned(), called }
    });
    failed.take(RECIPIENTS).collect()
}

/// The status, unless that says nothing (`5.0.0`, which Exim gives for everything: RFC 3463, section 3.1) and there is a text;
/// and what the fact is called that has it.
fn reason(failed: &ReportedRecipient) -> (&'static str, Option<&str>) {
    let status = failed.status.as_deref();
    match (status.filter(|status| !status.ends_with(".0.0")), failed.diagnostic.as_deref()) {
        (None, Some(words)) => ("reply", Some(words)),
        _ => ("enhanced", status),
    }
}

/// What is fetched has no envelope: the server that delivered it wrote the sender at the top (RFC 5321, section 4.4).
fn returns_to_nobody(message: &Message) -> bool {
    let mut fields = message.header.fields.iter();
    let first = fields.find(|field| field.name.eq_ignore_ascii_case("Return-Path"));
    first.is_some_and(|field| field.value.trim() == "<>")
}

#[cfg(test)]
mod tests {
    use super::Bounce;
    use crate::session::model::Fact;
    use crate::verdict::across::testing::found;

    const SENT: &str = "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\n\
                        S: 354 go\nC: Message-ID: <1@b>\nC: Subject: x\nC:\nC: hi\nC: .\nS: 250 ok\n";

    fn report(from: &str, kind: &str, action: &str, returned: &str) -> String {
        format!(
            "---\nS: 220 mx\nC: EHLO r\nS: 250 mx\nC: MAIL FROM:<{from}>\nS: 250 ok\nC: RCPT TO:<a@b>\nS: 250 ok\nC: DATA\n\
             S: 354 go\nC: Message-ID: <9@r>\nC: Content-Type: multipart/report; boundary=x\nC:\nC: --x\nC:\nC: Sorry.\nC: --x\n\
             C: Content-Type: {kind}\nC:\nC: Reporting-MTA: dns; r\nC:\nC: Final-Recipient: rfc822; c@d\nC: Action: {action}\n\
             C: Status: 5.1.1\nC: --x\n{returned}C: --x--\nC: .\nS: 250 ok\n"
        )
    }

    const STATUS: &str = "message/delivery-status";
    const RETURNED: &str = "C: Content-Type: message/rfc822\nC:\nC: Message-ID: <1@b>\nC:\nC: hi\n";
    const HEADERS: &str = "C: Content-Type: text/rfc822-headers\nC:\nC: Message-ID: <1@b>\nC: Subject: x\n";

    fn shown(script: &str) -> Vec<(Vec<u64>, String)> {
        let found = found(script, Bounce::default(), |_| {});
        let ids = |one: &crate::verdict::across::found::FindingAcross| {
            one.evidence.iter().map(|evidence| evidence.session.id).collect()
        };
        let names = |one: &crate::verdict::across::found::FindingAcross| {
            let text = |fact: &Fact| if let Fact::Name(name) = fact { format!("{name} ") } else { String::new() };
            one.told.iter().flat_map(|told| &told.facts).map(|(_, fact)| text(fact)).collect()
        };
        found.all.iter().map(|one| (ids(one), names(one))).collect()
    }

    #[test]
    fn has_a_report_and_its_message() {
        for returned in [RETURNED, HEADERS, ""] {
            let all = shown(&format!("{SENT}{}", report("", STATUS, "failed", returned)));
            let id = if returned.is_empty() { "-" } else { "1@b" };
            assert_eq!(all, [(vec![1, 2], format!("c@d 5.1.1 {id} "))], "{returned}");
        }
        assert_eq!(shown(&report("", STATUS, "failed", RETURNED)), [(vec![1], "c@d 5.1.1 1@b ".to_owned())]);
    }

    /// A message from `from`, in its own words.
    fn letter(from: &str, content: &str) -> String {
        let lines: String = content.lines().map(|line| format!("C: {line}\n")).collect();
        format!(
            "---\nS: 220 mx\nC: EHLO r\nS: 250 mx\nC: MAIL FROM:<{from}>\nS: 250 ok\nC: RCPT TO:<a@b>\nS: 250 ok\nC: DATA\n\
             S: 354 go\n{lines}C: .\nS: 250 ok\n"
        )
    }

    /// The same content, fetched.
    fn fetched(content: &str) -> String {
        let lines: String = content.lines().map(|line| format!("S: {line}\n")).collect();
        format!("---\nS: +OK POP3\nC: RETR 1\nS: +OK\n{lines}S: .\nC: QUIT\nS: +OK\n")
    }

    const QSBMF: &str = "From: MAILER-DAEMON@r\nTo: a@b\nSubject: failure notice\n\nHi. This is the qmail-send program at r.\n\
        I could not deliver it.\n\n<c@d>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 no such user\n\
        Giving up on 192.0.2.1.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <a@b>\nMessage-ID: <1@b>\n\nhi\n";
    const EXIM: &str = "X-Failed-Recipients: c@d\nFrom: Mail Delivery System <Mailer-Daemon@r>\nTo: a@b\n\n\
        The following address(es) failed:\n\n  c@d\n    SMTP error from remote mail server after RCPT TO:<c@d>:\n    \
        550 5.1.1 no such user\n\n------ This is a copy of the message, including all the headers. ------\n\n\
        Return-path: <a@b>\nMessage-ID: <1@b>\n\nhi\n";

    const SENDMAIL: &str = "From: MAILER-DAEMON@r\nTo: a@b\nSubject: Returned mail: see transcript for details\n\n\
        The original message was received at Sun, 29 Nov 2026 17:26:17 GMT\nfrom a [192.0.2.7]\n\n   \
        ----- The following addresses had permanent fatal errors -----\n<c@d>\n    (reason: 550 5.1.1 no such user)\n\n   \
        ----- Original message follows -----\n\nReturn-Path: <a@b>\nMessage-ID: <1@b>\n\nhi\n";

    #[test]
    fn has_a_report_that_is_a_text() {
        for text in [QSBMF, EXIM, SENDMAIL] {
            let of_both = [(vec![1, 2], "c@d 5.1.1 1@b ".to_owned())];
            assert_eq!(shown(&format!("{SENT}{}", letter("", text))), of_both, "{text}");
            // Without the message that comes back, it is found by sender and recipient.
            let bare: String =
                text.lines().filter(|line| !line.starts_with("Message-ID")).map(|l| format!("{l}\n")).collect();
            let of_both = [(vec![1, 2], "c@d 5.1.1 - ".to_owned())];
            assert_eq!(shown(&format!("{SENT}{}", letter("", &bare))), of_both, "{bare}");
            let delivered = fetched(&format!("Return-Path: <>\n{text}"));
            assert_eq!(
                shown(&format!("{SENT}{delivered}")),
                [(vec![1, 2], "c@d 5.1.1 1@b ".to_owned())],
                "{delivered}"
            );
        }
    }

    #[test]
    fn has_not_a_text_that_somebody_wrote() {
        for text in [QSBMF, EXIM, SENDMAIL] {
            assert!(shown(&format!("{SENT}{}", letter("e@f", text))).is_empty(), "sent on: {text}");
            assert!(shown(&format!("{SENT}{}", fetched(text))).is_empty(), "of whom is not known: {text}");
            let named = fetched(&format!("Return-Path: <e@f>\nReturn-Path: <>\n{text}"));
            assert!(shown(&format!("{SENT}{named}")).is_empty(), "the first one is the server's: {named}");
        }
        let (header, body) = QSBMF.split_once("\n\n").expect("a body");
        let quoted: String = body.lines().map(|line| format!("> {line}\n")).collect();
        for body in [
            quoted.clone(),
            format!("You wrote:\n\n{body}"),
            format!("Hi. This is the holiday answer of a@b.\n\n{quoted}"),
            body.replace("---", "==="),
            body.replace("Hi. This is the", "Hi. That is the"),
            body.replace("<c@d>:", "<c@d> says:"),
        ] {
            assert!(shown(&format!("{SENT}{}", letter("", &format!("{header}\n\n{body}")))).is_empty(), "{body}");
        }
        let unnamed = EXIM.replace("X-Failed-Recipients: c@d\n", "");
        assert!(shown(&format!("{SENT}{}", letter("", &unnamed))).is_empty());
    }

    #[test]
    fn has_a_reason_that_says_something() {
        let with = |status: &str, more: &str| {
            let script = report("", STATUS, "failed", RETURNED).replace("5.1.1\n", &format!("{status}\n{more}"));
            shown(&script).into_iter().map(|(_, names)| names).collect::<Vec<_>>()
        };
        let diagnostic = "C: Diagnostic-Code: smtp; 550 5.1.1 no such user\n";
        assert_eq!(with("5.0.0", diagnostic), ["c@d 550 5.1.1 no such user 1@b "]);
        assert_eq!(with("5.0.0", ""), ["c@d 5.0.0 1@b "]);
        assert_eq!(with("5.1.1", diagnostic), ["c@d 5.1.1 1@b "]);
        assert_eq!(with("5.10.0", diagnostic), ["c@d 5.10.0 1@b "]);
    }

    #[test]
    fn has_not_success_delay_receipts_or_what_is_sent_on() {
        for action in ["delivered", "delayed", "relayed", "expanded"] {
            assert!(shown(&format!("{SENT}{}", report("", STATUS, action, RETURNED))).is_empty(), "{action}");
        }
        assert!(shown(&report("", "message/disposition-notification", "failed", RETURNED)).is_empty());
        assert!(shown(&report("e@f", STATUS, "failed", RETURNED)).is_empty());
        assert!(shown(&SENT.replace("a@b", "")).is_empty());
    }
}
