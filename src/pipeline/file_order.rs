/*!
The order of several capture files, where their times cannot give it.

Files given together are merged by time. That is right for two interfaces of one machine, and for the parts of one capture
in any order (`tcpdump -G`, dumpcap's rings). It is wrong for parts between which the clock was set back (NTP, a virtual
machine that was resumed): the later part then has the earlier times.

TCP tells the two apart. Where a connection has packets in two files, and its numbers in both directions go on in the
second where they stood in the first, then the second is the later part, whatever its times say. Only where its times say
the opposite, by more than the second that a clock's step is told from ([`STEP_NANOSECONDS`]), did the clock go back.
Parallel captures never look like that: either each has connections of its own, or the numbers of one connection go on in
both (each direction, or every other packet, in a file of its own), or they go on in the second at later times (a route
that changed). Where two connections contradict each other, or the chain of files is a circle, the times decide as ever.

The files are read once for this, before they are read for their sessions: only where they can be read twice, and where
their first times go back or they are small. The parts of a rotated capture are known by their names and taken in the order
of these, other files in the order given. A step by less than the first file is long, in files larger than that, stays unseen; then packets of two parts interleave, and connections put their bytes in order again, as far as
that goes.
*/

use crate::capture::{self, CaptureError, Damage, FileSet, Read, STEP_NANOSECONDS, Time};
use crate::decode::{Decoded, Decoder, Segment};
use crate::flow::Key;
use crate::limits::{FILE_ORDER_CONNECTIONS, FILE_ORDER_PAIRS, FILE_ORDER_TOGETHER, Limit, LimitsHit};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::PathBuf;

/// Bytes of all files up to which they are always compared: what is read in a fraction of a second.
const SMALL: u64 = 64 * 1024 * 1024;
/// So often the clock is not set back while a capture is written: the files are in another order, by their names perhaps.
const FAR_TOO_MANY: usize = 16;
/// How far the numbers of a connection may go on between two files and still be the same connection.
const FAR: u32 = 1 << 24;

/// The files in groups: those of one group are to be merged by time, one group is to be read after the other. One group
/// where nothing shows that the clock went back between files. And the bounds that were hit.
pub fn in_order(files: &[PathBuf]) -> (Vec<Vec<PathBuf>>, LimitsHit) {
    let mut limits = LimitsHit::default();
    let ranks = ranks(files, &mut limits).unwrap_or_else(|| vec![0; files.len()]);
    let last = ranks.iter().copied().max().unwrap_or_default();
    let mut groups = vec![Vec::new(); last + 1];
    files.iter().zip(ranks).for_each(|(file, rank)| groups[rank].push(file.clone()));
    (groups, limits)
}

/// The group of each file; None where there is nothing to compare.
fn ranks(files: &[PathBuf], limits: &mut LimitsHit) -> Option<Vec<usize>> {
    if files.len() < 2 {
        return None;
    }
    let mut bytes = 0_u64;
    for file in files {
        // What cannot be read is told by whoever reads it; the others have their order all the same.
        match fs::metadata(file) {
            Ok(about) if about.is_file() => bytes = bytes.saturating_add(about.len()),
            Ok(about) if about.is_dir() => {}
            Ok(_) => return None,
            Err(_) if file.as_os_str() == "-" => return None,
            Err(_) => {}
        }
    }
    if bytes <= SMALL {
        return Some(compared(files, |_| true, limits));
    }
    let suspects = suspects(files);
    if suspects.is_empty() {
        return None;
    }
    // In the order of the sets: a file that shares no connection with another stands by its place among those of its own.
    let order: Vec<usize> = capture::in_sets(files).into_iter().flat_map(|set| set.files).collect();
    let in_sets: Vec<PathBuf> = order.iter().filter_map(|&file| files.get(file).cloned()).collect();
    let ranks = compared(&in_sets, |nth| order.get(nth).is_some_and(|file| suspects.contains(file)), limits);
    let mut all = vec![0; files.len()];
    for (file, rank) in order.into_iter().zip(ranks) {
        if let Some(own) = all.get_mut(file) {
            *own = rank;
        }
    }
    Some(all)
}

/// The group of each file, by what those hold that are `looked_at`.
fn compared(files: &[PathBuf], looked_at: impl Fn(usize) -> bool, limits: &mut LimitsHit) -> Vec<usize> {
    let mut all = AllHeld::default();
    for (nth, file) in files.iter().enumerate() {
        let held = if looked_at(nth) { Held::read(file).unwrap_or_default() } else { Held::default() };
        all.add(held, files.len());
    }
    let left_out = all.held.iter().map(|held| held.left_out).sum();
    if left_out > 0 {
        limits.hit_times(Limit::FileOrder, left_out);
    }
    grouped(&all.held, limits)
}

/// The files between which the clock may have gone back, as the first packet of one came before that of the file before it.
/// In a set of files with counts or times in their names ([`capture::in_sets`]) these are the two files alone: that is also
/// where a ring was written over, and all of it would be much to read twice. Of other files it is all of them, as any may go
/// on after any.
fn suspects(files: &[PathBuf]) -> HashSet<usize> {
    let mut suspects = HashSet::new();
    for FileSet { files: set, rotated } in capture::in_sets(files) {
        let first = |&file: &usize| Some((file, capture::first_time(files.get(file)?).ok()??));
        let times: Vec<(usize, Time)> = set.iter().filter_map(first).collect();
        let back: Vec<[usize; 2]> = times
            .windows(2)
            .filter_map(|pair| match pair {
                [(before, earlier), (after, time)] if time < earlier => Some([*before, *after]),
                _ => None,
            })
            .collect();
        match back.len() {
            0 => {}
            // Their order is none of time.
            FAR_TOO_MANY.. => {}
            _ if rotated => suspects.extend(back.into_iter().flatten()),
            _ => suspects.extend(set),
        }
    }
    suspects
}

/// What the files hold, by their order.
#[derive(Default)]
struct AllHeld {
    held: Vec<Held>,
    /// The connections of all.
    connections: usize,
    /// They were too many: of each file an equal share is kept.
    shared_out: bool,
}

impl AllHeld {
    /// Adds what the next of `files` files holds.
    fn add(&mut self, held: Held, files: usize) {
        self.connections += held.connections.len();
        self.held.push(held);
        if self.connections <= FILE_ORDER_TOGETHER {
            return;
        }
        // The files before have no more than their share once that was found out.
        let from = if self.shared_out { self.held.len() - 1 } else { 0 };
        self.shared_out = true;
        for held in self.held.iter_mut().skip(from) {
            let before = held.connections.len();
            held.keep_last(FILE_ORDER_TOGETHER / files.max(1));
            self.connections -= before - held.connections.len();
        }
    }
}

/// What a file holds of its connections: of those whose packets came last, up to a bound.
#[derive(Default)]
struct Held {
    connections: HashMap<Key, Stretch>,
    /// Connections that were left out.
    left_out: u64,
}

/// What a file holds of one connection.
struct Stretch {
    first: Time,
    last: Time,
    /// The numbers of both directions, the lower end's first.
    ranges: [Option<Numbers>; 2],
}

/// The numbers of one direction.
#[derive(Clone, Copy)]
struct Numbers {
    lowest: u32,
    highest: u32,
}

/// How two files follow each other, by one connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// The second goes on where the first ends, at later times.
    Later,
    /// The second goes on where the first ends, at earlier times: the clock went back.
    Stepped,
}

impl Held {
    fn read(file: &PathBuf) -> Result<Self, CaptureError> {
        let mut source = capture::open(std::slice::from_ref(file), None, Damage::default())?;
        let (mut held, mut decoder) = (Self::default(), Decoder::default());
        // Damage ends the reading here; what was read before it counts.
        while let Ok(Read::Packet(packet)) = source.next_packet() {
            if let Decoded::Segment(segment) = decoder.decode(&packet) {
                held.segment(&segment);
            }
        }
        Ok(held)
    }

    /// Leaves out all but the `most` connections whose packets came last.
    fn keep_last(&mut self, most: usize) {
        let Some(too_many) = self.connections.len().checked_sub(most).filter(|count| *count > 0) else { return };
        let mut times: Vec<(Time, Key)> = self.connections.iter().map(|(key, held)| (held.last, *key)).collect();
        // The keys decide among equal times, so that it is the same in every run.
        times.select_nth_unstable(too_many - 1);
        for (_, key) in times.iter().take(too_many) {
            self.connections.remove(key);
        }
        self.connections.shrink_to_fit();
        self.left_out += too_many as u64;
    }

    fn segment(&mut self, segment: &Segment<'_>) {
        let header = &segment.header;
        if header.rst {
            return;
        }
        let key = Key::of(segment);
        if self.connections.len() >= FILE_ORDER_CONNECTIONS && !self.connections.contains_key(&key) {
            // Those that were over long ago go on in no other file.
            let now = header.time;
            let mut times: Vec<Time> = self.connections.values().map(|stretch| stretch.last).collect();
            let middle = times.len() / 2;
            let (_, &mut median, _) = times.select_nth_unstable(middle);
            let before = self.connections.len();
            self.connections.retain(|_, stretch| stretch.last > median && stretch.last <= now);
            self.left_out += (before - self.connections.len()) as u64;
        }
        let opens = header.syn && header.acknowledgement.is_none();
        let from = usize::from(segment.source > segment.destination);
        let new = || Stretch { first: header.time, last: header.time, ranges: [None; 2] };
        let stretch = self.connections.entry(key).or_insert_with(new);
        if opens && stretch.ranges.iter().flatten().next().is_some() {
            // The same ports again, or the SYN once more: what counts is how the last connection goes on.
            *stretch = new();
        }
        stretch.last = header.time;
        let end = header.sequence.wrapping_add(header.wire_len).wrapping_add(u32::from(header.syn || header.fin));
        Numbers::note(&mut stretch.ranges[from], header.sequence, end);
        if let Some(number) = header.acknowledgement {
            Numbers::note(&mut stretch.ranges[1 - from], number, number);
        }
    }
}

/// What the connections that two files have in common say of how the second follows the first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Follows(Follows),
    /// They contradict each other, or the first follows the second.
    Contradiction,
}

impl Said {
    /// Adds what one connection says of it.
    fn hear(&mut self, stretch: &Stretch, later: &Stretch) {
        *self = match (*self, stretch.followed_by(later)) {
            (Self::Contradiction, _) => return,
            (Self::Nothing, Some(follows)) => Self::Follows(follows),
            (Self::Follows(known), Some(follows)) if known == follows => return,
            // The other way round: the numbers of this file go on after those of the other.
            (_, None) if later.followed_by(stretch).is_some() || stretch.could_be_another(later) => return,
            (_, None) | (Self::Follows(_), Some(_)) => Self::Contradiction,
        };
    }
}

impl Stretch {
    fn followed_by(&self, later: &Self) -> Option<Follows> {
        let mut goes_on = false;
        for (before, after) in self.ranges.iter().zip(&later.ranges) {
            let (Some(before), Some(after)) = (before, after) else { continue };
            if after.lowest.wrapping_sub(before.highest) > FAR {
                return None;
            }
            goes_on |= after.highest != before.lowest;
        }
        let both = self.ranges.iter().zip(&later.ranges).all(|(one, other)| one.is_some() && other.is_some());
        if !both || !goes_on {
            return None;
        }
        let back = self.last.known_since(later.first)?;
        Some(if back > STEP_NANOSECONDS { Follows::Stepped } else { Follows::Later })
    }

    /// Whether the numbers lie so far apart that the two are connections of the same ports, one after the other.
    fn could_be_another(&self, other: &Self) -> bool {
        self.ranges.iter().zip(&other.ranges).any(|(one, other)| match (one, other) {
            (Some(one), Some(other)) => {
                let apart = other.lowest.wrapping_sub(one.highest);
                let apart = apart.min(one.lowest.wrapping_sub(other.highest));
                apart > FAR
                    && one.highest.wrapping_sub(other.lowest) > FAR
                    && other.highest.wrapping_sub(one.lowest) > FAR
            }
            _ => false,
        })
    }
}

impl Numbers {
    fn note(numbers: &mut Option<Self>, from: u32, until: u32) {
        let known = numbers.get_or_insert(Self { lowest: from, highest: until });
        // By the nearer way round, as sequence numbers are compared (RFC 9293, section 3.4).
        if from.wrapping_sub(known.lowest).cast_signed() < 0 {
            known.lowest = from;
        }
        if until.wrapping_sub(known.highest).cast_signed() > 0 {
            known.highest = until;
        }
    }
}

/// A file, another that goes on after it, and whether the clock was set back between them: 1 or 0.
type Edge = (usize, usize, usize);

/// Which files go on after which. Only the connections that are in several files are looked at, and of those as many as
/// [`FILE_ORDER_PAIRS`] allows.
fn edges<'a>(held: &'a [Held], limits: &mut LimitsHit) -> Vec<Edge> {
    let of_file =
        |(file, held): (usize, &'a Held)| held.connections.iter().map(move |(key, stretch)| (key, file, stretch));
    let mut stretches: Vec<(&Key, usize, &Stretch)> = held.iter().enumerate().flat_map(of_file).collect();
    stretches.sort_unstable_by_key(|&(key, file, _)| (key, file));
    let mut shared: Vec<_> = stretches.chunk_by(|one, other| one.0 == other.0).filter(|all| all.len() > 1).collect();
    // All that are in the same number of files are compared, or none: which of them come first is chance.
    shared.sort_unstable_by_key(|stretches| stretches.len());
    let (mut compared, mut pairs) = (0, 0_usize);
    for alike in shared.chunk_by(|one, other| one.len() == other.len()) {
        let files = alike.first().map_or(0, |stretches| stretches.len());
        pairs = pairs.saturating_add(alike.len().saturating_mul(files * (files - 1)));
        if pairs > FILE_ORDER_PAIRS {
            limits.hit_times(Limit::FileOrder, (shared.len() - compared) as u64);
            break;
        }
        compared += alike.len();
    }
    let mut said: BTreeMap<(usize, usize), Said> = BTreeMap::new();
    for stretches in shared.iter().take(compared) {
        for &(_, before, stretch) in *stretches {
            for &(_, after, later) in stretches.iter().filter(|(_, after, _)| *after != before) {
                said.entry((before, after)).or_insert(Said::Nothing).hear(stretch, later);
            }
        }
    }
    let edge = |((before, after), said)| match said {
        Said::Follows(follows) => Some((before, after, usize::from(follows == Follows::Stepped))),
        Said::Nothing | Said::Contradiction => None,
    };
    said.into_iter().filter_map(edge).collect()
}

/// The most steps of the clock on any way to each file; None where a step is on a circle.
fn longest_ways(files: usize, edges: &[Edge]) -> Option<Vec<usize>> {
    let circles = circles(files, edges);
    let mut ways = vec![Vec::new(); files];
    for &(from, to, steps) in edges {
        let (from, to) = (circles[from], circles[to]);
        if from != to {
            ways[from].push((to, steps));
        } else if steps > 0 {
            return None;
        }
    }
    // Circles are numbered so that every way leads from a higher number to a lower one.
    let mut ranks = vec![0; files];
    for from in (0..files).rev() {
        for &(to, steps) in &ways[from] {
            ranks[to] = ranks[to].max(ranks[from] + steps);
        }
    }
    Some(circles.iter().map(|&circle| ranks[circle]).collect())
}

/// The number of the circle that each file is on, perhaps alone; those that a circle leads to have lower numbers. (R. E.
/// Tarjan, "Depth-first search and linear graph algorithms", 1972, with a stack of its own: files may be many.)
fn circles(files: usize, edges: &[Edge]) -> Vec<usize> {
    const NEVER: usize = usize::MAX;
    let mut after = vec![Vec::new(); files];
    edges.iter().for_each(|&(from, to, _)| after[from].push(to));
    let (mut circles, mut seen, mut lowest) = (vec![NEVER; files], vec![NEVER; files], vec![NEVER; files]);
    let (mut open, mut way, mut count, mut next) = (Vec::new(), Vec::new(), 0, 0);
    for first in 0..files {
        if seen[first] == NEVER {
            way.push((first, 0));
        }
        while let Some((file, at)) = way.pop() {
            if at == 0 {
                (seen[file], lowest[file]) = (next, next);
                next += 1;
                open.push(file);
            }
            if let Some(&to) = after[file].get(at) {
                way.push((file, at + 1));
                if seen[to] == NEVER {
                    way.push((to, 0));
                } else if circles[to] == NEVER {
                    lowest[file] = lowest[file].min(seen[to]);
                }
                continue;
            }
            if lowest[file] == seen[file] {
                while let Some(member) = open.pop() {
                    circles[member] = count;
                    if member == file {
                        break;
                    }
                }
                count += 1;
            }
            if let Some(&(before, _)) = way.last() {
                lowest[before] = lowest[before].min(lowest[file]);
            }
        }
    }
    circles
}

/// The group of each file: after those before which the clock was set back.
fn grouped(held: &[Held], limits: &mut LimitsHit) -> Vec<usize> {
    let none = vec![0; held.len()];
    let edges = edges(held, limits);
    if edges.iter().all(|(.., steps)| *steps == 0) {
        return none;
    }
    let Some(mut ranks) = longest_ways(held.len(), &edges) else { return none };
    let mut has_edge = vec![false; held.len()];
    for &(before, after, _) in &edges {
        (has_edge[before], has_edge[after]) = (true, true);
    }
    // A file that shares no connection with another stands by its place in the order given.
    let mut rank = 0;
    for (file, own) in ranks.iter_mut().enumerate() {
        if has_edge[file] {
            rank = *own;
        } else {
            *own = rank;
        }
    }
    ranks
}

#[cfg(test)]
mod tests;
