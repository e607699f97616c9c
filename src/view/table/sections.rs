/*!
How the steps of a session are divided into tables: one for each phase and, in the transaction phase, for each state.

A client that sends ahead (PIPELINING) may have begun the next phase before the replies of this one have come. These
belong to this one's table, not to another of the same name below: a reply stands in the table of the command that it
answers, and content where it is still due. Only commands begin tables, in the order in which they were sent.
*/

use super::Options;
use crate::flow::Side;
use crate::protocol::event::Kind;
use crate::session::model::{Phase, Session, State, Step};
use crate::view::locale;

/// Most tables back that a step without a command of its own is looked for a place in. There are five phases, and one of
/// them has states; a hostile capture may have very many tables.
const BACK: usize = 16;

/// The steps of one table: those of a phase or, in the transaction phase, of one state (IMAP's authenticated and
/// selected). The table is named after the first state in it.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    phase: Phase,
    state: Option<State>,
}

impl Section {
    /// The section that begins with `step`.
    pub fn of(step: &Step) -> Self {
        Self { phase: step.phase, state: step.state() }
    }

    /// True if the next `step` belongs to the section too. A step without a state (a gap, TLS, an unknown line) does
    /// not end a section.
    pub fn goes_on(&mut self, step: &Step) -> bool {
        let same_state = self.phase != Phase::Transaction || self.state.is_none() || step.state().is_none();
        if self.phase != step.phase || !(same_state || self.state == step.state()) {
            return false;
        }
        self.state = self.state.or(step.state());
        true
    }

    /// The title of the section's table.
    pub fn title(self, options: &Options, session: &Session) -> String {
        locale::phase_title(options.lang, session.protocol, self.phase, self.state)
    }
}

/// The tables of a session that is over.
pub struct Sections<'a> {
    /// In the order in which they begin.
    pub tables: Vec<(Section, Vec<&'a Step>)>,
    /// The table of each step.
    of: Vec<usize>,
    steps: &'a [Step],
}

impl<'a> Sections<'a> {
    /// Divides the steps of `session`.
    pub fn of(session: &'a Session) -> Self {
        let steps = session.steps.as_slice();
        let mut sections = Self { tables: Vec::new(), of: Vec::with_capacity(steps.len()), steps };
        // The table of the step before, and the first of the tables that are not over: the other side has gone on to it.
        let (mut before, mut open) = (0, 0);
        for step in steps {
            let place = sections.place(step, before, open);
            match sections.tables.get_mut(place) {
                Some((_, table)) => table.push(step),
                None => sections.tables.push((Section::of(step), vec![step])),
            }
            sections.of.push(place);
            before = place;
            let said = !matches!(step.kind, Kind::Gap | Kind::Unknown);
            if said && (step.from == Side::Server || step.kind == Kind::Data) {
                open = open.max(place);
            }
        }
        sections
    }

    /// The table with step `n`; that of the last step where there is none.
    pub fn with(&self, n: u32) -> usize {
        let place = self.steps.partition_point(|step| step.n <= n).saturating_sub(1);
        self.of.get(place).copied().unwrap_or_default()
    }

    /// The table that `step` belongs in; its number is one too great for a new one.
    fn place(&mut self, step: &Step, before: usize, open: usize) -> usize {
        let new = self.tables.len();
        let Some(last) = new.checked_sub(1) else { return new };
        if let Some(place) = step.answers.map(|n| self.with(n)).filter(|&place| place < last)
            && self.tables.get(place).is_some_and(|(section, _)| section.phase == step.phase)
        {
            return place;
        }
        let is_command = step.kind == Kind::Command;
        let earlier = (open..last).rev().take(if is_command { 0 } else { BACK });
        let before = if is_command { last } else { before };
        let goes_on = |place: &usize| self.tables.get_mut(*place).is_some_and(|(section, _)| section.goes_on(step));
        [before, last].into_iter().chain(earlier).find(goes_on).unwrap_or(new)
    }
}

#[cfg(test)]
mod tests {
    use super::Sections;
    use crate::flow::Side;
    use crate::protocol::Protocol;
    use crate::protocol::event::Kind;
    use crate::protocol::imap::State as Imap;
    use crate::session::model::{Phase, Session, State};
    use crate::view::testing::Talk;

    /// The steps' numbers, table by table.
    fn tables(session: &Session) -> Vec<Vec<u32>> {
        let sections = Sections::of(session);
        sections.tables.iter().map(|(_, steps)| steps.iter().map(|step| step.n).collect()).collect()
    }

    fn answers(talk: Talk, phase: Phase, text: &str, n: u32) -> Talk {
        talk.phase(phase).s(text).with(|step| step.answers = Some(n))
    }

    #[test]
    fn a_pipelined_quit_does_not_cut_the_transfer() {
        let talk = Talk::new(Protocol::Smtp).s("220 x").phase(Phase::Transaction).c("MAIL FROM:<a@b.example>");
        let talk = talk.c("RCPT TO:<c@d.example>").c("DATA").phase(Phase::Release).c("QUIT");
        let talk = answers(talk, Phase::Transaction, "250 ok", 2);
        let talk = answers(talk, Phase::Transaction, "250 ok", 3);
        let talk = answers(talk, Phase::Transaction, "354 go", 4).other(Side::Client, Kind::Data, "", 9);
        let talk = talk.s("250 taken");
        let session = answers(talk, Phase::Release, "221 bye", 5).session;
        assert_eq!(tables(&session), [vec![1], vec![2, 3, 4, 6, 7, 8, 9, 10], vec![5, 11]]);
        assert_eq!(Sections::of(&session).with(9), 1);
    }

    #[test]
    fn what_begins_again_has_a_table_of_its_own() {
        let smtp = Talk::new(Protocol::Smtp).s("220 x").phase(Phase::Transaction).c("MAIL").s("250 ok");
        let smtp = smtp.phase(Phase::Connection).c("HELO x").s("250 x").phase(Phase::Transaction).c("MAIL").s("250 ok");
        assert_eq!(tables(&smtp.session), [vec![1], vec![2, 3], vec![4, 5], vec![6, 7]]);
        let state = |talk: Talk, state| talk.phase(Phase::Transaction).state(State::Imap(state)).c("a NOOP").s("a OK");
        let imap =
            [Imap::Selected, Imap::Authenticated, Imap::Selected].into_iter().fold(Talk::new(Protocol::Imap), state);
        assert_eq!(tables(&imap.session), [vec![1, 2], vec![3, 4], vec![5, 6]]);
    }

    #[test]
    fn without_replies_the_order_is_that_of_the_commands() {
        let one_way = Talk::new(Protocol::Smtp).c("HELO x").phase(Phase::Transaction).c("MAIL");
        let one_way = one_way.phase(Phase::Connection).c("HELO x").phase(Phase::Transaction).c("MAIL");
        let session = one_way.other(Side::Client, Kind::Data, "", 9).session;
        assert_eq!(tables(&session), [vec![1], vec![2], vec![3], vec![4, 5]]);
    }
}
