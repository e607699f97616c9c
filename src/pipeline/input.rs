//! Counts and decodes packets, drops segments that cannot be mail, and determines where a batch ends.

mod skimming;

use super::options::{BatchEnd, Options};
use super::shard::{Sharding, shard_of};
use super::wall_clock::WallClock;
use crate::capture::{Packet, Quiet, Time};
use crate::decode::{DecodeStop, Decoded, Decoder, IcmpError, Peek, PeekedTcp, Segment, peek};
use crate::flow::{HostShard, LINGER_NANOSECONDS, Multipath};
use crate::limits::LimitsHit;
use crate::session::summary::{BUSIEST_PORTS, PacketCounts, Traffic};
use std::time::{Duration, Instant};

/// Packets in a batch.
const BATCH_PACKETS: u64 = 8_192;
/// Payload bytes in a batch.
pub const BATCH_BYTES: usize = 512 * 1024;
/// Segments in a batch that may be mail: where sessions are short, hundreds of them end in one batch, and each is
/// larger than the segments that it came in.
pub const BATCH_SEGMENTS: usize = 2_048;

/// How long a followed file must have been quiet before packet time goes on for what did not come: bytes behind a hole,
/// silent connections. Its writer may hold packets back: dumpcap for half a second, others for some seconds, or until
/// they have some kilobytes. As long again as bytes behind a hole are waited for anyway.
const HELD_BACK: Duration = Duration::from_secs(60);

/// The stage before the connections.
pub struct InputStage<'a> {
    options: &'a Options,
    decoder: Decoder,
    multipath: Multipath,
    /// Separate from the decoder, which lends what it has decoded.
    rest: Counts,
    batch_packets: u64,
    /// Packets in a row, up to the last one, that did not show at a glance that they cannot be mail.
    mail_in_a_row: u32,
    /// Time of the last packet.
    packet_time: Time,
    /// The last packet, by the order in which packets are read, and the earlier of the times of the last two: one record
    /// with a broken time does not expire connections that are alive.
    last: (u64, Time),
    /// Since when no packet has come, once that was noticed.
    quiet_since: Option<Instant>,
    /// Of a live capture.
    clock: Option<WallClock>,
}

/// What is counted on the way.
struct Counts {
    sharding: Sharding,
    /// Whose connections are followed.
    hosts: Option<HostShard>,
    packets: PacketCounts,
    traffic: Traffic,
    /// TCP segments by the lower of their ports.
    ports: Vec<u64>,
    /// Payload bytes in the batch.
    batch_bytes: usize,
    /// Segments in it that may be mail.
    batch_segments: usize,
    /// A segment of the packet at hand was passed on.
    handed_on: bool,
    /// The packet at hand was counted as not decoded.
    stopped: bool,
}

/// A segment that may be mail.
#[derive(Clone, Copy)]
pub struct RoutedSegment<'a> {
    /// The shard that its connection belongs to.
    pub shard: usize,
    /// Its packet, by the order in which packets are read.
    pub nth: u64,
    /// A reference: to move a segment that has just been written costs more than all other work on it.
    pub segment: &'a Segment<'a>,
}

/// What the input stage hands on.
#[derive(Clone, Copy)]
pub enum Routed<'a> {
    /// A segment that may be mail.
    Segment(RoutedSegment<'a>),
    /// An ICMP error about such a segment.
    Error(RoutedError<'a>),
}

impl Routed<'_> {
    /// The shard that it goes to.
    pub fn shard(&self) -> usize {
        match self {
            Self::Segment(segment) => segment.shard,
            Self::Error(error) => error.shard,
        }
    }
}

/// An ICMP error about a segment that may be mail.
#[derive(Clone, Copy)]
pub struct RoutedError<'a> {
    /// The shard that the segment's connection belongs to.
    pub shard: usize,
    /// The error.
    pub error: &'a IcmpError,
}

/// What was counted.
#[derive(Default)]
pub struct InputCounts {
    /// Packets.
    pub packets: PacketCounts,
    /// Traffic that is not mail.
    pub traffic: Traffic,
    /// Bounds that decoding hit.
    pub limits_hit: LimitsHit,
}

impl<'a> InputStage<'a> {
    /// Nothing read yet. `live` packets come as they are captured.
    pub fn new(options: &'a Options, sharding: Sharding, live: bool) -> Self {
        Self {
            options,
            decoder: Decoder::within(options.memory.fragments()),
            multipath: Multipath::default(),
            rest: Counts {
                sharding,
                hosts: options.shard,
                packets: PacketCounts::default(),
                traffic: Traffic::default(),
                ports: vec![0; 1 << 16],
                batch_bytes: 0,
                batch_segments: 0,
                handed_on: false,
                stopped: false,
            },
            batch_packets: 0,
            mail_in_a_row: 0,
            packet_time: Time::from_nanoseconds(i64::MAX),
            last: (0, Time::default()),
            quiet_since: None,
            clock: live.then(WallClock::default),
        }
    }

    /// Packets read.
    pub fn packets(&self) -> u64 {
        self.rest.packets.read
    }

    /// Takes a packet, and passes the segments in it that may be mail to `take`, or the ICMP error about one: one packet may carry several (802.11
    /// aggregates them).
    ///
    /// # Errors
    /// The first error of `take`.
    pub fn packet<E>(
        &mut self,
        packet: &Packet<'_>,
        mut take: impl FnMut(Routed<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.rest.packets.read += 1;
        (self.rest.handed_on, self.rest.stopped) = (false, false);
        self.batch_packets += 1;
        self.last = (self.rest.packets.read, packet.time.min(self.packet_time));
        self.packet_time = packet.time;
        self.quiet_since = None;
        let mail_in_a_row = std::mem::take(&mut self.mail_in_a_row);
        match peek(packet) {
            Peek::NotTcp => return Ok(()),
            Peek::Tcp(glimpse) => {
                let (source, destination) = (glimpse.source_port, glimpse.destination_port);
                let wanted = self.options.wants(source, destination);
                if !wanted && self.multipath.is_idle() {
                    self.rest.segment(source, destination, glimpse.begins);
                    return Ok(());
                }
                self.mail_in_a_row = mail_in_a_row.saturating_add(1);
                if self.multipath.is_idle() && self.rest.is_foreign(&glimpse) {
                    return Ok(());
                }
                if let Some(segment) = &mut glimpse.segment(packet) {
                    self.rest.segment(source, destination, glimpse.begins);
                    if wanted || self.multipath.claims(segment) {
                        return self.rest.hand_on(&mut self.multipath, segment, &mut take);
                    }
                    return Ok(());
                }
            }
            Peek::Unsure => self.mail_in_a_row = mail_in_a_row.saturating_add(1),
        }
        let mut decoded = Some(self.decoder.decode(packet));
        while let Some(found) = &mut decoded {
            match found {
                Decoded::Segment(segment) => {
                    let begins = segment.header.syn && segment.header.acknowledgement.is_none();
                    let (source, destination) = (segment.source.port(), segment.destination.port());
                    self.rest.segment(source, destination, begins);
                    if self.options.wants(source, destination) || self.multipath.claims(segment) {
                        self.rest.hand_on(&mut self.multipath, segment, &mut take)?;
                    }
                }
                Decoded::IcmpError(error) => {
                    if self.options.wants(error.source.port(), error.destination.port())
                        && let Some(routed) = self.rest.sorted_error(error)
                    {
                        take(routed)?;
                    }
                }
                Decoded::Other => {}
                Decoded::Stop(stop) => self.rest.stopped(*stop),
            }
            decoded = self.decoder.decode_next(packet);
        }
        Ok(())
    }

    /// Where the batch ends, if it does here. The same packets are always cut into the same batches.
    pub fn end_of_batch(&mut self) -> Option<BatchEnd> {
        let full = self.batch_packets >= BATCH_PACKETS
            || self.rest.batch_bytes >= BATCH_BYTES
            || self.rest.batch_segments >= BATCH_SEGMENTS;
        full.then(|| {
            self.begin_batch();
            BatchEnd::at(self.last.0, self.last.1)
        })
    }

    /// Ends the batch because no packet comes.
    pub fn end_of_batch_now(&mut self, quiet: Quiet) -> BatchEnd {
        self.begin_batch();
        match quiet {
            Quiet::Live => BatchEnd::at(self.last.0, self.clock.get_or_insert_default().idle()),
            Quiet::Followed { amid_record } => {
                let quiet = self.quiet_since.get_or_insert_with(Instant::now).elapsed();
                self.quiet_end(quiet, amid_record)
            }
        }
    }

    /// Ends the batch before `packet` where the clock was set before it was captured (live captures).
    #[inline]
    pub fn end_of_batch_before(&mut self, packet: &Packet<'_>) -> Option<BatchEnd> {
        let clock_set = self.clock.as_mut()?.packet(packet.time)?;
        self.packet_time = self.packet_time.plus(clock_set);
        self.begin_batch();
        Some(BatchEnd { clock_set, ..BatchEnd::at(self.last.0, self.last.1) })
    }

    /// The end of a batch after which a file that is followed has been quiet for so long. Its packets may be years old, so
    /// time goes on from the last of them. Connections that are over are not kept waiting; but where something is amiss
    /// because a packet did not come, the writer may hold that packet back ([`HELD_BACK`]), and surely holds one back if
    /// the file ends in the middle of a record.
    fn quiet_end(&self, quiet: Duration, amid_record: bool) -> BatchEnd {
        let (nth, earlier) = self.last;
        let not_held = if amid_record { Duration::ZERO } else { quiet.saturating_sub(HELD_BACK) };
        BatchEnd {
            nth,
            time: earlier.plus(nanoseconds(not_held)),
            now: self.packet_time.plus(nanoseconds(quiet)),
            quiet: nanoseconds(quiet) >= LINGER_NANOSECONDS,
            whole: !amid_record,
            clock_set: 0,
        }
    }

    /// Another batch begins.
    fn begin_batch(&mut self) {
        if let Some(tally) = &self.options.tally {
            tally.add_packets(self.batch_packets);
        }
        (self.batch_packets, self.rest.batch_bytes, self.rest.batch_segments) = (0, 0, 0);
    }

    /// All packets have been read.
    pub fn finish(self) -> InputCounts {
        // Most ports were not seen: blocks without one are passed over at once.
        const BLOCK: usize = 64;
        let ports = (0..=u16::MAX).step_by(BLOCK).zip(self.rest.ports.chunks(BLOCK));
        let seen = ports.filter(|(_, block)| block.iter().fold(0, |all, segments| all | segments) > 0);
        let mut busiest: Vec<(u16, u64)> = seen
            .flat_map(|(first, block)| (first..=u16::MAX).zip(block.iter().copied()))
            .filter(|(_, segments)| *segments > 0)
            .collect();
        busiest.sort_by_key(|&(port, segments)| (std::cmp::Reverse(segments), port));
        busiest.truncate(BUSIEST_PORTS);
        let traffic = Traffic { tcp_ports: busiest, ..self.rest.traffic };
        let mut limits_hit = self.decoder.limits();
        limits_hit.add(self.multipath.limits());
        InputCounts { packets: self.rest.packets, traffic, limits_hit }
    }
}

fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

impl Counts {
    /// Hands on a segment, or what it is to the Multipath TCP connection that it belongs to.
    fn hand_on<E>(
        &mut self,
        multipath: &mut Multipath,
        segment: &mut Segment<'_>,
        take: &mut impl FnMut(Routed<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if segment.multipath.is_empty() && multipath.is_idle() {
            return self.sorted(segment).map_or(Ok(()), take);
        }
        multipath.segment(segment, &mut |part| self.sorted(part).map_or(Ok(()), &mut *take))
    }

    /// Whether a segment belongs to a connection of other hosts: then it is counted as [`Self::sorted`] does. One of Multipath TCP
    /// is not known to.
    #[inline]
    fn is_foreign(&mut self, glimpse: &PeekedTcp<'_>) -> bool {
        let Some(hosts) = self.hosts else { return false };
        let (source, destination) = glimpse.addresses();
        if hosts.has(source, destination) {
            return false;
        }
        let Some(payload) = glimpse.plain_payload() else { return false };
        self.segment(glimpse.source_port, glimpse.destination_port, glimpse.begins);
        self.add_to_batch(payload);
        true
    }

    /// Adds a segment with so much payload, or an error, to the batch. Returns whether another of the same packet was before it.
    /// Those of connections that are not followed count too: batches, and who counts a packet, are then the same in all
    /// shards of hosts, and so is when a connection ends.
    #[inline]
    fn add_to_batch(&mut self, payload: usize) -> bool {
        self.batch_bytes += payload;
        self.batch_segments += 1;
        std::mem::replace(&mut self.handed_on, true)
    }

    /// Adds a segment of the packet at hand to the batch, with its shard; None where its connection is not followed.
    fn sorted<'s>(&mut self, segment: &'s mut Segment<'_>) -> Option<Routed<'s>> {
        segment.header.shares_packet = self.add_to_batch(segment.payload.len());
        if self.hosts.is_some_and(|hosts| !hosts.has(segment.source.ip(), segment.destination.ip())) {
            return None;
        }
        let shard = shard_of(self.sharding, &segment.source, &segment.destination);
        Some(Routed::Segment(RoutedSegment { shard, nth: self.packets.read, segment }))
    }

    /// The same with an ICMP error, which goes to the shard of the segment that it quotes.
    fn sorted_error<'s>(&mut self, error: &'s mut IcmpError) -> Option<Routed<'s>> {
        error.shares_packet = self.add_to_batch(0);
        if self.hosts.is_some_and(|hosts| !hosts.has(error.source.ip(), error.destination.ip())) {
            return None;
        }
        Some(Routed::Error(RoutedError { shard: shard_of(self.sharding, &error.source, &error.destination), error }))
    }

    /// Counts a place at which decoding stopped.
    fn stopped(&mut self, stop: DecodeStop) {
        self.packets.undecodable += u64::from(!std::mem::replace(&mut self.stopped, true));
        *self.traffic.stops.entry(stop).or_default() += 1;
    }

    /// Counts a segment by its ports.
    fn segment(&mut self, source: u16, destination: u16, begins: bool) {
        self.traffic.tcp_segments += 1;
        self.traffic.tcp_connections += u64::from(begins);
        self.ports[usize::from(source.min(destination))] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::LinkType;
    use std::convert::Infallible;

    /// Seconds up to which all packets have come, and up to which time has gone on, after a file that is followed has been
    /// quiet for so many seconds; and whether all that lingers goes.
    fn quiet(seconds: u64, amid_record: bool) -> (i64, i64, bool) {
        let options = Options::default();
        let mut input = InputStage::new(&options, Sharding::Connections, false);
        for time in [100, 110] {
            let time = Time::from_microseconds(time * 1_000_000);
            let packet = Packet { number: 1, time, link: LinkType::NULL, data: &[], wire_len: 0 };
            let Ok(()) = input.packet(&packet, |_| Ok::<_, Infallible>(()));
        }
        let end = input.quiet_end(Duration::from_secs(seconds), amid_record);
        let seconds = |time: Time| time.nanoseconds() / 1_000_000_000;
        (seconds(end.time), seconds(end.now), end.quiet)
    }

    #[test]
    fn while_a_file_is_quiet_time_goes_on_from_its_last_packet() {
        assert_eq!(quiet(0, false), (100, 110, false));
        assert_eq!(quiet(1, false), (100, 111, false));
        assert_eq!(quiet(2, false), (100, 112, true), "all that is over has lingered");
        assert_eq!(quiet(60, false), (100, 170, true), "what is missing may be held back");
        assert_eq!(quiet(7_260, false), (7_300, 7_370, true), "and is not for ever");
        assert_eq!(quiet(7_260, true), (100, 7_370, true), "unless it is known to be held back");
    }
}
