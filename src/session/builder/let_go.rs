/*!
What a session that is not over holds, and what it lets go of where all sessions together hold too much.

First the texts of its steps go, the oldest first: those of ordinary commands and of what was accepted before those that
findings are read from (greetings, lists of capabilities, refusals), and those of logins last. Then its last steps go.
Logins, messages, envelopes and digests stay. Each step that loses its text, is cut off or is not kept any more is
counted once, under [`Limit::Memory`].

Half of the texts, or half of the steps, goes at a time, so that each pass over the steps is paid for by what it frees.
*/

use super::{Builder, USUAL_STEPS};
use crate::limits::{Limit, of_list};
use crate::protocol::event::{Kind, StepId};
use crate::session::model::{Phase, Step};

/// Steps that a session keeps, whatever the others need.
pub const FEWEST_STEPS: usize = 48;
/// The part of the steps' own bytes that their texts must have to be let go of before the steps.
const WORTH: usize = 8;

/// What a builder holds.
#[derive(Debug, Default)]
pub struct Held {
    /// Texts of steps, and what is read from them.
    texts: usize,
    /// What else the steps, logins and messages have on the heap, and the facts of the session.
    pub rest: usize,
    /// Readers of the messages whose content has not ended.
    pub readers: usize,
    /// It was asked to let go of something: it reserves no more than it needs.
    frugal: bool,
    /// No further steps are kept.
    closed: bool,
}

impl Builder {
    /// Bytes that the session holds so far.
    pub fn held(&self) -> usize {
        let Self { session, held, .. } = self;
        size_of::<Self>()
            + held.texts
            + held.rest
            + held.readers
            + session.transport.room()
            + of_list(&session.steps)
            + of_list(&session.credentials)
            + of_list(&session.unheeded)
            + of_list(&session.messages)
    }

    /// Those of them that [`Builder::let_go`] can free.
    pub fn spare(&self) -> usize {
        let steps = &self.session.steps;
        let cut = if steps.len() > FEWEST_STEPS { steps.len() - FEWEST_STEPS } else { 0 };
        self.held.texts + (self.unused_steps() + cut) * size_of::<Step>()
    }

    /// Room for steps that is more than a frugal session reserves.
    fn unused_steps(&self) -> usize {
        let steps = &self.session.steps;
        let unused = steps.capacity() - steps.len();
        if unused > steps.len() / WORTH + 1 { unused } else { 0 }
    }

    /// Whether no further step is kept.
    pub(super) fn is_closed(&self) -> bool {
        self.held.closed
    }

    /// Makes room for one more step. Where many connections are open at once, most have had one step alone: the
    /// greeting.
    pub(super) fn reserve_step(&mut self) {
        let steps = &mut self.session.steps;
        if steps.len() == steps.capacity() {
            let more = match steps.len() {
                0 => 1,
                many if self.held.frugal => many / WORTH + 1,
                1 => USUAL_STEPS,
                many => many,
            };
            steps.reserve_exact(more);
        }
    }

    /// A step was added.
    pub(super) fn hold_step(&mut self) {
        if let Some(step) = self.session.steps.last() {
            let texts = step.text_weight();
            self.held.texts += texts;
            self.held.rest += step.weight() - texts;
        }
        // One segment may hold more steps than all connections together may keep.
        while self.spare() > self.allowance {
            let before = self.spare();
            self.let_go();
            if self.spare() >= before {
                break;
            }
        }
    }

    /// Lets go of a part of what can be [spared](Builder::spare).
    pub fn let_go(&mut self) {
        self.held.frugal = true;
        let steps = self.session.steps.len();
        if self.unused_steps() > 0 {
            self.session.steps.shrink_to_fit();
        } else if steps <= FEWEST_STEPS || self.held.texts >= steps * size_of::<Step>() / WORTH {
            self.let_texts_go();
        } else {
            self.cut_steps((steps / 2).max(FEWEST_STEPS));
        }
    }

    fn let_texts_go(&mut self) {
        let enough = self.held.texts / 2;
        for worth in [Worth::Ordinary, Worth::Read, Worth::Login] {
            for step in &mut self.session.steps {
                if self.held.texts <= enough {
                    return;
                }
                let weight = step.text_weight();
                if weight > 0 && Worth::of(step) == worth {
                    step.omit_text();
                    self.held.texts -= weight;
                    self.session.limits_hit.hit(Limit::Memory);
                }
            }
        }
    }

    /// Keeps the first `left` steps alone, now and later.
    fn cut_steps(&mut self, left: usize) {
        self.held.closed = true;
        let session = &mut self.session;
        let mut lost = 0;
        for step in session.steps.drain(left..) {
            let texts = step.text_weight();
            self.held.texts -= texts;
            self.held.rest -= step.weight() - texts;
            lost += u64::from(!step.text_omitted);
        }
        session.limits_hit.hit_times(Limit::Memory, lost);
        session.steps.shrink_to_fit();
        // From here on every step gets the number after the last one kept.
        let is_kept = |&n: &StepId| usize::try_from(n).is_ok_and(|n| n <= left);
        let lists = session.credentials.iter_mut().chain(&mut session.unheeded).map(|credential| &mut credential.steps);
        lists.chain(session.messages.iter_mut().map(|message| &mut message.steps)).for_each(|steps| {
            let before = of_list(steps);
            steps.retain(is_kept);
            if steps.len() < steps.capacity() {
                steps.shrink_to_fit();
            }
            self.held.rest -= before - of_list(steps);
        });
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
            _ if !step.secrets.is_empty() => Self::Login,
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
        self.text = String::new();
        (self.tag, self.command, self.arguments) = (None, None, None);
        (self.mailboxes, self.secrets) = (Vec::new(), Vec::new());
    }
}
