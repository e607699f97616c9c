/*!
Where the time of a session went: a sum over its steps. The time up to a step is that of the side which sent it, and of
what it is; what an end does that has its answer, and sends something new later, is the client's time.

The parts add up to the time from the first packet to the last, without what is not known: next to bytes that are
missing, and before the first step where the handshake was not captured.
*/

use super::ending::is_idle;
use crate::capture::Time;
use crate::flow::Side;
use crate::protocol::event::{Kind, StepId, Subject};
use crate::protocol::tls;
use crate::session::Session;
use crate::session::model::{Phase, Step};

/// What time goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// From the first SYN to the client's ACK.
    Connect,
    /// Waiting for the greeting.
    Greeting,
    /// The TLS handshake.
    Tls,
    /// Waiting for the server's replies in a log-in.
    LogIn,
    /// Waiting for the server's other replies.
    Commands,
    /// Content crosses.
    Transfer,
    /// Waiting for the reply to content of the client.
    FinalReply,
    /// IMAP: the client waits for news in IDLE.
    Idle,
    /// The client has its answer, and sends nothing.
    Client,
    /// Inside TLS that cannot be read.
    Encrypted,
    /// From the last step to the last packet.
    After,
}

impl Part {
    /// All parts, in the order in which most sessions have them.
    pub const ALL: [Self; 11] = [
        Self::Connect,
        Self::Greeting,
        Self::Tls,
        Self::LogIn,
        Self::Commands,
        Self::Transfer,
        Self::FinalReply,
        Self::Idle,
        Self::Client,
        Self::Encrypted,
        Self::After,
    ];
}

/// Where the time of a session went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budget {
    /// Nanoseconds of each part; `None` where there was nothing of it, or it is not known.
    parts: [Option<i64>; Part::ALL.len()],
    /// The reply for which the client waited longest, and for how many nanoseconds.
    pub longest: Option<(StepId, i64)>,
}

impl Budget {
    /// Nanoseconds of a part; `None` where there was nothing of it, or it is not known.
    pub fn part(&self, part: Part) -> Option<i64> {
        self.parts[part as usize]
    }

    /// Nanoseconds of all parts.
    pub fn total(&self) -> i64 {
        self.parts.iter().flatten().fold(0, |sum, part| sum.saturating_add(*part))
    }

    fn add(&mut self, part: Part, nanoseconds: i64) {
        let sum = self.parts[part as usize].get_or_insert_default();
        *sum = sum.saturating_add(nanoseconds);
    }

    fn waited(&mut self, part: Part, step: &Step, nanoseconds: i64) {
        let is_reply = matches!(part, Part::LogIn | Part::Commands | Part::FinalReply);
        if is_reply && self.longest.is_none_or(|(_, longest)| longest < nanoseconds) {
            self.longest = Some((step.n, nanoseconds));
        }
    }
}

/// Where the time of `session` went. Nothing where the clock of its capture went back.
pub fn of(session: &Session) -> Budget {
    let mut budget = Budget::default();
    if session.transport.counters.clock_back != 0 {
        return budget;
    }
    let connect = connected(session);
    if let Some(connect) = connect {
        budget.add(Part::Connect, connect);
    }
    let mut now: Option<Time> = connect.map(|connect| session.transport.first.time.plus(connect));
    let mut state = State::default();
    for step in &session.steps {
        let part = state.part(step);
        let length = now.and_then(|now| step.time.known_since(now)).map(|length| length.max(0));
        if let Some((part, length)) = part.zip(length) {
            budget.add(part, length);
            budget.waited(part, step, length);
        }
        // What crosses in TLS has one step for each side, and they overlap.
        let later = now.map_or(step.time, |now| now.max(step.time));
        now = part.and(later.known());
    }
    let after = now.filter(|_| !session.steps.is_empty()).and_then(|now| session.transport.last.time.known_since(now));
    if let Some(after) = after.filter(|&after| after > 0) {
        budget.add(Part::After, after);
    }
    budget
}

/// Nanoseconds from the first SYN to the ACK, where all of the handshake was seen.
fn connected(session: &Session) -> Option<i64> {
    let transport = &session.transport;
    let milliseconds = transport.counters.rtt_ms.filter(|rtt| transport.from_start && rtt.is_finite())?;
    let ends = transport.ends.as_deref();
    // The handshake is timed from the last SYN.
    let again = match ends {
        Some(ends) if ends.more_syns > 0 => return None,
        Some(ends) => ends.syns.last().map_or(Some(0), |syn| syn.time.known_since(transport.first.time)),
        None => Some(0),
    };
    Some(again?.saturating_add((milliseconds * 1e6) as i64).max(0))
}

/// What came before a step.
#[derive(Debug, Default)]
struct State {
    /// The client asks to wait for news.
    asks: bool,
    /// The client waits for news.
    idles: bool,
    /// The client has sent content that is not answered.
    content: bool,
}

impl State {
    /// What the time up to `step` went into; `None` where bytes are missing.
    fn part(&mut self, step: &Step) -> Option<Part> {
        let idled = self.idles;
        match (step.from, step.kind) {
            (_, Kind::Gap) => *self = Self::default(),
            (Side::Server, Kind::Continuation) => self.idles |= self.asks,
            (Side::Client, _) => (self.asks, self.idles) = (is_idle(step), false),
            (Side::Server, _) => {}
        }
        let answers_content = self.content && step.from == Side::Server && step.kind == Kind::Reply;
        match (step.from, step.kind) {
            (Side::Client, kind) => self.content = kind == Kind::Data,
            (Side::Server, _) if answers_content => self.content = false,
            (Side::Server, _) => {}
        }
        Some(match (step.from, step.kind) {
            (_, Kind::Gap) => return None,
            _ if matches!(step.subject, Subject::Tls(tls::Subject::Encrypted)) => Part::Encrypted,
            (_, Kind::Tls) => Part::Tls,
            _ if idled => Part::Idle,
            (_, Kind::Data) => Part::Transfer,
            (Side::Client, _) => Part::Client,
            (Side::Server, Kind::Greeting) => Part::Greeting,
            (Side::Server, _) if answers_content => Part::FinalReply,
            (Side::Server, _) if step.phase == Phase::Authentication => Part::LogIn,
            (Side::Server, _) => Part::Commands,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Part, of};
    use crate::session::Needs;
    use crate::verdict::testing;

    /// The seconds of each part of `script`, in which one second passes from line to line. The handshake takes two.
    fn seconds(script: &str) -> (Vec<(Part, i64)>, Budget) {
        let mut session = testing::session(&format!("! syn\n! syn-ack\n{script}"), Needs::NONE);
        session.transport.counters.rtt_ms = Some(1_000.0);
        let budget = of(&session);
        let all = session.transport.last.time.since(session.transport.first.time);
        if !script.contains('~') {
            assert_eq!(budget.total(), all, "the parts add up");
        }
        let known = |part| Some((part, budget.part(part)? / 1_000_000_000));
        (Part::ALL.into_iter().filter_map(known).collect(), budget)
    }

    #[test]
    fn a_message_that_is_sent() {
        let (parts, budget) = seconds(
            "@ 4\nS: 220 mx\nC: EHLO a\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvYgBi\n@ 2\nS: 235 ok\nC: MAIL FROM:<a@b>\n\
             S: 250 ok\n@ 7\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\n@ 9\nC: a: b\nC:\nC: hi\nC: .\n@ 30\n\
             S: 250 ok\nC: QUIT\nS: 221 bye",
        );
        assert_eq!(
            parts,
            [
                (Part::Connect, 1),
                (Part::Greeting, 5),
                (Part::LogIn, 3),
                (Part::Commands, 5),
                (Part::Transfer, 13),
                (Part::FinalReply, 31),
                (Part::Client, 13)
            ]
        );
        assert_eq!(budget.longest, Some((13, 31_000_000_000)));
    }

    #[test]
    fn a_mailbox_that_is_watched() {
        let (parts, _) = seconds(
            "S: * OK hi\nC: a LOGIN u p\n@ 3\nS: a OK in\nC: b IDLE\nS: + idling\n@ 600\nS: * 4 EXISTS\n@ 60\nC: DONE\nS: b OK",
        );
        let expected = [
            (Part::Connect, 1),
            (Part::Greeting, 1),
            (Part::LogIn, 4),
            (Part::Commands, 2),
            (Part::Idle, 662),
            (Part::Client, 2),
        ];
        assert_eq!(parts, expected);
    }

    #[test]
    fn a_message_that_is_read() {
        let (parts, _) =
            seconds("S: +OK hi\nC: RETR 1\nS: +OK\n@ 20\nS: a: b\nS:\nS: text\nS: .\n@ 5\nC: QUIT\nS: +OK bye");
        let expected =
            [(Part::Connect, 1), (Part::Greeting, 1), (Part::Commands, 2), (Part::Transfer, 24), (Part::Client, 7)];
        assert_eq!(parts, expected);
    }

    #[test]
    fn what_comes_after_the_last_step() {
        let (parts, _) = seconds("S: 220 mx\nC: HELO a\n@ 60\n! fin client");
        let expected = [(Part::Connect, 1), (Part::Greeting, 1), (Part::Client, 1), (Part::After, 61)];
        assert_eq!(parts, expected);
    }

    #[test]
    fn what_is_not_known_is_not_counted() {
        let (parts, _) = seconds("S: 220 mx\nC: HELO a\n@ 50\nS~ 40\n@ 70\nC: NOOP\nS: 250 ok");
        assert_eq!(parts, [(Part::Connect, 1), (Part::Greeting, 1), (Part::Commands, 1), (Part::Client, 1)]);
        let mut session = testing::session("S: 220 mx\nC: HELO a", Needs::NONE);
        assert_eq!(of(&session).part(Part::Connect), None, "the handshake was not captured");
        assert_eq!(of(&session).part(Part::Greeting), None);
        session.transport.counters.clock_back = 1;
        assert_eq!(of(&session), Budget::default());
    }
}
