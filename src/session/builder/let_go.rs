/*!
What a session that is not over holds, and what it lets go of where all sessions together hold too much.

First its steps and logins are packed ([`Packed`](super::packed::Packed)), which loses nothing. Then the texts of its
steps go, the oldest first: those of ordinary commands and of what was accepted before those that findings are read from
(greetings, lists of capabilities, refusals), and those of logins last. Then its last steps go. Logins, transactions,
messages, envelopes and digests stay. Each step that loses its text, is cut off or is not kept any more is counted once, under
[`Limit::Memory`].

Half of the texts, or half of the steps, goes at a time, so that each pass over the steps is paid for by what it frees.

A session that is over is shown unpacked, all of it at once. So what one alone may have to spare is reckoned as if
nothing were packed.
*/

use super::Builder;
use crate::limits::{Limit, of_list};
use crate::protocol::event::{Kind, StepId};
use crate::session::model::{Credential, Phase, Step};
use std::cell::Cell;

/// Steps that a session keeps, whatever the others need.
pub const FEWEST_STEPS: usize = 48;
/// The part of the steps' own bytes that their texts must have to be let go of before the steps.
const WORTH: usize = 8;
/// Steps after which a session packs them, once it was asked to let go of something.
const UNPACKED: usize = 32;
/// Most steps for which room is reserved at a time.
const MOST_RESERVED: usize = 4_096;

impl Builder {
    /// Steps, logins, transactions and messages that it has.
    pub fn items(&self) -> usize {
        let Self { session, packed, .. } = self;
        packed.steps.len()
            + session.steps.len()
            + packed.credentials.len()
            + session.credentials.len()
            + session.transactions.len()
            + session.messages.len()
    }

    /// Bytes that the session holds so far.
    pub fn held(&self) -> usize {
        let Self { session, held, packed, .. } = self;
        size_of::<Self>() + held.texts + held.rest + held.readers - packed.was_on_heap()
            + packed.weight()
            + session.transport.room()
            + of_list(&session.steps)
            + of_list(&session.credentials)
            + of_list(&session.unheeded)
            + of_list(&session.transactions)
            + of_list(&session.messages)
    }

    /// Those of them that [`Builder::let_go`] packs, without losing anything.
    pub fn packable(&self) -> usize {
        let Self { session, held, .. } = self;
        let lists = of_list(&session.steps) + of_list(&session.credentials) + of_list(&session.unheeded);
        lists + held.unpacked
    }

    /// Those of them that [`Builder::let_go`] packs or loses.
    pub fn spare(&self) -> usize {
        let steps = &self.packed.steps;
        let (texts, cut) = (steps.texts(), steps.len().saturating_sub(FEWEST_STEPS));
        let others = steps.weight().saturating_sub(texts) / steps.len().max(1) * cut;
        self.packable() + texts + others
    }

    /// What the session has to spare, reckoned as if nothing were packed.
    pub(super) fn spare_unpacked(&self) -> usize {
        self.held.texts + self.steps().saturating_sub(FEWEST_STEPS) * size_of::<Step>()
    }

    /// So many steps are kept.
    pub(super) fn steps(&self) -> usize {
        self.packed.steps.len() + self.session.steps.len()
    }

    /// Whether it is worth the while to keep it packed until it is shown.
    pub fn is_packed(&self) -> bool {
        self.packed.steps.len() >= FEWEST_STEPS
    }

    /// Whether no further step is kept.
    pub(super) fn is_closed(&self) -> bool {
        self.held.closed
    }

    /// Makes room for one more step. Where many connections are open at once, most have had one step alone: the
    /// greeting.
    pub(super) fn reserve_step(&mut self) {
        if self.held.frugal && self.session.steps.len() >= UNPACKED {
            self.pack();
        }
        let steps = &mut self.session.steps;
        if steps.len() == steps.capacity() {
            let more = match steps.len() {
                0 => 1,
                many if self.held.frugal => many / WORTH + 1,
                // A client has greeted, and was answered.
                1 => 3,
                many => many.min(MOST_RESERVED),
            };
            steps.reserve_exact(more);
        }
    }

    /// A step was added.
    pub(super) fn hold_step(&mut self) {
        if let Some(step) = self.session.steps.last() {
            let (texts, others) = (step.text_weight(), step.other_weight());
            self.held.texts += texts;
            self.held.rest += others;
            self.held.unpacked += texts + others;
        }
        // One segment may hold more steps than all connections together may keep.
        while self.spare_unpacked() > self.allowance {
            let before = self.spare_unpacked();
            self.lose();
            if self.spare_unpacked() >= before {
                break;
            }
        }
    }

    /// Lets go of a part of what can be [spared](Builder::spare).
    pub fn let_go(&mut self) {
        self.held.frugal = true;
        if self.packable() > 0 {
            self.pack();
        } else {
            self.lose();
        }
    }

    /// Packs all steps and logins.
    pub(super) fn pack(&mut self) {
        let Self { session, packed, held, .. } = self;
        packed.steps.extend(std::mem::take(&mut session.steps));
        packed.credentials.extend(std::mem::take(&mut session.credentials));
        packed.unheeded.extend(std::mem::take(&mut session.unheeded));
        held.unpacked = 0;
    }

    /// Loses half of the texts, or of the steps.
    fn lose(&mut self) {
        let steps = self.steps();
        if steps <= FEWEST_STEPS || self.held.texts >= steps * size_of::<Step>() / WORTH {
            self.let_texts_go();
        } else {
            self.cut_steps((steps / 2).max(FEWEST_STEPS));
        }
    }

    fn let_texts_go(&mut self) {
        let Self { session, packed, held, .. } = self;
        let (enough, mut lost) = (held.texts / 2, 0);
        let left = Cell::new(held.texts);
        let is_enough = || left.get() <= enough;
        for worth in [Worth::Ordinary, Worth::Read, Worth::Login] {
            let mut lose = |step: &mut Step| {
                let weight = step.text_weight();
                if weight == 0 || is_enough() || Worth::of(step) != worth {
                    return 0;
                }
                step.omit_text();
                left.set(left.get() - weight);
                lost += 1;
                weight
            };
            packed.steps.change_texts(is_enough, |step| {
                lose(step);
            });
            for step in &mut session.steps {
                held.unpacked -= lose(step);
            }
        }
        held.texts = left.get();
        session.limits_hit.hit_times(Limit::Memory, lost);
    }

    /// Keeps the first `left` steps alone, now and later.
    fn cut_steps(&mut self, left: usize) {
        let Self { session, packed, held, .. } = self;
        held.closed = true;
        let mut lost = 0;
        let unpacked = left.saturating_sub(packed.steps.len()).min(session.steps.len());
        let mut lose = |step: &Step| {
            let (weight, texts) = (step.weight(), step.text_weight());
            held.texts -= texts;
            held.rest -= weight - texts;
            lost += u64::from(!step.text_omitted);
            weight
        };
        let freed: usize = session.steps.drain(unpacked..).map(|step| lose(&step)).sum();
        packed.steps.cut(left, |step| {
            lose(&step);
        });
        held.unpacked -= freed;
        session.limits_hit.hit_times(Limit::Memory, lost);
        session.steps.shrink_to_fit();
        // From here on every step gets the number after the last one kept.
        let is_kept = |&n: &StepId| usize::try_from(n).is_ok_and(|n| n <= left);
        let retain = |steps: &mut Vec<StepId>| {
            let before = of_list(steps);
            steps.retain(is_kept);
            if steps.len() < steps.capacity() {
                steps.shrink_to_fit();
            }
            before - of_list(steps)
        };
        let mut freed = 0;
        for list in [&mut packed.credentials, &mut packed.unheeded] {
            list.change_all(|credential: &mut Credential| freed += retain(&mut credential.steps));
        }
        for credential in session.credentials.iter_mut().chain(&mut session.unheeded) {
            let freed_here = retain(&mut credential.steps);
            held.unpacked -= freed_here;
            freed += freed_here;
        }
        freed += session.messages.iter_mut().map(|message| retain(&mut message.steps)).sum::<usize>();
        freed += session.transactions.iter_mut().map(|transaction| retain(&mut transaction.steps)).sum::<usize>();
        session.transactions.iter_mut().for_each(|transaction| transaction.keep_steps(is_kept));
        held.rest -= freed;
        self.content_steps.retain(|_, step| is_kept(step));
        self.announced = self.announced.filter(|(step, _)| is_kept(step));
    }
}

/// What a step's text is good for, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// To be read.
    Ordinary,
    /// Findings are read from it.
    Read,
    /// It shows a login.
    Login,
}

impl Worth {
    fn of(step: &Step) -> Self {
        let refuses =
            step.code().is_some_and(|code| code >= 400) || matches!(step.status(), Some("-ERR" | "NO" | "BAD"));
        match step.phase {
            _ if !step.secrets().is_empty() => Self::Login,
            Phase::Authentication => Self::Login,
            Phase::Connection => Self::Read,
            _ if refuses || step.kind == Kind::Greeting => Self::Read,
            _ => Self::Ordinary,
        }
    }
}

impl Step {
    /// Forgets the text, and what is a part of it or read from it.
    fn omit_text(&mut self) {
        self.text_omitted = true;
        self.text = Box::default();
        (self.tag, self.command, self.arguments) = (None, None, None);
        if let Some(extra) = self.extra.as_deref_mut() {
            (extra.mailboxes, extra.secrets) = (Vec::new(), Vec::new());
        }
    }
}
