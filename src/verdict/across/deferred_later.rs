//! A recipient that was put off at first, and accepted when the client came again.

use super::envelope::asked;
use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Remembered;
use crate::capture::Time;
use crate::limits::LimitsHit;
use crate::protocol::event::Delivery;
use crate::protocol::smtp;
use crate::session::Session;
use crate::session::model::{Fact, Severity, Variant};
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::net::IpAddr;

/// A recipient was put off (450, 451, or a reply that speaks of greylisting), and accepted when the same client tried the
/// same sender and recipient again: nothing was lost but time.
///
/// It matters because the refusal alone looks like a failure. Greylisting (RFC 6647) is meant: a client that comes again
/// is no spammer's.
///
/// Not: a mailbox that was full, or a server without room; not another recipient or another sender; and not a second try
/// in the same session.
///
/// RFC 6647, section 2; RFC 5321, section 4.5.4.1.
pub const RULE: Rule = rule(
    "delivery-deferred",
    Severity::Info,
    Class::Remark,
    Needs::TEXTS,
    Some("RFC 5321, section 4.5.4.1"),
    Words {
        en: Text {
            title: "A recipient was put off, and accepted later",
            detail: "The server put a recipient off for the time being. The client came again as it should, and then the \
                     recipient was accepted.",
            remedy: "Nothing needs to be done. Where the delay matters, the server can except known senders from \
                     greylisting.",
        },
        zh: Text {
            title: "收件人先被暂缓，后来被接受",
            detail: "服务器暂时没有接受某个收件人。客户按规定稍后重试，收件人随即被接受。",
            remedy: "无需处理。如果不能接受延迟，可以在服务器上把已知的发件人排除在灰名单之外。",
        },
    },
);

const LATER: Sentence = Sentence {
    en: "{0} was put off in session {1} ({2}), and later accepted in session {3}, {4} later.",
    zh: "{0} 在会话 {1} 中被暂缓（{2}），后来在会话 {3} 中被接受，相隔 {4}。",
};

/// Looks for recipients that were put off, and accepted later.
#[derive(Default)]
pub struct DeferredLater {
    /// By client, sender and recipient.
    tries: Remembered<(IpAddr, String, String), Try>,
}

struct Try {
    evidence: Evidence,
    time: Time,
    /// The reply that put it off; absent where it was accepted.
    put_off: Option<String>,
    /// Put off for the reason of greylisting, or for none that is known.
    may_pass: bool,
}

impl Analysis for DeferredLater {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        let client = session.client_address.unwrap_or(session.transport.endpoints.client.ip()).to_canonical();
        for asked in asked(session) {
            let Some(reply) = asked.reply else { continue };
            let Some(code) = reply.code() else { continue };
            let said = match reply.variant {
                Variant::Said(said) => Some(said),
                _ => None,
            };
            let greylisted = said == Some(smtp::Said::Greylisted);
            let unexplained = matches!(code, 450 | 451)
                && matches!(said, None | Some(smtp::Said::TryLater | smtp::Said::Unavailable));
            let accepted = (200..300).contains(&code) && !is_put_off(session, asked.rcpt);
            if !accepted && !(400..600).contains(&code) {
                continue;
            }
            let one = Try {
                evidence: Evidence::of(session, [asked.mail, asked.rcpt, reply.n]),
                time: reply.time,
                put_off: (!accepted).then(|| reply.quoted()),
                may_pass: greylisted || unexplained,
            };
            self.tries.add((client, asked.from.to_lowercase(), asked.to.to_lowercase()), one, limits);
        }
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        for ((_, _, to), mut tries) in self.tries.groups() {
            tries.sort_by_key(|one| (one.time, one.evidence.session.id));
            let Some(first) = tries.iter().position(|one| one.put_off.is_some() && one.may_pass) else { continue };
            let (_, tries) = tries.split_at(first);
            let Some((first, later)) = tries.split_first() else { continue };
            let is_then = |one: &Try| one.put_off.is_none() && one.evidence.session.id != first.evidence.session.id;
            let Some(place) = later.iter().position(is_then) else { continue };
            let (between, then) = later.split_at(place);
            let Some(then) = then.first() else { continue };
            let facts = vec![
                (Some("recipient"), Fact::Name(to)),
                (None, Fact::Count(first.evidence.session.id)),
                (Some("reply"), Fact::Name(first.put_off.clone().unwrap_or_default())),
                (None, Fact::Count(then.evidence.session.id)),
                (Some("seconds"), Fact::Duration(then.time.since(first.time))),
            ];
            let finding = FindingAcross::new(&RULE).says(&LATER, facts);
            // The verdict counts the tries that no longer matter by their evidence.
            let put_off = between.iter().filter(|one| one.put_off.is_some());
            let finding = put_off
                .fold(finding.shown_by(first.evidence.clone()), |finding, one| finding.shown_by(one.evidence.clone()));
            findings.add(finding.shown_by(then.evidence.clone()));
        }
    }
}

/// Whether the content that followed the recipient of step `rcpt` was refused or put off after all.
fn is_put_off(session: &Session, rcpt: u32) -> bool {
    let message = session.messages.iter().find(|message| message.steps.binary_search(&rcpt).is_ok());
    message.is_some_and(|message| matches!(message.outcome, Some(outcome) if outcome != Delivery::Accepted))
}

#[cfg(test)]
mod tests {
    use super::DeferredLater;
    use crate::verdict::across::testing::found;

    fn session(to: &str, reply: &str) -> String {
        format!("S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<{to}>\nS: {reply}\n")
    }

    fn ids(one: &str, other: &str) -> Vec<u64> {
        let found = found(&format!("{one}\n---\n{other}"), DeferredLater::default(), |_| {});
        found.all.iter().flat_map(|one| one.evidence.iter().map(|evidence| evidence.session.id)).collect()
    }

    #[test]
    fn has_what_was_put_off_and_then_accepted() {
        for reply in ["450 4.2.0 <c@d>: Greylisted", "451 try again later", "422 4.2.2 Greylisted", "450 4.7.1 no"] {
            assert_eq!(ids(&session("c@d", reply), &session("C@d", "250 ok")), [1, 2], "{reply}");
        }
    }

    #[test]
    fn has_each_try_that_was_put_off() {
        let script = [session("c@d", "450 Greylisted"), session("c@d", "450 Greylisted"), session("c@d", "250 ok")];
        let found = found(&script.join("\n---\n"), DeferredLater::default(), |_| {});
        assert_eq!(found.all[0].evidence.iter().map(|one| one.session.id).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn has_not_what_has_another_reason_or_no_end() {
        let put_off = session("c@d", "450 Greylisted");
        assert!(ids(&put_off, &session("e@d", "250 ok")).is_empty(), "another recipient");
        assert!(ids(&put_off, &put_off).is_empty(), "still put off");
        assert!(ids(&session("c@d", "250 ok"), &put_off).is_empty(), "accepted before");
        for reply in ["452 4.2.2 Mailbox full", "550 no such user", "250 ok"] {
            assert!(ids(&session("c@d", reply), &session("c@d", "250 ok")).is_empty(), "{reply}");
        }
    }
}
