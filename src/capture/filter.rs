/*!
Filter expressions (pcap-filter(7)): of packets from files matched here, compiled by libpcap for each link type that
occurs; of live packets matched by the kernel alone, as tcpdump does both. They differ where the kernel takes a VLAN tag
out of a packet before it filters: `tcp port 25` matches it live, and not in the file that was made so.
*/

use super::{CaptureError, Cursor, LinkType, Moved, Packet, SourceInfo};
use crate::limits::LimitsHit;
use pcap::{BpfProgram, Capture, Linktype};
use std::collections::HashMap;

/// A filter expression.
pub struct Filter {
    expression: String,
    programs: HashMap<LinkType, BpfProgram>,
}

impl Filter {
    /// A filter of that expression. It is compiled for Ethernet at once, so that an error is reported before anything
    /// is read; for other link types when they are met.
    ///
    /// # Errors
    /// If libpcap does not understand the expression.
    pub fn new(expression: &str) -> Result<Self, CaptureError> {
        let mut filter = Self { expression: expression.to_owned(), programs: HashMap::new() };
        filter.compile(LinkType::ETHERNET)?;
        Ok(filter)
    }

    /// The expression.
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// True where the expression matches the packet.
    ///
    /// # Errors
    /// If the expression cannot be applied to the packet's link type.
    pub fn matches(&mut self, packet: &Packet<'_>) -> Result<bool, CaptureError> {
        match self.programs.get(&packet.link) {
            Some(program) => Ok(program.filter(packet.data)),
            None => Ok(self.compile(packet.link)?.filter(packet.data)),
        }
    }

    fn compile(&mut self, link: LinkType) -> Result<&BpfProgram, CaptureError> {
        let program = Capture::dead(Linktype(link.dlt()))
            .and_then(|dead| dead.compile(&self.expression, true))
            .map_err(|error| self.error(link, &error))?;
        Ok(self.programs.entry(link).or_insert(program))
    }

    /// libpcap's `error` about this expression.
    pub(super) fn error(&self, link: LinkType, error: &pcap::Error) -> CaptureError {
        let expression = self.expression.clone();
        CaptureError::Filter { expression, link, message: super::live::words(error) }
    }
}

/// The packets of another cursor that a filter matches. They keep their numbers.
pub struct Filtered<C> {
    inner: C,
    filter: Filter,
    failed: bool,
}

impl<C: Cursor> Filtered<C> {
    /// The packets of `inner` that `filter` matches.
    pub fn new(inner: C, filter: Filter) -> Self {
        Self { inner, filter, failed: false }
    }
}

impl<C: Cursor> Cursor for Filtered<C> {
    fn advance(&mut self) -> Result<Moved, CaptureError> {
        if self.failed {
            return Ok(Moved::End);
        }
        loop {
            let moved = self.inner.advance()?;
            if moved != Moved::Packet {
                return Ok(moved);
            }
            match self.filter.matches(&self.inner.packet()) {
                Ok(true) => return Ok(moved),
                Ok(false) => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
    }

    fn packet(&self) -> Packet<'_> {
        self.inner.packet()
    }

    fn info(&self) -> Vec<SourceInfo> {
        Cursor::info(&self.inner)
    }

    fn may_step_back(&self) -> bool {
        self.inner.may_step_back()
    }

    fn clock_steps(&self) -> u64 {
        self.inner.clock_steps()
    }

    fn limits(&self) -> LimitsHit {
        Cursor::limits(&self.inner)
    }
}
