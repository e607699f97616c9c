//! Counts and decodes packets, drops segments that cannot be mail, and determines where a batch ends.

use super::options::{BatchEnd, Options};
use super::shard::shard_of;
use super::wall_clock::WallClock;
use crate::capture::{Packet, Quiet, Skimmer, Source, Time, Walk};
use crate::decode::{DecodeStop, Decoded, Decoder, IcmpError, Peek, Segment, Skim, peek, skim};
use crate::flow::{LINGER_NANOSECONDS, Multipath};
use crate::limits::LimitsHit;
use crate::session::summary::{PacketCounts, Traffic};
use std::time::{Duration, Instant};

/// The busiest ports, reported to a user whose capture has no mail.
const BUSIEST_PORTS: usize = 5;
/// Packets in a batch.
const BATCH_PACKETS: u64 = 8_192;
/// Payload bytes in a batch.
const BATCH_BYTES: usize = 512 * 1024;
/// Segments in a batch that may be mail: where sessions are short, hundreds of them end in one batch, and each is
/// larger than the segments that it came in.
const BATCH_SEGMENTS: usize = 2_048;

/// Packets in a row that cannot be mail after which the next are skimmed: more of them are likely.
const FOREIGN_IN_A_ROW: u32 = 2;

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
    /// Packets in a row, up to the last one, that showed at a glance that they cannot be mail.
    foreign: u32,
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
    pub fn new(options: &'a Options, live: bool) -> Self {
        Self {
            options,
            decoder: Decoder::within(options.memory.fragments()),
            multipath: Multipath::default(),
            rest: Counts {
                packets: PacketCounts::default(),
                traffic: Traffic::default(),
                ports: vec![0; 1 << 16],
                batch_bytes: 0,
                batch_segments: 0,
                handed_on: false,
                stopped: false,
            },
            batch_packets: 0,
            foreign: 0,
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
        let foreign = std::mem::take(&mut self.foreign);
        match peek(packet) {
            Peek::NotTcp => {
                self.foreign = foreign.saturating_add(1);
                return Ok(());
            }
            Peek::Tcp(glimpse) => {
                let (source, destination) = (glimpse.source_port, glimpse.destination_port);
                let wanted = self.options.wants(source, destination);
                if !wanted && self.multipath.is_idle() {
                    self.rest.segment(source, destination, glimpse.begins);
                    self.foreign = foreign.saturating_add(1);
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
            Peek::Unsure => {}
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
                    if self.options.wants(error.source.port(), error.destination.port()) {
                        take(self.rest.sorted_error(error))?;
                    }
                }
                Decoded::Other => {}
                Decoded::Stop(stop) => self.rest.stopped(*stop),
            }
            decoded = self.decoder.decode_next(packet);
        }
        Ok(())
    }

    /// Counts the packets of `source` that follow and cannot be mail, as [`Self::packet`] would: at most so many, and none
    /// of another batch. Not where the packets before were mail: to look at a packet twice costs more than is won then.
    pub fn skim(&mut self, source: &mut dyn Source, most: u64) {
        if self.foreign < FOREIGN_IN_A_ROW || self.options.any_port || !self.multipath.is_idle() {
            return;
        }
        let most = most.min(BATCH_PACKETS.saturating_sub(self.batch_packets));
        let mut counting = Counting { options: self.options, rest: &mut self.rest, most, last_times: None };
        let before = counting.rest.packets.read;
        source.skim(&mut counting);
        let Some([last, before_last]) = counting.last_times else {
            self.foreign = 0;
            return;
        };
        self.batch_packets += self.rest.packets.read - before;
        self.last = (self.rest.packets.read, last.min(before_last));
        self.packet_time = last;
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

/// Counts packets that cannot be mail.
struct Counting<'s> {
    options: &'s Options,
    rest: &'s mut Counts,
    /// The most packets to be passed over.
    most: u64,
    /// The times of the last two packets, once one was passed over.
    last_times: Option<[Time; 2]>,
}

impl Skimmer for Counting<'_> {
    fn skim(&mut self, walk: &mut Walk<'_>) {
        let (link, before) = (walk.link(), walk.packets());
        walk.pass_while(self.most, |data| match skim(link, data) {
            Skim::NotTcp => true,
            Skim::Tcp { source, destination, begins } => {
                let foreign = !self.options.wants(source, destination);
                if foreign {
                    self.rest.segment(source, destination, begins);
                }
                foreign
            }
            Skim::Unsure => false,
        });
        let passed = walk.packets() - before;
        self.rest.packets.read += passed;
        self.most -= passed;
        if passed > 0 {
            self.last_times = Some(walk.last_times());
        }
    }
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
            return take(self.sorted(segment));
        }
        multipath.segment(segment, &mut |part| take(self.sorted(part)))
    }

    /// Adds a segment of the packet at hand to the batch, with its shard.
    fn sorted<'s>(&mut self, segment: &'s mut Segment<'_>) -> Routed<'s> {
        self.batch_bytes += segment.payload.len();
        self.batch_segments += 1;
        segment.header.shares_packet = std::mem::replace(&mut self.handed_on, true);
        let shard = shard_of(&segment.source, &segment.destination);
        Routed::Segment(RoutedSegment { shard, nth: self.packets.read, segment })
    }

    /// The same with an ICMP error, which goes to the shard of the segment that it quotes.
    fn sorted_error<'s>(&mut self, error: &'s mut IcmpError) -> Routed<'s> {
        self.batch_segments += 1;
        error.shares_packet = std::mem::replace(&mut self.handed_on, true);
        Routed::Error(RoutedError { shard: shard_of(&error.source, &error.destination), error })
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
    use crate::capture::{CaptureFile, LinkType, Read, Reordered};
    use std::convert::Infallible;

    /// Seconds up to which all packets have come, and up to which time has gone on, after a file that is followed has been
    /// quiet for so many seconds; and whether all that lingers goes.
    fn quiet(seconds: u64, amid_record: bool) -> (i64, i64, bool) {
        let options = Options::default();
        let mut input = InputStage::new(&options, false);
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

    /// The frame of a packet from one port to another: TCP, its header with these flags, or UDP.
    fn frame(source: u16, destination: u16, flags: Option<u8>) -> Vec<u8> {
        let mut frame =
            [vec![0; 12], vec![8, 0, 0x45, 0, 0, 50, 0, 1, 0, 0, 64, if flags.is_some() { 6 } else { 17 }]].concat();
        frame.extend([0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        frame.extend([source.to_be_bytes(), destination.to_be_bytes()].concat());
        frame.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags.unwrap_or_default()]);
        frame.extend([1; 16]);
        frame
    }

    /// A classic capture of packets of all kinds, `count` of them, in stretches with mail and without.
    fn capture(count: u32) -> Vec<u8> {
        let number = |number: u32| number.to_le_bytes();
        let mut file = [number(0xa1b2_c3d4), [2, 0, 4, 0], [0; 4], [0; 4], number(65_535), number(1)].concat();
        let mut random = 1_u64;
        for nth in 0..count {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (kind, port) = (random >> 33, 1_024 + (random >> 40) as u16 % 60_000);
            let frame = match kind % 100 {
                0 => frame(port, 25, Some(0x10)),
                1 => frame(port, 443, Some(0x02)),
                2 => frame(port, 53, None),
                3 => frame(port, 4_789, None),
                _ if nth / 1_000 % 4 == 3 => frame(143, port, Some(0x18)),
                _ => frame(443, port, Some(0x18)),
            };
            let length = frame.len() as u32;
            file.extend([number(1_000 + nth / 500), number(nth % 500 * 7), number(length), number(length)].concat());
            file.extend(frame);
        }
        file
    }

    /// What the stage hands on and counts, with skimming or without; and how many packets were skimmed.
    fn staged(file: &[u8], options: &Options, skims: bool) -> (String, u64) {
        let opened = CaptureFile::open("it".to_owned(), Box::new(std::io::Cursor::new(file.to_vec())), 1 << 16);
        let (mut source, mut input) = (Reordered::new(opened.unwrap()), InputStage::new(options, false));
        let (mut shown, mut skimmed) = (String::new(), 0);
        let mut taken = Vec::new();
        while options.packets.is_none_or(|most| input.packets() < most) {
            let Read::Packet(packet) = source.next_packet().unwrap() else { break };
            let Ok(()) = input.packet(&packet, |routed| {
                if let Routed::Segment(RoutedSegment { shard, nth, segment }) = routed {
                    taken.push(format!("{shard} {nth} {:?}\n", segment.header));
                }
                Ok::<_, Infallible>(())
            });
            if skims {
                let before = input.packets();
                let left = options.packets.map_or(u64::MAX, |most| most - before);
                input.skim(&mut source, left);
                skimmed += input.packets() - before;
            }
            if let Some(end) = input.end_of_batch() {
                taken.push(format!("{end:?}\n"));
            }
        }
        shown.extend(taken);
        shown += &format!("{:?} {:?}", input.last, input.packet_time);
        let counts = input.finish();
        (format!("{shown} {:?} {:?} {:?}", counts.packets, counts.traffic, Source::info(&source)), skimmed)
    }

    #[test]
    fn what_is_skimmed_is_counted_as_other_packets_are_and_the_batches_are_the_same() {
        let file = capture(30_000);
        for packets in [None, Some(17), Some(20_011)] {
            let options = Options { packets, ..Options::default() };
            let (one_by_one, _) = staged(&file, &options, false);
            let (shown, skimmed) = staged(&file, &options, true);
            assert!(shown == one_by_one, "{packets:?}");
            assert!(skimmed > if packets == Some(17) { 0 } else { 10_000 }, "{packets:?}: {skimmed}");
        }
        let (_, skimmed) = staged(&file, &Options { any_port: true, ..Options::default() }, true);
        assert_eq!(skimmed, 0, "all may be mail");
    }
}
