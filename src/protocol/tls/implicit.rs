//! TLS from the first byte (RFC 8314): a dialogue that is opaque, unless the capture was decrypted.

use super::{Observer, Outcome};
use crate::flow::{PacketRef, Side};
use crate::protocol::{Dialogue, Sink};

/// A protocol inside TLS from the first byte. Where plain text comes instead of TLS, the protocol's own dialogue reads it.
pub struct Implicit {
    /// Gone once plain text has come.
    observer: Option<Observer>,
    inner: Box<dyn Dialogue>,
}

impl Implicit {
    /// `inner` is the dialogue of the protocol that is inside.
    pub fn new(inner: Box<dyn Dialogue>, out: &mut dyn Sink) -> Self {
        Self { observer: Some(Observer::implicit(out)), inner }
    }
}

impl Dialogue for Implicit {
    fn data(&mut self, from: Side, bytes: &[u8], at: PacketRef, out: &mut dyn Sink) {
        let outcome = self.observer.as_mut().map(|observer| observer.data(from, bytes, at, out));
        if outcome != Some(Outcome::Taken) {
            self.observer = None;
            self.inner.data(from, bytes, at, out);
        }
    }

    fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        match &mut self.observer {
            Some(observer) => observer.gap(from, missing, at, out),
            None => self.inner.gap(from, missing, at, out),
        }
    }

    fn end(&mut self, out: &mut dyn Sink) {
        match &mut self.observer {
            Some(observer) => observer.end(out),
            None => self.inner.end(out),
        }
    }
}
