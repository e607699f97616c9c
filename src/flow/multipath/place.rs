//! Where a segment of a subflow stands among the segments of the first.

use super::subflow::{Connection, Data, Placed, Subflow};
use crate::decode::{self, MultipathOptions, Segment};
use crate::flow::Side;
use std::num::NonZeroU8;

/// A segment with its place.
pub struct View<'a, 's> {
    pub segment: &'a Segment<'s>,
    pub options: MultipathOptions,
    pub side: Side,
    pub subflow: &'a mut Subflow,
    pub connection: &'a mut Connection,
}

impl<'s> View<'_, 's> {
    fn is_first(&self) -> bool {
        self.subflow.number == NonZeroU8::MIN
    }

    fn data(&self) -> &Data {
        &self.connection.data[self.side as usize]
    }

    /// Where the subflow's own numbers stand for themselves in the data of `side`.
    fn keeps_numbers(&self, side: Side) -> bool {
        self.is_first() && (!self.connection.data[side as usize].strayed || !self.connection.keys_seen)
    }

    /// Notes what the segment says of where payload stands. Returns the first number of this side's data, where that is
    /// all that is known of its beginning.
    pub fn note_mapping(&mut self) -> Option<u64> {
        let header = &self.segment.header;
        let direction = &mut self.subflow.directions[self.side as usize];
        let payload_from = header.sequence;
        let carried = self.options.capable.and_then(|capable| capable.data).filter(|length| *length > 0);
        if let Some(length) = carried
            && let (Some((first, _)), Some(syn)) = (self.connection.data[self.side as usize].base, direction.syn)
        {
            // The first data, with the keys: it needs no mapping of its own.
            direction.remember(Placed { from: syn.wrapping_add(1), data: first, length: u32::from(length) });
        }
        let is_known = self.connection.keys_seen || self.connection.met_by_join;
        direction.plain |= !is_known && header.wire_len > 0 && self.segment.multipath.is_empty();
        let signal = self.options.signal.filter(|_| !direction.plain)?;
        let mapping = signal.mapping?;
        self.connection.data[self.side as usize].mapped = true;
        let bytes = u32::from(mapping.length).saturating_sub(u32::from(signal.fin));
        if bytes == 0 && mapping.length > 0 {
            return None;
        }
        if direction.syn.is_none() && mapping.length > 0 && bytes == header.wire_len {
            direction.syn = Some(payload_from.wrapping_sub(mapping.subflow));
        }
        let syn = direction.syn?;
        let from = syn.wrapping_add(mapping.subflow);
        let data = &mut self.connection.data[self.side as usize];
        let mut first = None;
        let stands_at = match data.place(mapping.data) {
            Some(place) => place,
            None => {
                data.base = Some((mapping.data, from));
                first = mapping.long;
                from
            }
        };
        data.strayed |= self.subflow.number != NonZeroU8::MIN || stands_at != from;
        let length = if mapping.length == 0 { u32::MAX >> 1 } else { bytes };
        let placed = Placed { from, data: mapping.data, length };
        if mapping.length == 0 {
            direction.endless = Some(placed);
        } else {
            direction.remember(placed);
        }
        if first.is_some() {
            self.connection.numbers[self.side as usize] = first;
        }
        first
    }

    pub fn note_acknowledgement(&mut self) {
        let other = self.side.other();
        let said = self.options.signal.and_then(|signal| signal.acknowledgement);
        let place = said.and_then(|number| self.connection.data[other as usize].place(number));
        let own = self
            .segment
            .header
            .acknowledgement
            .filter(|_| self.keeps_numbers(other) && !self.connection.knows_nothing());
        if let Some(place) = place.or(own) {
            self.connection.data[self.side as usize].acknowledges = Some(place);
        }
    }

    /// Hands on the segment as those of the first subflow that stand for it.
    pub fn hand_on<E>(&mut self, take: &mut impl FnMut(&mut Segment<'s>) -> Result<(), E>) -> Result<(), E> {
        let header = self.segment.header;
        let whole = self.options.signal.is_none() && !self.connection.data.iter().any(|data| data.mapped);
        if self.is_first() && (header.syn || whole) {
            // The handshake, and all of a connection that makes no use of what it has agreed on.
            self.close();
            let mut same = Segment { multipath: &[], ..*self.segment };
            same.header.subflow = Some(self.mark());
            return take(&mut same);
        }
        let mut handed = false;
        let (from, until) = (header.sequence, header.sequence.wrapping_add(header.wire_len));
        let mut at = from;
        while at != until && !header.syn {
            let left = until.wrapping_sub(at);
            let (place, length) = self.stretch(at, left);
            if let Some(place) = place {
                let skipped = at.wrapping_sub(from) as usize;
                let payload = self.segment.payload.get(skipped..).unwrap_or_default();
                let payload = payload.get(..length as usize).unwrap_or(payload);
                let mut piece = self.bare(place);
                (piece.payload, piece.header.wire_len) = (payload, length);
                take(&mut piece)?;
                handed = true;
                self.connection.data[self.side as usize].end = Some(place.wrapping_add(length));
            }
            at = at.wrapping_add(length);
        }
        if let Some(place) = self.end_of_data(until) {
            let mut end = self.bare(place);
            end.header.fin = true;
            take(&mut end)?;
            handed = true;
        }
        let last = self.close();
        if self.options.fast_close || (header.rst && last) {
            let mut reset = self.bare(self.current());
            reset.header.rst = true;
            return take(&mut reset);
        }
        if !handed {
            take(&mut self.bare(self.current()))?;
        }
        Ok(())
    }

    /// Where the bytes from `at` on stand, as far as one answer holds for them, and no further than `left`. None where
    /// nothing says it.
    fn stretch(&self, at: u32, left: u32) -> (Option<u32>, u32) {
        let direction = &self.subflow.directions[self.side as usize];
        let mapped = direction.mappings.iter().find_map(|mapping| Some((mapping, mapping.offset(at)?)));
        if let Some((mapping, offset)) = mapped {
            let place = self.data().place(mapping.data.wrapping_add(offset));
            return (place, left.min(mapping.length - offset));
        }
        let next =
            direction.mappings.iter().map(|mapping| mapping.from.wrapping_sub(at)).filter(|ahead| *ahead > 0).min();
        let length = next.map_or(left, |next| left.min(next));
        let endless = direction.endless.and_then(|mapping| Some(mapping.data.wrapping_add(mapping.offset(at)?)));
        let place = match endless {
            Some(data) => self.data().place(data),
            None => Some(at).filter(|_| self.keeps_numbers(self.side)),
        };
        (place, length)
    }

    /// Where the data of this side ends, if this segment says so; its own bytes end at `until`.
    fn end_of_data(&self, until: u32) -> Option<u32> {
        if let Some(signal) = self.options.signal.filter(|signal| signal.fin) {
            let mapping = signal.mapping?;
            return self.data().place(mapping.data.wrapping_add(u32::from(mapping.length).saturating_sub(1)));
        }
        if !self.segment.header.fin {
            return None;
        }
        // The end of a subflow is not the end of the data, unless the connection has fallen back to plain TCP.
        let endless = self.subflow.directions[self.side as usize].endless?;
        self.data().place(endless.data.wrapping_add(endless.offset(until)?))
    }

    /// Notes whether the subflow ends. True where it was the last that was open.
    fn close(&mut self) -> bool {
        let header = &self.segment.header;
        self.subflow.directions[self.side as usize].fin |= header.fin;
        let over = header.rst || self.subflow.directions.iter().all(|direction| direction.fin);
        if over && !self.subflow.over {
            self.connection.open = self.connection.open.saturating_sub(1);
            self.subflow.over = true;
        }
        over && self.connection.open == 0
    }

    fn mark(&self) -> decode::Subflow {
        decode::Subflow { number: self.subflow.number, keys_seen: self.connection.keys_seen }
    }

    /// The place at which this side stands.
    fn current(&self) -> u32 {
        let data = self.data();
        let own = Some(self.segment.header.sequence).filter(|_| self.keeps_numbers(self.side));
        let base = data.base.map(|(_, place)| place);
        own.or(data.end).or(base).unwrap_or(self.segment.header.sequence)
    }

    /// A segment of the first subflow at `place` that does nothing but acknowledge.
    fn bare(&self, place: u32) -> Segment<'s> {
        let ends = self.connection.endpoints;
        let (source, destination) = match self.side {
            Side::Client => (ends.client, ends.server),
            Side::Server => (ends.server, ends.client),
        };
        let begun = || self.connection.data[self.side.other() as usize].base.map(|(_, place)| place);
        let header = decode::Header {
            sequence: place,
            acknowledgement: self.data().acknowledges.or_else(begun),
            syn: false,
            fin: false,
            rst: false,
            subflow: Some(self.mark()),
            wire_len: 0,
            ..self.segment.header
        };
        Segment { source, destination, header, payload: &[], multipath: &[] }
    }
}
