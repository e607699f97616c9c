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
mod rows;
#[cfg(test)]
mod tests;

pub use act::Outcome;
pub use contents::{COMPARED_BYTES, Changed, Contents, Place};
pub use pieces::{Piece, pieces};
pub use rows::{Comparison, Hand, How, Quiet, Row, Tally, What, Why};

use crate::flow::CloseReason;
use crate::protocol::Protocol;
use crate::protocol::event::Kind;
use crate::session::model::Session;
use act::Act;
use std::collections::HashMap;

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
    // Whether the messages are the same, once they have been compared.
    let mut messages = HashMap::new();
    for (l, r) in pairs {
        let how = match (l.and_then(|l| left.steps.get(l)), r.and_then(|r| right.steps.get(r))) {
            (Some(one), Some(other)) if one.kind == Kind::Data && other.kind == Kind::Data => {
                let numbers = [one, other].map(|step| step.carries().map(|carries| carries.message));
                let how = differ::content([left, right], [one, other], messages.get(&numbers).copied(), contents);
                messages.entry(numbers).or_insert(how == How::Same);
                how
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
    let within = within(&rows, &tally).filter(|_| parting.is_some());
    Comparison { rows, tally, parting, within }
}

/// The session of which nothing is missing in the other.
fn within(rows: &[Row], tally: &Tally) -> Option<Hand> {
    if tally.unseen > 0 || rows.iter().any(|row| row.parts() && !matches!(row.how, How::Only(_))) {
        return None;
    }
    match (tally.only_left, tally.only_right) {
        (0, 1..) => Some(Hand::Left),
        (1.., 0) => Some(Hand::Right),
        _ => None,
    }
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
