//! Notes when a capture begins, for times that are counted from there.

use crate::capture::{CaptureError, Read, Skimmer, Source, SourceInfo, Time};
use crate::limits::LimitsHit;
use crate::view::clock::Origin;

/// A source that puts the time of its first packet into `origin`.
pub struct Begun {
    source: Box<dyn Source>,
    origin: &'static Origin,
    /// The time of the first packet that a filter lets through.
    passed: Option<Time>,
}

impl Begun {
    /// `origin` is set when the second packet is asked for, or the end: nothing has a time to show before.
    pub fn new(source: Box<dyn Source>, origin: &'static Origin) -> Self {
        Self { source, origin, passed: None }
    }
}

impl Source for Begun {
    fn next_packet(&mut self) -> Result<Read<'_>, CaptureError> {
        // Packets that a filter leaves out count too: other programs count from these.
        if let Some(passed) = self.passed.filter(|_| self.origin.get().is_none()) {
            let first = self.source.info().into_iter().filter_map(|source| source.first).min();
            self.origin.get_or_init(|| first.map_or(passed, |first| first.min(passed)));
        }
        let read = self.source.next_packet()?;
        if let Read::Packet(packet) = &read {
            self.passed = self.passed.or(packet.time.known());
        }
        Ok(read)
    }

    fn skim(&mut self, skimmer: &mut dyn Skimmer) {
        if self.origin.get().is_some() {
            self.source.skim(skimmer);
        }
    }

    fn info(&self) -> Vec<SourceInfo> {
        self.source.info()
    }

    fn limits(&self) -> LimitsHit {
        self.source.limits()
    }

    fn is_live(&self) -> bool {
        self.source.is_live()
    }
}
