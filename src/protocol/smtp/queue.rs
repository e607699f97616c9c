/*!
What the client has sent and the server has not answered yet: pipelining (RFC 2920) seen from outside.

Replies come in the order of the commands, so a reply answers the front of the queue. Counting alone would shift every
later answer after one reply that never comes, so replies are paired with commands by evidence. While both directions
are whole, the rules are these, the first that fits:

1. *The code names its command.* 354 answers DATA, 334 and 235 answer AUTH, 221 answers QUIT.
   (221 also answers what is no mail command: Postfix ends the session so.)
   Where the front cannot be answered so and a later question can, that one is answered, and those before it never will
   be. A code that no question in flight can have answers the front all the same: servers do invent codes.
2. *An empty line is never accepted.* A reply that is no refusal answers the first question behind empty lines.
3. *A client that goes on has its answers.* Where the front may never be answered (an empty line; a question after which
   a client that waits for replies has waited for [`PATIENCE`] in vain; a 220 that STARTTLS behind it may have), the
   reply is held until something follows it
   (`held.rs`). Another reply: there is one for each question, and the first answers the front. A command: the client
   has the reply that it waited for, so the reply answers the question that was asked last.
4. *A client that waits does not go on within a series.* LMTP and PRDR answer content once for each recipient. Where the
   client, having had some of these replies, sends its next command, the rest of them will not come. A client that was
   seen to send commands behind content without any reply to it proves nothing that way.
5. Otherwise the reply answers the front.

A line in any form is a reply where one is due (`held.rs`), and a reply that has begun ends where the client goes on.

After a gap in either direction it is not known how many replies or commands are missing. From then on, the queue is in
doubt: a reply is given to a command only where no other can be meant, and is else said to be in doubt.

- the client waits for each reply before it goes on (it has never done otherwise): then a command that follows bytes of
  the server proves that everything before was answered, in the gap. Where both sides have gaps, RCPT, DATA and BDAT
  prove it only of a client that was seen to wait before it sent one: others pipeline them with what the gap hides;
- only one question in the queue can be answered by this code (354 by DATA alone), and by one reply.

Either case ends the doubt. In any other case the reply is given to no command.
*/

use super::command::Verb;
use super::in_flight::InFlight;
use super::question::{Pending, Question};
use crate::capture::Time;
use crate::limits::COMMANDS_IN_FLIGHT;
use crate::protocol::event::StepId;

/// How long a client waits, in nanoseconds, before it is seen to have given up on a reply. Far longer than a round trip,
/// and shorter than the time limits that clients have (RFC 5321, section 4.5.3.2, in minutes).
const PATIENCE: i64 = 5_000_000_000;

/// What a reply answers.
#[derive(Debug)]
pub struct Answered {
    /// Questions that will not be answered any more: their replies are missing.
    pub unanswered: Vec<Pending>,
    /// The question that it answers. One that gets several replies is put back with [`Queue::put_back`].
    pub by: Answer,
}

/// Which question a reply answers.
#[derive(Debug)]
pub enum Answer {
    /// This one.
    To(Pending),
    /// Not known: a question that is not in the capture or was dropped, or one of several.
    Unsure,
    /// None: nothing was asked.
    Nobody,
}

/// The questions in flight, in order.
#[derive(Debug, Default)]
pub struct Queue {
    in_flight: InFlight,
    /// Replies are missing: the front need not be what the next reply answers.
    replies_missing: bool,
    /// The client has sent a command before the one before it was answered.
    pipelines: bool,
    /// Replies to come for questions that were dropped from the front.
    forgotten: u64,
    /// What came last.
    last: Last,
    /// The client was seen to wait for a reply where it need not have.
    waits: bool,
    /// The client was seen to send a command behind content that had no reply yet.
    streams: bool,
    /// The front has had some of its replies.
    partly_answered: bool,
    /// When the last question was asked.
    asked: Option<Time>,
}

/// What came last, as far as it tells whether the client waits for replies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Last {
    /// A reply.
    #[default]
    Reply,
    /// Bytes of the server that were not captured.
    UnseenReply,
    /// A line of the client's.
    Line,
    /// Bytes of the client that were not captured.
    UnseenLine,
}

impl Queue {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        self.in_flight.held()
    }

    /// True where nothing waits for an answer.
    pub fn is_empty(&self) -> bool {
        self.in_flight.is_empty() && self.forgotten == 0
    }

    /// The question that was asked last.
    pub fn back_mut(&mut self) -> Option<&mut Pending> {
        self.in_flight.back_mut()
    }

    /// From the last question to the first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Pending> {
        self.in_flight.iter().rev()
    }

    /// The question at the front, unless replies to dropped ones come before its reply.
    pub fn front(&self) -> Option<&Pending> {
        self.in_flight.front().filter(|_| self.forgotten == 0)
    }

    /// Adds a question, whose line began and ended at these times. Returns the questions whose replies it proves to be missing, and the oldest, where that was
    /// dropped to make room.
    pub fn push(&mut self, pending: Pending, spoke: Option<(Time, Time)>) -> (Vec<Pending>, Option<Pending>) {
        let mut unanswered = Vec::new();
        let waited = self.has_waited(spoke.map(|(begun, _)| begun));
        self.asked = spoke.map(|(_, ended)| ended);
        let last = std::mem::replace(&mut self.last, Last::Line);
        if self.in_doubt() && !self.pipelines {
            let proves = match last {
                Last::Reply => true,
                Last::UnseenReply => self.waits || !pending.question.is_pipelined() || !self.has_missing_commands(),
                Last::Line | Last::UnseenLine => false,
            };
            if proves {
                unanswered = self.in_flight.drain(usize::MAX);
                self.replies_missing = false;
            }
            self.pipelines |= last == Last::Line;
        } else if last == Last::Reply && self.partly_answered && !self.streams && self.in_flight.len() == 1 {
            unanswered = self.take_partly_answered();
        } else if !self.is_empty() {
            match self.in_flight.back_mut() {
                // It was sent together with nothing, so it does not show that the client pipelines.
                Some(before) if !self.pipelines && (before.passed_over || waited) => before.passed_over = true,
                before => {
                    let has_content = matches!(before, Some(Pending { question: Question::Content(_), .. }));
                    self.streams |= has_content && !self.partly_answered;
                    self.pipelines = true;
                }
            }
        } else {
            self.waits |= last == Last::Reply && pending.question.is_pipelined();
        }
        let oldest = if self.in_flight.len() >= COMMANDS_IN_FLIGHT { self.in_flight.pop_front() } else { None };
        if let Some(oldest) = &oldest {
            self.forgotten = self.forgotten.saturating_add(oldest.question.replies_due());
        }
        self.replies_missing |= pending.question.is_open_ended();
        self.in_flight.push_back(pending);
        (unanswered, oldest)
    }

    /// True where the client, having sent one question and waited for its reply, sends more at `time` without it.
    fn has_waited(&self, time: Option<Time>) -> bool {
        let waited = time.zip(self.asked).and_then(|(now, asked)| now.known_since(asked));
        waited.is_some_and(|waited| waited >= PATIENCE)
    }

    /// The front has had all the replies that it will get.
    fn take_partly_answered(&mut self) -> Vec<Pending> {
        self.partly_answered = false;
        let mut taken = self.in_flight.drain(1);
        for pending in &mut taken {
            if let Question::Content(content) | Question::LastChunk(content) = &mut pending.question {
                content.taken_for_all = true;
            }
        }
        taken
    }

    /// True where it takes what follows a reply with `code` to know which question it answers.
    pub fn must_see_what_follows(&self, code: u16) -> bool {
        let several = self.in_flight.len() > 1 && !self.in_doubt() && self.forgotten == 0;
        match self.in_flight.front() {
            Some(front) if several && front.passed_over => self.in_flight.may_be_answered_by(0, code),
            // Some servers answer other commands with a 220 too.
            Some(_) => several && code == 220 && !self.in_flight.may_be_answered_by(0, code) && self.ends_in_starttls(),
            None => false,
        }
    }

    fn ends_in_starttls(&self) -> bool {
        let last = self.in_flight.iter().next_back();
        matches!(last, Some(Pending { question: Question::Command(Verb::StartTls), .. }))
    }

    /// The client has waited for a reply and goes on: takes out all before the question that was asked last.
    pub fn client_has_its_answer(&mut self) -> Vec<Pending> {
        self.in_flight.drain(self.in_flight.len().saturating_sub(1))
    }

    /// True where one question alone is in flight, of a client that waits for each reply.
    pub fn is_lockstep(&self) -> bool {
        !self.pipelines && self.in_flight.len() == 1 && self.forgotten == 0
    }

    /// Commands may be missing here.
    pub fn commands_missing(&mut self, another: bool) {
        self.last = Last::UnseenLine;
        if let Some(Pending { question: Question::Unseen { another: already }, .. }) = self.in_flight.back_mut() {
            *already |= another;
        } else {
            self.in_flight.push_back(Pending {
                step: None,
                question: Question::Unseen { another },
                passed_over: false,
                gives_up: None,
            });
        }
    }

    /// No commands are missing after the last one that was seen: takes out the entry that stood for them.
    pub fn no_commands_missing(&mut self) -> Option<Pending> {
        self.in_flight.pop_back_unseen()
    }

    /// Replies may be missing here.
    pub fn replies_missing(&mut self) {
        self.last = Last::UnseenReply;
        self.replies_missing = !self.is_empty();
        self.forgotten = 0;
    }

    /// How many replies are to come is not known.
    pub fn unsure(&mut self) {
        self.replies_missing = true;
    }

    /// Takes out everything up to `step`, which is known to have been answered in a gap.
    pub fn take_through(&mut self, step: StepId) -> Vec<Pending> {
        let through = self.in_flight.iter().position(|pending| pending.step == Some(step));
        self.replies_missing = false;
        self.in_flight.drain(through.map_or(0, |at| at + 1))
    }

    /// Takes out everything.
    pub fn take_all(&mut self) -> Vec<Pending> {
        self.replies_missing = false;
        self.in_flight.drain(usize::MAX)
    }

    /// Takes out the question that a reply with `code` answers.
    pub fn answer(&mut self, code: u16) -> Answered {
        self.last = Last::Reply;
        if self.forgotten > 0 {
            self.forgotten -= 1;
            return Answered { unanswered: Vec::new(), by: Answer::Unsure };
        }
        if !self.in_doubt() {
            let unanswered = self.never_answered(code);
            self.partly_answered = false;
            let by = self.in_flight.pop_front().map_or(Answer::Nobody, Answer::To);
            return Answered { unanswered, by };
        }
        let is_unseen = |at| matches!(self.in_flight.get(at), Some(Pending { question: Question::Unseen { .. }, .. }));
        let mut candidates = self.in_flight.candidates(code);
        let mut only = candidates.next();
        if names_its_command(code) && only.is_some_and(is_unseen) {
            only = candidates.next().or(only);
        }
        let several = candidates.next().is_some();
        match only.map(|at| (at, is_unseen(at))) {
            // The question has several replies to come: it is not known which of them this is.
            Some((at, false)) if !several && self.in_flight.get(at).is_some_and(|p| p.question.replies_due() > 1) => {
                Answered { unanswered: self.in_flight.drain(at), by: Answer::Unsure }
            }
            Some((at, false)) if !several => {
                self.replies_missing = false;
                let unanswered = self.in_flight.drain(at);
                Answered { unanswered, by: self.in_flight.pop_front().map_or(Answer::Nobody, Answer::To) }
            }
            // The front is answered now or was answered in the gap, unless it stands for unseen commands: these may be
            // several.
            Some(_)
                if several
                    && !matches!(self.in_flight.front(), Some(Pending { question: Question::Unseen { .. }, .. })) =>
            {
                Answered { unanswered: self.in_flight.pop_front().into_iter().collect(), by: Answer::Unsure }
            }
            _ => Answered { unanswered: Vec::new(), by: Answer::Unsure },
        }
    }

    /// Takes out the questions that a reply with `code` proves to have no reply: the front cannot be answered so, and a
    /// later question can.
    fn never_answered(&mut self, code: u16) -> Vec<Pending> {
        let front = self.in_flight.front().map(|pending| &pending.question);
        let is_blank = matches!(front, Some(Question::Blank));
        // Postfix ends the session by 221 where what it reads is no mail command; QUIT behind it is not read any more.
        if code == 221 && matches!(front, Some(Question::RefusedLine | Question::Command(Verb::Other))) {
            return Vec::new();
        }
        if !(names_its_command(code) && code != 220 || is_blank) || self.in_flight.may_be_answered_by(0, code) {
            return Vec::new();
        }
        let first = self.in_flight.candidates(code).next();
        first.map_or_else(Vec::new, |at| self.in_flight.drain(at))
    }

    /// Puts a question back at the front: it gets further replies.
    pub fn put_back(&mut self, pending: Pending) {
        self.partly_answered = true;
        self.replies_missing |= pending.question.is_open_ended();
        self.in_flight.push_front(pending);
    }

    /// True where a line in any form would be a reply.
    pub fn awaits_reply(&self) -> bool {
        !self.is_empty() && !self.in_doubt() && self.last != Last::UnseenReply
    }

    /// True where replies to questions in flight are missing, or may be.
    pub fn has_missing_replies(&self) -> bool {
        self.replies_missing || self.last == Last::UnseenReply
    }

    /// True where commands may be missing before the last one that was seen.
    fn has_missing_commands(&self) -> bool {
        self.in_flight.has_unseen()
    }

    /// True where the next reply need not answer the front.
    pub fn in_doubt(&self) -> bool {
        let unseen = matches!(self.in_flight.front(), Some(Pending { question: Question::Unseen { .. }, .. }));
        unseen || (self.replies_missing && !self.in_flight.is_empty())
    }
}

/// True for codes that only one command is answered with.
fn names_its_command(code: u16) -> bool {
    matches!(code, 220 | 221 | 235 | 334 | 354)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(queue: &mut Queue, step: StepId, verb: Verb) -> Vec<StepId> {
        let (unanswered, _) = queue.push(
            Pending { step: Some(step), question: Question::Command(verb), passed_over: false, gives_up: None },
            None,
        );
        steps(&unanswered)
    }

    fn steps(pending: &[Pending]) -> Vec<StepId> {
        pending.iter().filter_map(|pending| pending.step).collect()
    }

    /// (those whose replies are missing, the one answered)
    fn hear(queue: &mut Queue, code: u16) -> (Vec<StepId>, Option<StepId>) {
        let Answered { unanswered, by } = queue.answer(code);
        let by = if let Answer::To(pending) = by { pending.step } else { None };
        (steps(&unanswered), by)
    }

    #[test]
    fn answers_come_in_order() {
        let mut queue = Queue::default();
        ask(&mut queue, 1, Verb::Mail);
        ask(&mut queue, 2, Verb::Rcpt);
        assert_eq!(hear(&mut queue, 250), (vec![], Some(1)));
        // A reply answers the front even with a code that does not fit, where it fits no other.
        assert_eq!(hear(&mut queue, 354), (vec![], Some(2)));
        assert!(matches!(queue.answer(250).by, Answer::Nobody));
    }

    #[test]
    fn a_code_that_names_its_command_leaves_those_before_it_without_a_reply() {
        for (code, verb) in [(354, Verb::Data), (334, Verb::Auth), (221, Verb::Quit)] {
            let mut queue = Queue::default();
            ask(&mut queue, 1, Verb::Rcpt);
            ask(&mut queue, 2, verb);
            assert_eq!(hear(&mut queue, code), (vec![1], Some(2)));
        }
    }

    #[test]
    fn a_client_that_has_waited_in_vain_is_answered_for_what_it_asked_last() {
        let asked = |seconds: i64| {
            let mut queue = Queue::default();
            for (step, second) in [(1, 0), (2, seconds)] {
                let time = Time::from_microseconds(second * 1_000_000);
                let question = Question::Command(Verb::Noop);
                let pending = Pending { step: Some(step), question, passed_over: false, gives_up: None };
                queue.push(pending, Some((time, time)));
            }
            queue
        };
        assert!(!asked(1).must_see_what_follows(250));
        let mut queue = asked(60);
        assert!(queue.must_see_what_follows(250));
        assert_eq!(steps(&queue.client_has_its_answer()), [1]);
        assert_eq!(hear(&mut queue, 250), (vec![], Some(2)));
        assert_eq!(hear(&mut asked(60), 250), (vec![], Some(1)), "another reply follows at once");
    }

    #[test]
    fn after_lost_replies_a_waiting_client_ends_the_doubt_with_its_next_command() {
        let mut queue = Queue::default();
        ask(&mut queue, 1, Verb::Mail);
        queue.replies_missing();
        assert_eq!(ask(&mut queue, 2, Verb::Rcpt), [1]);
        assert_eq!(hear(&mut queue, 250), (vec![], Some(2)));
    }

    #[test]
    fn after_lost_replies_a_pipelining_client_is_answered_where_it_is_sure() {
        let mut queue = Queue::default();
        for (step, verb) in [(1, Verb::Mail), (2, Verb::Rcpt), (3, Verb::Rcpt), (4, Verb::Data)] {
            ask(&mut queue, step, verb);
        }
        queue.replies_missing();
        assert_eq!(hear(&mut queue, 250), (vec![1], None), "any of three");
        assert_eq!(hear(&mut queue, 354), (vec![2, 3], Some(4)), "DATA alone");
        assert!(!queue.in_doubt());
    }

    #[test]
    fn the_last_candidate_is_answered_for_certain() {
        let mut queue = Queue::default();
        ask(&mut queue, 1, Verb::Mail);
        ask(&mut queue, 2, Verb::Rcpt);
        queue.replies_missing();
        assert_eq!(hear(&mut queue, 250), (vec![1], None));
        assert_eq!(hear(&mut queue, 250), (vec![], Some(2)));
    }

    /// A client may send hundreds of RCPT at once.
    #[test]
    fn a_single_candidate_is_found_behind_any_number_and_two_are_never_taken_for_one() {
        let rcpts: Vec<StepId> = (2..1_000).collect();
        let asked = || {
            let mut queue = Queue::default();
            ask(&mut queue, 1, Verb::Mail);
            rcpts.iter().for_each(|&step| drop(ask(&mut queue, step, Verb::Rcpt)));
            ask(&mut queue, 1_000, Verb::Data);
            queue
        };
        let mut queue = asked();
        queue.replies_missing();
        assert_eq!(hear(&mut queue, 354), ((1..1_000).collect(), Some(1_000)));
        assert!(!queue.in_doubt());
        let mut queue = asked();
        ask(&mut queue, 1_001, Verb::Quit);
        ask(&mut queue, 1_002, Verb::Data);
        queue.replies_missing();
        assert_eq!(hear(&mut queue, 354), (vec![1], None), "either DATA");
    }

    #[test]
    fn lost_commands_may_be_any_number() {
        let mut queue = Queue::default();
        queue.commands_missing(false);
        assert_eq!(hear(&mut queue, 250), (vec![], None));
        assert_eq!(hear(&mut queue, 550), (vec![], None));
        assert_eq!(ask(&mut queue, 5, Verb::Quit), [] as [StepId; 0]);
        assert_eq!(hear(&mut queue, 221), (vec![], Some(5)));
    }

    #[test]
    fn a_full_queue_forgets_its_oldest_and_their_replies_with_them() {
        let mut queue = Queue::default();
        for step in 1..=COMMANDS_IN_FLIGHT as StepId {
            ask(&mut queue, step, Verb::Noop);
        }
        let pending =
            Pending { step: Some(9999), question: Question::Command(Verb::Noop), passed_over: false, gives_up: None };
        let (_, oldest) = queue.push(pending, None);
        assert_eq!(oldest.and_then(|pending| pending.step), Some(1));
        assert_eq!(hear(&mut queue, 250), (vec![], None));
        assert_eq!(hear(&mut queue, 250), (vec![], Some(2)));
    }
}
