//! What is sent again, held against what was delivered.

use super::{Assembler, Piece, Stored, part};
use crate::flow::conflict::{Difference, disagreements};
use crate::flow::seq::Position;

impl Assembler {
    /// Compares `piece` with the delivered bytes that are kept.
    pub(super) fn conflicts_with_history(&self, piece: &Piece<'_>) -> Stored {
        let mut stored = Stored::default();
        if piece.position >= self.next {
            return stored;
        }
        let begin = self.next - self.history.reach() as Position;
        let exact = self.next - self.history.bytes().len() as Position;
        let from = piece.position.max(begin);
        let until = self.next.min(piece.position + piece.bytes.len() as Position);
        stored.uncompared = self.forgetful && from > piece.position;
        if from < exact {
            self.conflicts_with_digests(piece, begin, [from, until.min(exact)], &mut stored);
        }
        let first = from.max(exact);
        if first < until {
            let stretch = &self.history.bytes()[(first - exact) as usize..(until - exact) as usize];
            if let Some((at, bytes)) = disagreements(stretch, part(piece, first, until)) {
                let found = first + at as Position;
                stored.disagrees(bytes, || self.difference(piece, found, [first, until]));
            }
        }
        stored
    }

    /// Compares `piece`, within `range`, with the delivered pieces of which there are digests; the first of these begins at
    /// `place`. Where one differs, it is not known in which bytes, nor what they were; part of one cannot be compared.
    fn conflicts_with_digests(
        &self,
        piece: &Piece<'_>,
        mut place: Position,
        range: [Position; 2],
        stored: &mut Stored,
    ) {
        let [from, until] = range;
        for digest in self.history.digests() {
            let end = place + Position::from(digest.len);
            if from <= place && end <= until {
                let copy = part(piece, place, end);
                if !digest.is_of(copy) {
                    let byte = |at: Position| copy.get(usize::try_from(at - place).ok()?).copied();
                    stored.disagrees(1, || Difference::new(place, [place, end], |_| None, byte));
                }
            } else {
                stored.uncompared |= from < end && place < until;
            }
            place = end;
        }
    }

    /// The difference between `piece` and the delivered bytes in `range`, which begins at `found`.
    fn difference(&self, piece: &Piece<'_>, found: Position, range: [Position; 2]) -> Difference {
        let begin = self.next - self.history.bytes().len() as Position;
        let first = |at: Position| self.history.bytes().get(usize::try_from(at - begin).ok()?).copied();
        let second = |at: Position| piece.bytes.get(usize::try_from(at - piece.position).ok()?).copied();
        let mark = self.marks.iter().find(|(from, until, _)| (*from..*until).contains(&found));
        Difference { first_packet: mark.map(|(.., packet)| *packet), ..Difference::new(found, range, first, second) }
    }
}
