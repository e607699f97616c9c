//! What servers have refused to deliver: each recipient, sender and message once, with the reply that decided.

use crate::protocol::event::{Decided, Delivery, Direction, StepId, Subject};
use crate::protocol::smtp::{self, Enhanced, Said};
use crate::session::Session;
use crate::session::model::{Addressee, Outcome, Step, Transaction, Variant};
use crate::verdict::made_good;
use crate::verdict::rule::{Fact, Found, Key, Sentence, Severity};
use std::collections::HashMap;

/// Sentences about one refusal, for the rules that tell them.
pub const SENTENCES: &[Sentence] = &[
    Sentence { en: "{0}: the server said “{1}”.", zh: "{0}：服务器的答复是“{1}”。" },
    Sentence {
        en: "{0}: the server said “{1}”, which means: {2}.", zh: "{0}：服务器的答复是“{1}”，意思是：{2}。"
    },
    Sentence {
        en: "The sender {0}, and with it the message: the server said “{1}”.",
        zh: "发件人 {0} 被拒，邮件随之被拒：服务器的答复是“{1}”。",
    },
    Sentence {
        en: "The sender {0}, and with it the message: the server said “{1}”, which means: {2}.",
        zh: "发件人 {0} 被拒，邮件随之被拒：服务器的答复是“{1}”，意思是：{2}。",
    },
    Sentence { en: "The message: the server said “{0}”.", zh: "邮件：服务器的答复是“{0}”。" },
    Sentence {
        en: "The message: the server said “{0}”, which means: {1}.",
        zh: "邮件：服务器的答复是“{0}”，意思是：{1}。",
    },
    Sentence {
        en: "{0}: the server said “{1}”, and accepted this recipient another time in the session.",
        zh: "{0}：服务器的答复是“{1}”，但在此会话中另一次接受了该收件人。",
    },
    Sentence {
        en: "{0}: the server said “{1}”, which means: {2}. It accepted this recipient another time in the session.",
        zh: "{0}：服务器的答复是“{1}”，意思是：{2}。服务器在此会话中另一次接受了该收件人。",
    },
];

/// Whom or what a reply refuses.
enum Whom<'a> {
    Recipient(&'a str),
    /// One whom the server accepted when the client tried again.
    AcceptedLater(&'a str),
    Sender(&'a str),
    Message,
}

/// The refusals of one recipient, as far as they are told here.
#[derive(Default)]
struct Refusals<'a> {
    steps: Vec<StepId>,
    last: Option<(&'a Transaction, &'a Addressee, &'a Step)>,
}

/// Tells all refusals with this outcome, each as a finding of its own. A recipient that was refused again and again is one
/// finding, as it is one recipient in the verdict: that of the last refusal, with all of them as evidence.
pub fn tell(session: &Session, outcome: Outcome, found: &mut Found) {
    let made_good = made_good::recipients(session);
    let tried_again = made_good::tried_again(session);
    let mut earlier: HashMap<(u32, usize), Refusals> = HashMap::new();
    let speaks_first = speaks_before_greeting(session);
    for transaction in &session.transactions {
        for (place, addressee) in transaction.to.iter().enumerate().filter(|(_, addressee)| addressee.is_refused()) {
            let Some(reply) = addressee.final_step.or(addressee.step).and_then(|n| session.step(n)) else { continue };
            let at = (transaction.n, place);
            let mut refusals = earlier.remove(&at).unwrap_or_default();
            if is_told_here(reply, true, speaks_first) {
                refusals.steps.extend(reply.answers.into_iter().chain([reply.n]));
                refusals.last = Some((transaction, addressee, reply));
            }
            if let Some(next) = tried_again.get(&at) {
                earlier.insert(*next, refusals);
                continue;
            }
            let Some((of, addressee, reply)) = refusals.last.filter(|(_, last, _)| last.outcome == outcome) else {
                continue;
            };
            let whom = match made_good.contains(&at) {
                true => Whom::AcceptedLater(&addressee.address),
                false => Whom::Recipient(&addressee.address),
            };
            one(found, reply, refusals.steps, of, whom);
        }
        // MAIL, or content, of which no recipient is known.
        if transaction.to.is_empty()
            && transaction.outcome == outcome
            && let Some(decided) = transaction.reply
            && let Some(reply) = session.step(decided.step)
        {
            let sender = transaction.from.as_deref().filter(|_| decided.to == Decided::Mail);
            if is_told_here(reply, false, speaks_first) {
                let steps = reply.answers.into_iter().chain([reply.n]).collect();
                one(found, reply, steps, transaction, sender.map_or(Whom::Message, Whom::Sender));
            }
        }
    }
    // POP3 (XTND XMIT) has no transactions. What IMAP appends goes to a mailbox, and is not delivered.
    let is_refused = |delivery| match outcome {
        Outcome::Rejected => delivery == Some(Delivery::Rejected),
        _ => delivery == Some(Delivery::Deferred),
    };
    let has_none = session.transactions.is_empty();
    for message in session
        .messages
        .iter()
        .filter(|message| is_refused(message.outcome) && message.direction == Direction::Sent && has_none)
    {
        let reply = message.reply.as_deref().unwrap_or_default();
        let said = found.apart(message.steps.iter().copied()).says(4);
        said.named(Key::Reply, Fact::Name(reply.to_owned()));
    }
}

/// The client sent a command before the server had greeted it.
fn speaks_before_greeting(session: &Session) -> bool {
    let first = session.steps.iter().find_map(|step| match &step.subject {
        Subject::Smtp(smtp::Subject::Greeting { .. }) => Some(false),
        Subject::Smtp(smtp::Subject::Command(_)) => Some(true),
        _ => None,
    });
    first == Some(true)
}

/// `reply` refuses somebody or something, and no other rule tells it.
fn is_told_here(reply: &Step, is_of_a_recipient: bool, speaks_first: bool) -> bool {
    let Subject::Smtp(smtp::Subject::Reply { code, enhanced, .. }) = reply.subject else { return false };
    let said = said(reply);
    // `spoke-before-greeting` tells the one of them, and nothing else tells the others.
    let is_told = said == Some(Said::OutOfTurn) && !speaks_first;
    let is_of_others = is_about_the_client(code, enhanced, said) && !is_told
        || said == Some(Said::Timeout)
        || !is_of_a_recipient && is_too_big(code, enhanced, said);
    !is_of_others
}

fn said(reply: &Step) -> Option<Said> {
    match reply.variant {
        Variant::Said(said) => Some(said),
        _ => None,
    }
}

/// Tells one refusal, with `steps` as evidence.
fn one(found: &mut Found, reply: &Step, steps: Vec<StepId>, transaction: &Transaction, whom: Whom<'_>) {
    let Subject::Smtp(smtp::Subject::Reply { code, enhanced, .. }) = reply.subject else { return };
    let said = said(reply);
    let mut occurrence = found.apart(steps);
    let base = match whom {
        Whom::Recipient(address) => {
            occurrence = occurrence.named(Key::Recipient, Fact::Name(address.to_owned()));
            0
        }
        Whom::AcceptedLater(address) => {
            occurrence = occurrence.named(Key::Recipient, Fact::Name(address.to_owned())).severity(Severity::Info);
            6
        }
        Whom::Sender(address) => {
            let shown = if address.is_empty() { "<>" } else { address };
            occurrence = occurrence.named(Key::Name, Fact::Name(shown.to_owned()));
            2
        }
        Whom::Message => 4,
    };
    occurrence = occurrence.named(Key::Reply, Fact::Name(reply.quoted()));
    let meaning = meaning(enhanced, said);
    let means = meaning.is_some();
    if let Some(meaning) = meaning {
        occurrence = occurrence.fact(meaning);
    }
    let mut occurrence = occurrence.says(base + usize::from(means)).fact(Fact::Code(code));
    if let Some(enhanced) = enhanced {
        occurrence = occurrence.fact(Fact::Enhanced(enhanced));
    }
    if let Some(limit) = transaction.size_limit.filter(|_| said == Some(Said::TooLarge)) {
        occurrence = occurrence.named(Key::Limit, Fact::Bytes(limit));
    }
    if is_too_big(code, enhanced, said) {
        occurrence.because_of("too-big");
    }
}

/// What a refusal means in plain words, for which a view has them.
pub fn meaning_of(reply: &Step) -> Option<Fact> {
    meaning(reply.enhanced(), said(reply))
}

/// The server's own words decide, then the enhanced status code. X.0.0 says no more than the code does.
fn meaning(enhanced: Option<Enhanced>, said: Option<Said>) -> Option<Fact> {
    match (said, enhanced) {
        (Some(said), _) => Some(Fact::Said(said)),
        (None, Some(enhanced)) if enhanced.topic() != (0, 0) => Some(Fact::Meaning(enhanced)),
        (None, _) => None,
    }
}

/// The reply refuses the client for how it speaks, whoever the recipient is: X.5.1 (RFC 3463) says that the command is
/// out of place, and 500 to 504 that it is not understood (RFC 5321, section 4.2.2). Well-known words decide.
fn is_about_the_client(code: u16, enhanced: Option<Enhanced>, said: Option<Said>) -> bool {
    match said {
        Some(
            Said::OutOfTurn
            | Said::NoMailCommand
            | Said::BareLineEnd
            | Said::TooManyErrors
            | Said::TooManyCommands
            | Said::TooManyBeforeLogin
            | Said::OutOfOrder
            | Said::InvalidCommand
            | Said::HelloFirst
            | Said::Lhlo
            | Said::NoRecipients
            | Said::MessageUnderWay
            | Said::UnknownCommand,
        ) => true,
        Some(said) if !matches!(said, Said::NotImplemented | Said::UnknownParameter | Said::Syntax) => false,
        _ => matches!(code, 500..=504 | 555) || enhanced.is_some_and(|status| status.topic() == (5, 1)),
    }
}

/// The message is larger than the server takes, for good: by its words, or by X.3.4 or X.2.3 (RFC 3463).
pub fn is_too_big(code: u16, enhanced: Option<Enhanced>, said: Option<Said>) -> bool {
    match (said, enhanced.map(Enhanced::topic)) {
        _ if code < 500 => false,
        (Some(said), _) => said == Said::TooLarge,
        (None, Some(topic)) => matches!(topic, (3, 4) | (2, 3)),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::verdict::conclusion::of_session;
    use crate::verdict::testing::session;
    use crate::verdict::{Selection, rules};

    const MAIL: &str = "C: MAIL FROM:<a@b> SIZE=300\nS: 250 ok\n";
    const PUT_OFF: &str = "C: RCPT TO:<c@d>\nS: 451 4.7.1 Greylisted\n";
    const REFUSED: &str = "C: RCPT TO:<C@d>\nS: 550 5.1.1 no such user\n";
    const RSET: &str = "C: RSET\nS: 250 ok\n";

    /// The findings about recipients that were put off and refused, and the steps of the first.
    fn told(script: &str) -> ([usize; 2], Vec<u32>) {
        let session = session(&format!("S: 220 mx\nC: EHLO a\nS: 250 mx\n{script}"), Selection::ALL.needs());
        let look = |id| rules::find(id).expect("a rule").look(&session);
        let [deferred, rejected] = ["delivery-deferred", "delivery-rejected"].map(look);
        let counts = [deferred.len(), rejected.len()];
        let tally = of_session(&session).tally;
        assert_eq!([tally.deferred, tally.rejected], counts.map(|count| count as u64), "the verdict agrees: {script}");
        (counts, deferred.into_iter().chain(rejected).next().map(|finding| finding.steps).unwrap_or_default())
    }

    #[test]
    fn a_recipient_that_is_refused_again_is_told_once() {
        let other = PUT_OFF.replace("c@d", "e@d");
        let again = [MAIL, PUT_OFF, PUT_OFF].concat();
        assert_eq!(told(&again), ([1, 0], vec![6, 7, 8, 9]));
        assert_eq!(told(&[MAIL, PUT_OFF, RSET, MAIL, PUT_OFF].concat()), ([1, 0], vec![6, 7, 12, 13]));
        assert_eq!(told(&[MAIL, PUT_OFF, RSET, &again].concat()), ([1, 0], vec![6, 7, 12, 13, 14, 15]));
        assert_eq!(told(&[MAIL, PUT_OFF, REFUSED].concat()), ([0, 1], vec![6, 7, 8, 9]));
        assert_eq!(told(&[MAIL, REFUSED, REFUSED].concat()), ([0, 1], vec![6, 7, 8, 9]));
        // What is said of the order of commands is not said of the recipient.
        let out_of_order = "C: RCPT TO:<c@d>\nS: 503 5.5.1 out of order\n";
        assert_eq!(told(&[MAIL, PUT_OFF, out_of_order].concat()), ([1, 0], vec![6, 7]));
        assert_eq!(told(&[MAIL, REFUSED, out_of_order, out_of_order].concat()), ([0, 1], vec![6, 7]));
        // Two recipients, and two mails.
        assert_eq!(told(&[MAIL, PUT_OFF, &other].concat()), ([2, 0], vec![6, 7]));
        assert_eq!(told(&[MAIL, PUT_OFF, RSET, &MAIL.replace("300", "7"), PUT_OFF].concat()), ([2, 0], vec![6, 7]));
    }

    #[test]
    fn a_refusal_for_how_the_client_speaks_does_not_hide_the_one_before() {
        let script = [MAIL, PUT_OFF, "C: RCPT TO:<c@d>\nS: 503 5.5.1 out of order\n"].concat();
        let session = session(&format!("S: 220 mx\nC: EHLO a\nS: 250 mx\n{script}"), Selection::ALL.needs());
        let found = rules::find("delivery-deferred").expect("a rule").look(&session);
        assert_eq!(found.iter().map(|finding| &*finding.steps).collect::<Vec<_>>(), [&[6, 7]]);
    }
}
