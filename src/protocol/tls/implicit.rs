//! TLS from the first byte (RFC 8314): a dialogue that is opaque, unless the capture was decrypted.

use super::{Verdict, Watch};
use crate::flow::{PacketRef, Side};
use crate::protocol::{Dialogue, Sink};

/// A protocol inside TLS from the first byte. Where plain text comes instead of TLS, the protocol's own dialogue reads it.
pub struct Implicit {
    /// Gone once plain text has come.
    watch: Option<Watch>,
    inner: Box<dyn Dialogue>,
}

impl Implicit {
    /// `inner` is the dialogue of the protocol that is inside.
    pub fn new(inner: Box<dyn Dialogue>, out: &mut dyn Sink) -> Self {
        Self { watch: Some(Watch::implicit(out)), inner }
    }
}

impl Dialogue for Implicit {
    fn data(&mut self, from: Side, bytes: &[u8], at: PacketRef, out: &mut dyn Sink) {
        let verdict = self.watch.as_mut().map(|watch| watch.data(from, bytes, at, out));
        if verdict != Some(Verdict::Taken) {
            self.watch = None;
            self.inner.data(from, bytes, at, out);
        }
    }

    fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        match &mut self.watch {
            Some(watch) => watch.gap(from, missing, at, out),
            None => self.inner.gap(from, missing, at, out),
        }
    }

    fn end(&mut self, out: &mut dyn Sink) {
        match &mut self.watch {
            Some(watch) => watch.end(out),
            None => self.inner.end(out),
        }
    }
}
