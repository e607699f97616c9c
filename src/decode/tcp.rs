//! TCP headers.

use super::tcp_options::TcpOptions;
use super::{DecodeStop, Header, IpPayload, Segment, multipath};
use crate::capture::Packet;
use etherparse::TcpSlice;
use std::net::{IpAddr, SocketAddr};

/// A TCP header, its payload, and the addresses of both ends.
pub(super) struct Tcp<'a> {
    source: IpAddr,
    destination: IpAddr,
    identification: Option<u16>,
    hops: u8,
    header: TcpSlice<'a>,
    missing: usize,
}

impl<'a> Tcp<'a> {
    /// Reads the header, options included (RFC 9293 section 3.1). Does not check the checksum: on the sending machine
    /// the network card computes it, after the capture.
    #[inline]
    pub(super) fn read(payload: &IpPayload<'a>) -> Result<Self, DecodeStop> {
        let header = TcpSlice::from_slice(payload.slice.bytes).map_err(|_| DecodeStop::Tcp)?;
        let IpPayload { source, destination, identification, hops, slice, .. } = *payload;
        Ok(Self { source, destination, identification, hops, header, missing: slice.missing })
    }

    /// The segment that `packet` carried.
    #[inline]
    pub(super) fn segment(&self, packet: &Packet<'_>) -> Segment<'a> {
        let header = &self.header;
        let payload = header.payload();
        let acknowledgement = header.ack().then(|| header.acknowledgment_number());
        let options = TcpOptions::read(header.options(), acknowledgement);
        Segment {
            source: SocketAddr::new(self.source, header.source_port()),
            destination: SocketAddr::new(self.destination, header.destination_port()),
            header: Header {
                packet: packet.number,
                time: packet.time,
                sequence: header.sequence_number(),
                acknowledgement,
                syn: header.syn(),
                fin: header.fin(),
                rst: header.rst(),
                window: header.window_size(),
                identification: self.identification,
                hops: self.hops,
                timestamp: options.timestamp,
                received_twice: options.received_twice,
                urgent: header.urg().then(|| header.urgent_pointer()),
                shares_packet: false,
                decrypted: false,
                subflow: None,
                wire_len: u32::try_from(payload.len().saturating_add(self.missing)).unwrap_or(u32::MAX),
            },
            payload,
            multipath: header
                .slice()
                .get(20..header.header_len())
                .filter(|options| multipath::is_among(options))
                .unwrap_or_default(),
        }
    }
}
