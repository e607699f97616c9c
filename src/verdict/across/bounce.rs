//! A delivery report, and the message that it is about.

use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Remembered;
use crate::capture::Time;
use crate::limits::LimitsHit;
use crate::protocol::event::{Delivery, Direction};
use crate::session::Session;
use crate::session::model::{Fact, Message, Severity};
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::sync::Arc;

/// A delivery report crossed: a message without a sender (`MAIL FROM:<>`), or fetched by its reader, that says of a
/// recipient that delivery failed (RFC 3464; Exim also names them in `X-Failed-Recipients`).
///
/// It matters because it answers why a message did not arrive: it names recipient, reason and, where the header of the
/// message comes back, its Message-ID, by which its own session is found.
///
/// Not: a report of success or delay; not a receipt of reading (RFC 8098), nor an automatic reply, though both have no
/// sender either; and not a report that somebody sends on.
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
    reason: String,
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
                    (Some("enhanced"), Fact::Name(failed.reason.clone())),
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
    let sender = message.envelope.as_ref().and_then(|envelope| envelope.from.as_deref());
    // Who sends a report on has a name; one that is fetched has no envelope.
    if sender.is_some_and(|sender| !sender.is_empty()) {
        return Vec::new();
    }
    let report = message.report.as_deref();
    let of_status = report.into_iter().flat_map(|report| &report.recipients).filter(|one| one.action == "failed");
    let mut failed: Vec<Failed> = of_status
        .map(|one| Failed {
            recipient: one.address.clone(),
            reason: one.status.clone().or(one.diagnostic.clone()).unwrap_or_else(|| "-".to_owned()),
        })
        .collect();
    if failed.is_empty() && report.is_none() && sender.is_some() {
        let field = message.header.fields.iter().find(|field| field.name.eq_ignore_ascii_case("X-Failed-Recipients"));
        let names = field.into_iter().flat_map(|field| field.value.split(','));
        failed.extend(names.map(|name| Failed { recipient: name.trim().to_owned(), reason: "-".to_owned() }));
    }
    failed.truncate(RECIPIENTS);
    failed
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
