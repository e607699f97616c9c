//! What an [`Observer`] does that has keys: it opens records, reads TLS's own messages inside, and hands the rest over.

use super::decryptor::Opened;
use super::direction::Opening;
use super::handshake;
use super::loss::{Epoch, Lost};
use super::record::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, Head};
use super::waiting::Held;
use super::{Observer, Outcome, Subject};
use crate::flow::{PacketRef, Side};
use crate::limits::Limit;
use crate::protocol::event::{Channel, Sink, Step, TlsFact};
use crate::protocol::framing::Input;
use crate::protocol::secret::Raw;
use crate::protocol::span::Span;
use std::mem;

impl Observer {
    /// Bytes that `from` sent, up to where something is to be handed over to the dialogue.
    pub(super) fn data_with_keys(&mut self, from: Side, input: &mut Input<'_>, out: &mut dyn Sink) -> Outcome {
        loop {
            if self.has_opened() {
                return Outcome::Opened;
            }
            if self.read_released(out) {
                continue;
            }
            if input.is_empty() {
                return Outcome::Taken;
            }
            let (role, at) = (self.role(from), input.at);
            let swapped = self.swapped;
            let role_of = |side: Side| if swapped { side.other() } else { side };
            let Some(decryptor) = &mut self.decryptor else { return self.read(from, input, out) };
            if self.begun && decryptor.waits(role, at, role_of) {
                if !decryptor.must_hold(role, at) {
                    // Secrets have come just now: what has waited goes first.
                    continue;
                }
                let bytes = Raw(input.take(usize::MAX).to_vec());
                if decryptor.hold(Held::Data(from, bytes, 0, at)) {
                    out.limit(Limit::TlsWaitingBytes);
                }
                continue;
            }
            if let Some(outcome) = self.plain(from, input, out) {
                return outcome;
            }
            self.piece(from, input, out);
        }
    }

    /// Reads a piece of what waits no longer. False where all that is held has to wait still.
    fn read_released(&mut self, out: &mut dyn Sink) -> bool {
        let swapped = self.swapped;
        let role = |side: Side| if swapped { side.other() } else { side };
        let Some(decryptor) = &mut self.decryptor else { return false };
        match decryptor.release(role) {
            None => return false,
            Some(Held::Gap(from, missing, at)) => self.gap_now(from, missing, at, out),
            Some(Held::Data(from, bytes, read, at)) => {
                let mut input = Input::new(bytes.get(read..).unwrap_or_default(), at);
                self.piece(from, &mut input, out);
                let read = bytes.len() - input.rest().len();
                if read < bytes.len()
                    && let Some(decryptor) = &mut self.decryptor
                {
                    decryptor.put_back(Held::Data(from, bytes, read, at));
                }
            }
        }
        true
    }

    fn has_opened(&self) -> bool {
        self.decryptor.as_ref().is_some_and(|decryptor| decryptor.has_opened())
    }

    /// The next piece that was opened, for the dialogue.
    pub fn next_opened(&mut self) -> Option<(Side, Opened)> {
        self.decryptor.as_mut()?.next_opened()
    }

    /// Whether a gap is told to the dialogue by what is opened after it.
    pub fn reads_on_after_gap(&mut self, from: Side, missing: u64, at: PacketRef) -> bool {
        let role = self.role(from);
        let stream = if role == Side::Client { &mut self.client } else { &mut self.server };
        let swapped = self.swapped;
        let Some(decryptor) = &mut self.decryptor else { return false };
        if decryptor.waits(role, at, |side| if swapped { side.other() } else { side }) {
            return true;
        }
        match stream.record_around(missing) {
            Some(head) => decryptor.direction(role).has_keys() && (head.kind == APPLICATION_DATA || stream.ciphered),
            None => decryptor.direction(role).has_keys() || !stream.ciphered && decryptor.would_change(role, at),
        }
    }

    /// A gap that is to wait with what came before it. True where it does.
    pub(super) fn holds_gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) -> bool {
        let role = self.role(from);
        let swapped = self.swapped;
        let Some(decryptor) = &mut self.decryptor else { return false };
        let holds = decryptor.waits(role, at, |side| if swapped { side.other() } else { side });
        if holds && decryptor.hold(Held::Gap(from, missing, at)) {
            out.limit(Limit::TlsWaitingBytes);
        }
        holds
    }

    /// A gap where records are opened. False where they are not, so that the gap is one of TLS.
    pub(super) fn gap_with_keys(&mut self, from: Side, missing: u64, at: PacketRef) -> bool {
        let role = self.role(from);
        let stream = if role == Side::Client { &mut self.client } else { &mut self.server };
        let Some(decryptor) = &mut self.decryptor else { return false };
        let around = stream.record_around(missing);
        if around.is_none() && !stream.ciphered && decryptor.change_unseen(role, at) {
            stream.ciphered = true;
        }
        let direction = decryptor.direction(role);
        if !direction.has_keys() {
            return false;
        }
        match around {
            Some(head) => {
                if head.kind != APPLICATION_DATA && !stream.ciphered {
                    return false;
                }
                direction.gap_in_record(missing);
                stream.gap(missing);
                if stream.is_between_records() {
                    direction.open_collected(head);
                    stream.span = Span::default();
                }
            }
            None => {
                direction.gap(stream.leave_to_search(), missing);
                stream.span = Span::default();
            }
        }
        true
    }

    /// Bytes among which the next record is to be found.
    pub(super) fn search(&mut self, from: Side, bytes: &[u8], at: PacketRef, is_end: bool, out: &mut dyn Sink) {
        let role = self.role(from);
        let Some(decryptor) = &mut self.decryptor else { return };
        let direction = decryptor.direction(role);
        let found = direction.search(bytes, at, is_end);
        if let Some(rest) = found {
            for (bytes, at) in rest.into_iter().rev() {
                decryptor.put_back(Held::Data(from, Raw(bytes), 0, at));
            }
            self.stream(from).is_found();
        } else if direction.is_broken() {
            if direction.search.is_none() && direction.exhausted {
                out.limit(Limit::TlsSearchBytes);
            }
            let lost = direction.take_loss();
            if lost > 0 && direction.ends() {
                decryptor.hand_over(from, Opened::LastGap(lost, at));
            }
            self.stream(from).is_lost();
        }
    }

    /// Bytes of a record that is encrypted, for which there may be keys.
    pub(super) fn protected(&mut self, from: Side, head: Head, bytes: &[u8], at: PacketRef, out: &mut dyn Sink) {
        let role = self.role(from);
        let Some(decryptor) = &mut self.decryptor else { return self.encrypted(from) };
        let direction = decryptor.direction(role);
        if !direction.has_keys() && direction.is_between_records() {
            if role == Side::Server {
                decryptor.early_data(false);
            }
            self.ends(from, u64::from(head.length), at);
            return self.encrypted(from);
        }
        let is_whole = direction.is_between_records() && bytes.len() == usize::from(head.length);
        let (opening, pieces) = if is_whole {
            (direction.open(head, bytes), vec![(bytes.len(), at)])
        } else if direction.collect(head, bytes, at) {
            direction.open_collected(head)
        } else {
            return;
        };
        match opening {
            Opening::Opened { kind, lost } => {
                let fact = decryptor.note_opened();
                match lost {
                    Lost::Nothing => {}
                    Lost::Content(lost) => decryptor.hand_over(from, Opened::Gap(lost, at)),
                    Lost::Messages(lost) => {
                        self.flush(out);
                        out.step(Step { channel: Channel::Tls, ..Step::gap(from, lost, at) });
                    }
                }
                if let Some(fact) = fact {
                    out.tls(fact);
                }
                self.content(from, kind, head, pieces, out);
            }
            Opening::Lost => self.stream(from).span = Span::default(),
            Opening::Unreadable => {
                // What the server says of early data is in the first record after its hello.
                if role == Side::Server {
                    decryptor.early_data(false);
                }
                self.encrypted(from);
            }
            Opening::Broken => {
                self.ends(from, u64::from(head.length), at);
                self.encrypted(from);
            }
        }
    }

    /// Bytes of `from` cannot be read, nor those after them: the dialogue is told, once.
    pub(super) fn ends(&mut self, from: Side, bytes: u64, at: PacketRef) {
        let role = self.role(from);
        if let Some(decryptor) = &mut self.decryptor
            && decryptor.direction(role).ends()
        {
            decryptor.hand_over(from, Opened::LastGap(bytes, at));
        }
    }

    /// A record was opened: its content is in the direction's `plain`.
    fn content(&mut self, from: Side, kind: u8, head: Head, pieces: Vec<(usize, PacketRef)>, out: &mut dyn Sink) {
        let role = self.role(from);
        let Some(decryptor) = &mut self.decryptor else { return };
        let direction = decryptor.direction(role);
        let prefix = direction.prefix();
        let plain = mem::take(&mut direction.plain);
        if kind == APPLICATION_DATA {
            self.stream(from).span = Span::default();
            if plain.is_empty() {
                return;
            }
            let pieces = shares(&pieces, prefix, plain.len());
            self.flush(out);
            if let Some(decryptor) = &mut self.decryptor {
                decryptor.hand_over(from, Opened::Data(Raw(plain), pieces));
            }
            return;
        }
        self.is_inside = true;
        // What the record has beside its content is the first message's.
        let beside = usize::from(head.length).saturating_sub(plain.len()) as u64;
        let at = pieces.last().map(|(_, at)| *at).unwrap_or_default();
        let span = &mut self.stream(from).span;
        *span = Span::default();
        span.add(beside, pieces.first().map_or(at, |(_, at)| *at));
        match kind {
            HANDSHAKE => {
                let mut bytes = &plain[..];
                for (length, at) in shares(&pieces, prefix, plain.len()) {
                    let (mut piece, rest) = bytes.split_at(length.min(bytes.len()));
                    bytes = rest;
                    while !piece.is_empty() {
                        if let Some((kind, body)) = self.stream(from).handshake_message(&mut piece, at, out) {
                            self.message(from, kind, &body, at, out);
                        }
                    }
                }
            }
            CHANGE_CIPHER_SPEC => {
                span.add(plain.len() as u64, at);
                self.change_cipher_spec(from, at, out);
            }
            ALERT => {
                span.add(plain.len() as u64, at);
                self.alert(from, &plain, out);
            }
            // Heartbeats.
            _ => *span = Span::default(),
        }
        self.is_inside = false;
        if let Some(decryptor) = &mut self.decryptor {
            decryptor.direction(role).plain = plain;
        }
    }

    /// A message of the handshake that is seen inside alone.
    pub(super) fn message_inside(&mut self, from: Side, kind: u8, body: &[u8], out: &mut dyn Sink) {
        let role = self.role(from);
        let is_tls13 = self.version.is_some_and(handshake::is_tls13);
        match (role, kind) {
            (Side::Server, handshake::ENCRYPTED_EXTENSIONS) => {
                let extensions = handshake::encrypted_extensions(body);
                let alpn = handshake::extension(&extensions, handshake::ALPN).map(handshake::protocol_name_list);
                if let Some(protocol) = alpn.and_then(|names| names.first().map(|name| name.to_vec())) {
                    out.tls(TlsFact::Alpn(protocol));
                }
                let taken = handshake::extension(&extensions, handshake::EARLY_DATA).is_some();
                if let Some(decryptor) = &mut self.decryptor {
                    decryptor.early_data(taken);
                }
                self.fold(from, Subject::Handshake, b"", out);
            }
            (_, handshake::END_OF_EARLY_DATA | handshake::FINISHED) if is_tls13 => {
                let epoch = if kind == handshake::FINISHED { Epoch::Handshake } else { Epoch::Early };
                if let Some(decryptor) = &mut self.decryptor {
                    decryptor.direction(role).leave(epoch);
                }
                self.fold(from, Subject::Handshake, b"", out);
            }
            (_, handshake::KEY_UPDATE) if is_tls13 => {
                if let Some(decryptor) = &mut self.decryptor {
                    decryptor.direction(role).key_update();
                }
                self.tell(from, Subject::KeyUpdate, out);
            }
            (Side::Server, handshake::NEW_SESSION_TICKET) => self.fold(from, Subject::SessionTicket, b"", out),
            _ => self.fold(from, Subject::Handshake, b"", out),
        }
    }

    /// No more input will come. To be called, and what was opened to be taken, until all is taken.
    pub fn close(&mut self, out: &mut dyn Sink) -> Outcome {
        loop {
            if self.has_opened() {
                return Outcome::Opened;
            }
            let Some(decryptor) = &mut self.decryptor else { return Outcome::Taken };
            let at = decryptor.last;
            decryptor.give_up();
            if self.read_released(out) {
                continue;
            }
            if !self.finish(Side::Client, at, out) && !self.finish(Side::Server, at, out) && !self.has_opened() {
                return Outcome::Taken;
            }
        }
    }

    /// Finds what is left of a direction to be opened, or else what of it is lost. False where nothing is.
    fn finish(&mut self, from: Side, at: PacketRef, out: &mut dyn Sink) -> bool {
        let role = self.role(from);
        let Some(decryptor) = &mut self.decryptor else { return false };
        if decryptor.direction(role).search.is_some() {
            self.search(from, &[], at, true, out);
            if self.decryptor.as_ref().is_some_and(|decryptor| decryptor.is_holding()) {
                return true;
            }
        }
        let Some(decryptor) = &mut self.decryptor else { return false };
        let direction = decryptor.direction(role);
        let (all, missing) = direction.all_lost();
        let lost = direction.take_loss();
        if lost > 0 && !direction.has_opened() {
            // Nothing was ever opened: there is a gap among what is encrypted.
            self.stream(from).span = Span::default();
            self.flush(out);
            if missing > 0 {
                out.step(Step { channel: Channel::Tls, ..Step::gap(from, missing, at) });
            }
            if all > missing {
                self.stream(from).span.add(all - missing, at);
                self.encrypted(from);
            }
            return false;
        }
        let tells = lost > 0 && direction.ends();
        if tells {
            self.stream(from).span = Span::default();
            if let Some(decryptor) = &mut self.decryptor {
                decryptor.hand_over(from, Opened::LastGap(lost, at));
            }
        }
        tells
    }
}

/// Where `length` bytes of content were that begin `prefix` bytes within a record's body, of which `pieces` were in those
/// packets. All of it is known when the last of them has come.
fn shares(pieces: &[(usize, PacketRef)], prefix: usize, length: usize) -> Vec<(usize, PacketRef)> {
    let time = pieces.last().map(|(_, at)| at.time).unwrap_or_default();
    let (mut place, mut shares) = (0, Vec::with_capacity(pieces.len()));
    for &(bytes, at) in pieces {
        let (begin, end) = (place.max(prefix), (place + bytes).min(prefix + length));
        if begin < end {
            shares.push((end - begin, PacketRef { time, ..at }));
        }
        place += bytes;
    }
    shares
}
