//! The questions in flight, in order, with an index by the codes that may answer them: in doubt, the candidates for a
//! reply are found at once, among any number.

use super::command::Verb;
use super::question::{Pending, Question};
use crate::limits::of_queue;
use std::collections::VecDeque;

/// What decides which codes may answer a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A command, or what is answered like one.
    Command(Verb),
    /// An empty line.
    Blank,
    /// Content that ended with a dot.
    Content,
    /// A line of content that the server takes for a command.
    RefusedLine,
    /// Commands that are not in the capture.
    Unseen,
}

impl Kind {
    fn of(question: &Question) -> Self {
        match question {
            Question::Command(verb) => Self::Command(*verb),
            Question::Mail(_) => Self::Command(Verb::Mail),
            Question::Rcpt(_) => Self::Command(Verb::Rcpt),
            Question::Auth(_) | Question::Response(_) => Self::Command(Verb::Auth),
            Question::Chunk | Question::LastChunk(_) => Self::Command(Verb::Bdat),
            Question::Blank => Self::Blank,
            Question::Content(_) => Self::Content,
            Question::RefusedLine => Self::RefusedLine,
            Question::Unseen { .. } => Self::Unseen,
        }
    }

    /// True where the server may answer with `code`.
    fn may_be_answered_by(self, code: u16) -> bool {
        match self {
            Self::Command(verb) => verb.may_be_answered_by(code),
            Self::Content => matches!(code, 250 | 353 | 400..),
            Self::RefusedLine | Self::Blank => code >= 400,
            Self::Unseen => true,
        }
    }
}

/// How many candidates are returned: two show that the choice is open, and one more may be an entry of unseen commands
/// that the caller skips.
const TOLD: usize = 3;

/// Questions that are looked through without an index: most clients have one in flight.
const UNINDEXED: usize = 8;

/// The questions in flight.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    all: VecDeque<(Kind, Pending)>,
    /// The ticket of the first question; those behind it have the next numbers, in order.
    first: i64,
    /// The tickets of each kind, in order. There are few kinds. None before there were more questions than [`UNINDEXED`].
    tickets: Option<Vec<(Kind, VecDeque<i64>)>>,
    /// What the questions have on the heap, and their tickets.
    held: usize,
}

impl InFlight {
    /// Bytes that the questions hold.
    pub fn held(&self) -> usize {
        of_queue(&self.all) + self.held
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn front(&self) -> Option<&Pending> {
        self.get(0)
    }

    pub fn get(&self, at: usize) -> Option<&Pending> {
        self.all.get(at).map(|(_, pending)| pending)
    }

    /// True where `code` may answer the question at `at`.
    pub fn may_be_answered_by(&self, at: usize, code: u16) -> bool {
        self.all.get(at).is_some_and(|(kind, _)| kind.may_be_answered_by(code))
    }

    /// The last question. The caller must not change its kind.
    pub fn back_mut(&mut self) -> Option<&mut Pending> {
        self.all.back_mut().map(|(_, pending)| pending)
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Pending> {
        self.all.iter().map(|(_, pending)| pending)
    }

    pub fn push_back(&mut self, pending: Pending) {
        let kind = Kind::of(&pending.question);
        let ticket = self.first + self.all.len() as i64;
        self.index(kind, |tickets| tickets.push_back(ticket));
        self.held += pending.question.weight();
        self.make_room();
        self.all.push_back((kind, pending));
        self.begin_index();
    }

    pub fn push_front(&mut self, pending: Pending) {
        let kind = Kind::of(&pending.question);
        self.first -= 1;
        let ticket = self.first;
        self.index(kind, |tickets| tickets.push_front(ticket));
        self.held += pending.question.weight();
        self.make_room();
        self.all.push_front((kind, pending));
        self.begin_index();
    }

    pub fn pop_front(&mut self) -> Option<Pending> {
        let (kind, pending) = self.all.pop_front()?;
        self.held = self.held.saturating_sub(pending.question.weight());
        self.first += 1;
        self.index(kind, |tickets| _ = tickets.pop_front());
        Some(pending)
    }

    /// Takes the last out if it stands for commands that are not in the capture.
    pub fn pop_back_unseen(&mut self) -> Option<Pending> {
        let (kind, pending) = self.all.pop_back_if(|(kind, _)| *kind == Kind::Unseen)?;
        self.held = self.held.saturating_sub(pending.question.weight());
        self.index(kind, |tickets| _ = tickets.pop_back());
        Some(pending)
    }

    /// Takes out the first `many`.
    pub fn drain(&mut self, many: usize) -> Vec<Pending> {
        std::iter::from_fn(|| self.pop_front()).take(many).collect()
    }

    /// True where one stands for commands that are not in the capture.
    pub fn has_unseen(&self) -> bool {
        match &self.tickets {
            Some(tickets) => tickets.iter().any(|(kind, tickets)| *kind == Kind::Unseen && !tickets.is_empty()),
            None => self.all.iter().any(|(kind, _)| *kind == Kind::Unseen),
        }
    }

    /// The positions of the questions that `code` may answer, in order: the first [`TOLD`].
    pub fn candidates(&self, code: u16) -> impl Iterator<Item = usize> + use<> {
        let found: Vec<usize> = match &self.tickets {
            Some(tickets) => {
                let kinds = tickets.iter().filter(|(kind, _)| kind.may_be_answered_by(code));
                let mut tickets: Vec<i64> = kinds.flat_map(|(_, tickets)| tickets.iter().take(TOLD).copied()).collect();
                tickets.sort_unstable();
                tickets.into_iter().take(TOLD).filter_map(|ticket| usize::try_from(ticket - self.first).ok()).collect()
            }
            None => (0..self.all.len()).filter(|&at| self.may_be_answered_by(at, code)).take(TOLD).collect(),
        };
        found.into_iter()
    }

    /// Room for one more question: as long as there is one at a time, for no more.
    fn make_room(&mut self) {
        if self.all.capacity() == 0 {
            self.all.reserve_exact(1);
        }
    }

    /// From here on there is an index, if there are many questions.
    fn begin_index(&mut self) {
        if self.tickets.is_some() || self.all.len() <= UNINDEXED {
            return;
        }
        self.tickets = Some(Vec::new());
        let kinds: Vec<Kind> = self.all.iter().map(|(kind, _)| *kind).collect();
        for (ticket, kind) in (self.first..).zip(kinds) {
            self.index(kind, |tickets| tickets.push_back(ticket));
        }
    }

    /// Changes the tickets of `kind`, if there is an index.
    fn index(&mut self, kind: Kind, change: impl FnOnce(&mut VecDeque<i64>)) {
        let Some(index) = &mut self.tickets else { return };
        if let Some((_, tickets)) = index.iter_mut().find(|(other, _)| *other == kind) {
            return change(tickets);
        }
        let mut tickets = VecDeque::new();
        change(&mut tickets);
        index.push((kind, tickets));
    }
}

#[cfg(test)]
mod tests {
    use super::super::transaction::Sender;
    use super::*;
    use proptest::prelude::*;

    fn question(kind: u8) -> Question {
        match kind {
            0 => Question::Mail(Sender::default()),
            1 => Question::Rcpt(None),
            2 => Question::Command(Verb::Data),
            3 => Question::Command(Verb::Noop),
            4 => Question::RefusedLine,
            5 => Question::Chunk,
            _ => Question::Unseen { another: false },
        }
    }

    proptest! {
        #[test]
        fn the_index_finds_what_looking_at_all_finds(deeds in prop::collection::vec((0..8_u8, 0..8_u8), 0..60)) {
            let mut in_flight = InFlight::default();
            for (deed, kind) in deeds {
                let pending = Pending { step: None, question: question(kind), passed_over: false, gives_up: None };
                match deed {
                    0..4 => in_flight.push_back(pending),
                    4 => in_flight.push_front(pending),
                    5 => drop(in_flight.pop_front()),
                    6 => drop(in_flight.pop_back_unseen()),
                    _ => drop(in_flight.drain(kind.into())),
                }
                for code in [220, 250, 354, 550] {
                    let may = |(at, pending): (usize, &Pending)| {
                        Kind::of(&pending.question).may_be_answered_by(code).then_some(at)
                    };
                    let looked: Vec<usize> = in_flight.iter().enumerate().filter_map(may).take(TOLD).collect();
                    prop_assert_eq!(in_flight.candidates(code).collect::<Vec<_>>(), looked);
                }
                let has_unseen = in_flight.iter().any(|pending| matches!(pending.question, Question::Unseen { .. }));
                prop_assert_eq!(in_flight.has_unseen(), has_unseen);
            }
        }
    }
}
