/*!
Puts the steps of two sessions beside each other.

First by what they do, with Myers' algorithm (`imara-diff`: as git does, it gives up the shortest answer where that would
take quadratic time, so a hundred thousand steps that have nothing in common cost no more than time proportional to their
number). Then, where steps are left on both sides of a place, a line that is no command stands beside the command it may
have been made from, and a reply beside the reply to the same command, whatever they are.
*/

use super::act::{Act, Deed, is_line};
use crate::flow::Side;
use crate::protocol::event::Kind;
use crate::session::model::Step;
use imara_diff::{Algorithm, Diff, InternedInput, Interner};
use std::ops::Range;

/// Steps of one side of a place where steps are left on both sides, beyond which they are not paired any further: the
/// work is the product of both.
const PAIRED: usize = 200;

/// A row: the indices of the steps of both sides; one of them may be absent.
pub type Pair = (Option<usize>, Option<usize>);

/// A stretch of steps on either side that do not do the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hunk {
    left: Range<usize>,
    right: Range<usize>,
}

/// The rows of two sessions' steps, in the order of both.
pub fn align(left: &[Step], right: &[Step]) -> Vec<Pair> {
    let acts = [left, right].map(|steps| steps.iter().map(Act::of).collect::<Vec<Act>>());
    let [ours, theirs] = &acts;
    let mut hunks = hunks(ours, theirs);
    slide(&mut hunks, ours, theirs, &|l, r| alike(left, right, l, r));
    let matched = matched(&hunks, left.len(), right.len());
    let mut rows = Vec::with_capacity(left.len().max(right.len()));
    let (mut l, mut r) = (0, 0);
    for Hunk { left: gone, right: come } in hunks {
        rows.extend((l..gone.start).zip(r..come.start).map(|(l, r)| (Some(l), Some(r))));
        (l, r) = (gone.end, come.end);
        pair(&mut rows, left, right, gone, come, &acts, &matched);
    }
    rows.extend((l..left.len()).zip(r..right.len()).map(|(l, r)| (Some(l), Some(r))));
    rows
}

fn hunks(left: &[Act], right: &[Act]) -> Vec<Hunk> {
    let interner = Interner::new(left.len() + right.len());
    let mut input = InternedInput { before: Vec::new(), after: Vec::new(), interner };
    input.update_before(left.iter().copied());
    input.update_after(right.iter().copied());
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    let diff = Diff::compute(Algorithm::Myers, &input);
    diff.hunks().map(|hunk| Hunk { left: range(hunk.before), right: range(hunk.after) }).collect()
}

/// Whether two steps that do the same also say the same, or at least go the same way.
fn alike(left: &[Step], right: &[Step], l: usize, r: usize) -> u8 {
    let (Some(l), Some(r)) = (left.get(l), right.get(r)) else { return 0 };
    u8::from(l.code() == r.code() && l.status() == r.status()) + u8::from(l.text == r.text)
}

/// Of three equal commands of which one has no counterpart, any may be the one. Moves each stretch of steps that only one
/// side has to where most of the pairs around it are alike.
fn slide(hunks: &mut [Hunk], left: &[Act], right: &[Act], alike: &dyn Fn(usize, usize) -> u8) {
    for at in 0..hunks.len() {
        let before =
            at.checked_sub(1).and_then(|at| hunks.get(at)).map_or((0, 0), |hunk| (hunk.left.end, hunk.right.end));
        let after = hunks.get(at + 1).map_or((left.len(), right.len()), |hunk| (hunk.left.start, hunk.right.start));
        let Some(hunk) = hunks.get_mut(at) else { continue };
        let moved = if hunk.right.is_empty() {
            slid(left, &hunk.left, (hunk.right.start, before, after), alike)
        } else if hunk.left.is_empty() {
            let turned = |(l, r): (usize, usize)| (r, l);
            slid(right, &hunk.right, (hunk.left.start, turned(before), turned(after)), &|r, l| alike(l, r))
        } else {
            0
        };
        let by =
            |range: &Range<usize>| range.start.saturating_add_signed(moved)..range.end.saturating_add_signed(moved);
        *hunk = Hunk { left: by(&hunk.left), right: by(&hunk.right) };
    }
}

/// By how much the steps `alone` of one side, which have no counterpart, are best moved. `other` is where the other side
/// is; `before` and `after` are the ends of the stretch of equal steps on either side, as (this side, other side).
fn slid(
    acts: &[Act],
    alone: &Range<usize>,
    (other, before, after): (usize, (usize, usize), (usize, usize)),
    alike: &dyn Fn(usize, usize) -> u8,
) -> isize {
    let (mut best, mut best_score) = (0, 0_i64);
    // Downwards: the first of them gets a counterpart, and the one below them loses its own.
    let (mut score, mut range, mut place) = (0_i64, alone.clone(), other);
    while range.end < after.0 && place < after.1 && acts.get(range.start) == acts.get(range.end) {
        score += i64::from(alike(range.start, place)) - i64::from(alike(range.end, place));
        (range, place) = (range.start + 1..range.end + 1, place + 1);
        if score > best_score {
            (best, best_score) = (range.start as isize - alone.start as isize, score);
        }
    }
    let (mut score, mut range, mut place) = (0_i64, alone.clone(), other);
    while range.start > before.0 && place > before.1 && acts.get(range.start - 1) == acts.get(range.end - 1) {
        score += i64::from(alike(range.end - 1, place - 1)) - i64::from(alike(range.start - 1, place - 1));
        (range, place) = (range.start - 1..range.end - 1, place - 1);
        if score > best_score {
            (best, best_score) = (range.start as isize - alone.start as isize, score);
        }
    }
    best
}

/// The right step beside each left one.
fn matched(hunks: &[Hunk], left: usize, right: usize) -> Vec<Option<usize>> {
    let mut matched = vec![None; left];
    let (mut l, mut r) = (0, 0);
    let end = Hunk { left: left..left, right: right..right };
    for hunk in hunks.iter().chain([&end]) {
        for (l, r) in (l..hunk.left.start).zip(r..hunk.right.start) {
            if let Some(place) = matched.get_mut(l) {
                *place = Some(r);
            }
        }
        (l, r) = (hunk.left.end, hunk.right.end);
    }
    matched
}

/// The rows of steps that do not do the same: those that belong together side by side, the others alone, left ones first.
fn pair(
    rows: &mut Vec<Pair>,
    left: &[Step],
    right: &[Step],
    gone: Range<usize>,
    come: Range<usize>,
    acts: &[Vec<Act>; 2],
    matched: &[Option<usize>],
) {
    let (height, width) = (gone.len(), come.len());
    let mut pairs = Vec::new();
    if height > 0 && width > 0 && height <= PAIRED && width <= PAIRED {
        let score = |l: usize, r: usize| -> u32 {
            match (left.get(gone.start + l), right.get(come.start + r)) {
                (Some(one), Some(other)) => belongs(one, other, left, right, acts, matched),
                _ => 0,
            }
        };
        // The best sum of what belongs together among the steps from (l, r) on.
        let mut best = vec![vec![0_u32; width + 1]; height + 1];
        let at = |best: &[Vec<u32>], l: usize, r: usize| best.get(l).and_then(|row| row.get(r)).copied().unwrap_or(0);
        for l in (0..height).rev() {
            for r in (0..width).rev() {
                let together = match score(l, r) {
                    0 => 0,
                    some => some + at(&best, l + 1, r + 1),
                };
                let value = together.max(at(&best, l + 1, r)).max(at(&best, l, r + 1));
                if let Some(place) = best.get_mut(l).and_then(|row| row.get_mut(r)) {
                    *place = value;
                }
            }
        }
        let (mut l, mut r) = (0, 0);
        while l < height && r < width {
            let own = score(l, r);
            if own > 0 && at(&best, l, r) == own + at(&best, l + 1, r + 1) {
                pairs.push((gone.start + l, come.start + r));
                (l, r) = (l + 1, r + 1);
            } else if at(&best, l, r) == at(&best, l + 1, r) {
                l += 1;
            } else {
                r += 1;
            }
        }
    }
    let (mut l, mut r) = (gone.start, come.start);
    for (one, other) in pairs.into_iter().map(|(l, r)| (Some(l), Some(r))).chain([(None, None)]) {
        rows.extend((l..one.unwrap_or(gone.end)).map(|l| (Some(l), None)));
        rows.extend((r..other.unwrap_or(come.end)).map(|r| (None, Some(r))));
        if let (Some(one), Some(other)) = (one, other) {
            rows.push((Some(one), Some(other)));
            (l, r) = (one + 1, other + 1);
        }
    }
}

/// How much two steps that do not do the same belong together: 0 if they do not.
fn belongs(
    one: &Step,
    other: &Step,
    left: &[Step],
    right: &[Step],
    [ours, theirs]: &[Vec<Act>; 2],
    matched: &[Option<usize>],
) -> u32 {
    if one.from != other.from || !is_line(one) || !is_line(other) {
        return 0;
    }
    if one.from == Side::Client {
        return instead(Act::of(one), Act::of(other), one, other);
    }
    let is_reply = |step: &Step| matches!(step.kind, Kind::Reply | Kind::Continuation);
    if !is_reply(one) || !is_reply(other) {
        return 0;
    }
    // Beside a gap it may not be known what a reply answers.
    let (Some(asked), Some(too)) = (index(left, one), index(right, other)) else {
        return u32::from(one.answers.is_none() || other.answers.is_none());
    };
    if matched.get(asked) == Some(&Some(too)) {
        return 2;
    }
    match (left.get(asked), right.get(too), ours.get(asked), theirs.get(too)) {
        (Some(one), Some(other), Some(&act), Some(&too)) => instead(act, too, one, other),
        _ => 0,
    }
}

/// The index of the step that `step` answers.
fn index(steps: &[Step], step: &Step) -> Option<usize> {
    let asked = step.answers?;
    let by_place = (asked as usize).checked_sub(1).filter(|&at| steps.get(at).is_some_and(|step| step.n == asked));
    by_place.or_else(|| steps.binary_search_by_key(&asked, |step| step.n).ok())
}

/// How much a client's line may be what has become of the other on the way: one of the two is no command.
fn instead(act: Act, other: Act, one: &Step, two: &Step) -> u32 {
    let is_command =
        |act: Act| act.is_strange() || matches!(act.deed, Deed::Hello | Deed::Smtp(_) | Deed::Pop3(_) | Deed::Imap(..));
    match is_command(act) && is_command(other) && (act.is_strange() || other.is_strange()) {
        true => 2 + u32::from(one.bytes == two.bytes),
        false => 0,
    }
}
