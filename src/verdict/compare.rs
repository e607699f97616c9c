/*!
Two sessions step by step beside each other: what they do alike, and where they part.

[`compare`] aligns the steps by what they do (`act.rs`, `align.rs`) and says of each row how the two differ (`differ.rs`).
What always differs between two runs of the same process, such as times, names, and the words around a reply's code, is a
quiet difference. A step that has no counterpart may have one that was not captured; that is said, and not taken for a
difference.
*/

mod act;
mod align;
mod contents;
mod differ;
mod pieces;
#[cfg(test)]
mod tests;

pub use act::Outcome;
pub use contents::{COMPARED_BYTES, Changed, Contents, Place};
pub use pieces::{Piece, pieces};

use crate::flow::CloseReason;
use crate::protocol::Protocol;
use crate::protocol::event::Kind;
use crate::session::model::Session;
use act::Act;
use std::collections::HashSet;

/// One of the two sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Hand {
    Left,
    Right,
}

/// Two sessions side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The rows, in the order of both sessions.
    pub rows: Vec<Row>,
    /// What they come to.
    pub tally: Tally,
    /// The row in which the sessions part: the first that is more than a difference in what is carried. Absent where both
    /// are the same process.
    pub parting: Option<usize>,
}

/// A row: a step of either session, or of one alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Index in the left session's steps.
    pub left: Option<usize>,
    /// Index in the right session's steps.
    pub right: Option<usize>,
    /// How the two differ.
    pub how: How,
}

/// How the two steps of a row differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// Not at all.
    Same,
    /// In what always differs.
    Quiet(Quiet),
    /// In more than that.
    Differs(What),
    /// The step has no counterpart.
    Only(Hand),
    /// The step of this side has no counterpart in the capture, and may have one all the same.
    Unseen(Hand, Why),
}

/// What always differs between two runs of the same process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quiet {
    /// The name that the client gives itself.
    Name,
    /// IMAP's tag.
    Tag,
    /// The words beside a reply's code or status.
    Words,
    /// A proof of a password, or the challenge to it.
    Nonce,
    /// Upper and lower case of the verb, blanks.
    Spelling,
    /// The order of what is listed.
    Order,
    /// The size that MAIL declares.
    DeclaredSize,
    /// How many bytes of TLS, or are missing.
    Size,
    /// What it says is masked, or was let go of: it was not compared.
    NotCompared,
    /// A further piece of a message that an earlier row compares.
    Further,
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// One is accepted and the other is not.
    Outcome,
    /// The reply's code, where both are accepted or both are not.
    Code,
    /// The reason of a refusal.
    Reason,
    /// The command itself.
    Verb,
    /// HELO, EHLO or LHLO.
    Hello,
    /// What follows the command.
    Arguments,
    /// The capabilities that the server lists.
    Capabilities,
    /// What the server answers to a question.
    Answer,
    /// Something on the way has written over a word: `XXXXXXXA` in the place of `STARTTLS`.
    Overwritten,
    /// The content of a message.
    Content(Box<Changed>),
    /// Any other text or bytes.
    Text,
}

/// Why a step may have a counterpart that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Bytes of the other session are missing from its capture there; or the row is such a gap.
    Gap,
    /// Both sessions are inside TLS.
    Encrypted,
    /// The other session's capture begins later, or ends earlier.
    Outside,
}

/// How many rows there are of each sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All rows.
    pub rows: u64,
    /// Those that are the same.
    pub same: u64,
    /// Those that differ in what always differs.
    pub quiet: u64,
    /// Those that differ.
    pub differ: u64,
    /// Steps that only the left session has.
    pub only_left: u64,
    /// Steps that only the right session has.
    pub only_right: u64,
    /// Steps whose counterpart may not have been captured.
    pub unseen: u64,
}

impl Row {
    /// Whether the row shows that the sessions are not the same process.
    fn parts(&self) -> bool {
        matches!(self.how, How::Only(_) | How::Differs(What::Outcome | What::Overwritten | What::Verb))
    }
}

/// Whether the steps of the two protocols can stand beside each other: LMTP is SMTP with another way of answering content
/// (RFC 2033), while POP3 and IMAP share no command with any other.
pub fn comparable(left: Protocol, right: Protocol) -> bool {
    let is_smtp = |protocol| matches!(protocol, Protocol::Smtp | Protocol::Lmtp);
    left == right || (is_smtp(left) && is_smtp(right))
}

/// Compares two sessions; `contents` has what their messages carry, as far as it was kept. `masked`: secrets in the
/// sessions have been replaced, so that texts with asterisks say nothing.
pub fn compare(left: &Session, right: &Session, contents: &Contents, masked: bool) -> Comparison {
    let pairs = align::align(&left.steps, &right.steps);
    let mut rows: Vec<Row> = Vec::with_capacity(pairs.len());
    let mut messages = HashSet::new();
    for (l, r) in pairs {
        let how = match (l.and_then(|l| left.steps.get(l)), r.and_then(|r| right.steps.get(r))) {
            (Some(one), Some(other)) if one.kind == Kind::Data && other.kind == Kind::Data => {
                let numbers = [one, other].map(|step| step.carries.map(|carries| carries.message));
                let first = messages.insert(numbers);
                differ::content([left, right], [one, other], first, contents)
            }
            (Some(one), Some(other)) => differ::how(one, other, masked),
            (Some(_), None) => How::Only(Hand::Left),
            _ => How::Only(Hand::Right),
        };
        rows.push(Row { left: l, right: r, how });
    }
    unseen(&mut rows, left, right);
    let mut tally = Tally { rows: rows.len() as u64, ..Tally::default() };
    for row in &rows {
        *match row.how {
            How::Same => &mut tally.same,
            How::Quiet(_) => &mut tally.quiet,
            How::Differs(_) => &mut tally.differ,
            How::Only(Hand::Left) => &mut tally.only_left,
            How::Only(Hand::Right) => &mut tally.only_right,
            How::Unseen(..) => &mut tally.unseen,
        } += 1;
    }
    let parting = rows.iter().position(Row::parts);
    Comparison { rows, tally, parting }
}

/// Marks the steps without a counterpart that may have one: beside a gap, inside TLS, beyond the ends of a capture.
fn unseen(rows: &mut [Row], left: &Session, right: &Session) {
    let act = |row: &Row| {
        let step = row.left.and_then(|l| left.steps.get(l)).or(row.right.and_then(|r| right.steps.get(r)));
        step.map(Act::of)
    };
    let is_gap = |row: &Row| act(row).is_some_and(|act| act.deed == act::Deed::Gap);
    let hides = |session: &Session| session.steps.iter().any(|step| Act::of(step).is_hidden());
    let both_hide = hides(left) && hides(right);
    let mut start = 0;
    while start < rows.len() {
        // A stretch of rows in which steps are alone.
        let Some(stretch) =
            rows.get(start..).map(|rest| rest.iter().take_while(|row| matches!(row.how, How::Only(_))).count())
        else {
            break;
        };
        let end = start + stretch;
        let (is_first, is_last) = (start == 0, end == rows.len());
        let Some(alone) = rows.get_mut(start..end) else { break };
        let gap = |hand: Hand| alone.iter().any(|row| row.how == How::Only(hand) && is_gap(row));
        let gaps = [gap(Hand::Left), gap(Hand::Right)];
        for row in alone.iter_mut() {
            let How::Only(hand) = row.how else { continue };
            let (other_gap, other) = match hand {
                Hand::Left => (gaps[1], right),
                Hand::Right => (gaps[0], left),
            };
            let outside = (is_first && !other.transport.from_start)
                || (is_last && matches!(other.transport.end, CloseReason::Open | CloseReason::Idle));
            let why = if other_gap || is_gap(row) {
                Why::Gap
            } else if both_hide && act(row).is_some_and(Act::is_hidden) {
                Why::Encrypted
            } else if outside {
                Why::Outside
            } else {
                continue;
            };
            row.how = How::Unseen(hand, why);
        }
        start = end.max(start + 1);
    }
}
