//! Packets that cannot be mail, counted where they stand in the file.

use super::{BATCH_PACKETS, Counts, InputStage};
use crate::capture::{Glance, LinkType, Skimmer, Source, Time, Walk};
use crate::decode::{Skim, plain_tcp, skim};
use crate::pipeline::options::Options;
use crate::protocol::ports::Ports;

impl InputStage<'_> {
    /// Counts the packets of `source` that follow and cannot be mail, as [`Self::packet`] would: at most so many, and none
    /// of another batch.
    pub fn skim(&mut self, source: &mut dyn Source, most: u64) {
        // To look at a packet twice costs as much as is won by a look that suffices: the longer mail goes on, the more
        // rarely the next packet is looked at.
        let is_tried = self.mail_in_a_row == 0 || self.mail_in_a_row.is_power_of_two();
        if !is_tried || self.options.any_port || !self.multipath.is_idle() {
            return;
        }
        let most = most.min(BATCH_PACKETS.saturating_sub(self.batch_packets));
        let mut counting = Counting { options: self.options, rest: &mut self.rest, most, last_times: None };
        let before = counting.rest.packets.read;
        source.skim(&mut counting);
        let Some([last, before_last]) = counting.last_times else { return };
        self.mail_in_a_row = 0;
        self.batch_packets += self.rest.packets.read - before;
        self.last = (self.rest.packets.read, last.min(before_last));
        self.packet_time = last;
    }
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
        let passed_before = walk.packets();
        let Some(by_port) = self.rest.ports.first_chunk_mut() else { return };
        let (link, mail) = (walk.link(), &self.options.ports);
        let mut counter = Counter { link, mail, by_port, segments: 0, connections: 0 };
        walk.pass_while(self.most, &mut counter);
        self.rest.traffic.tcp_segments += counter.segments;
        self.rest.traffic.tcp_connections += counter.connections;
        let passed = walk.packets() - passed_before;
        self.rest.packets.read += passed;
        self.most -= passed;
        if passed > 0 {
            self.last_times = Some(walk.last_times());
        }
    }
}

/// Counts them by what a glance shows.
struct Counter<'s> {
    link: LinkType,
    /// Where mail is expected.
    mail: &'s Ports,
    /// TCP segments by the lower of their ports.
    by_port: &'s mut [u64; 1 << 16],
    /// Of them all, and those that begin connections.
    segments: u64,
    connections: u64,
}

impl Glance for Counter<'_> {
    #[inline(always)]
    fn passes(&mut self, data: &[u8]) -> bool {
        let (source, destination, begins) = match plain_tcp(self.link, data) {
            Some(seen) => seen,
            None => match skim(self.link, data) {
                Skim::Tcp { source, destination, begins } => (source, destination, begins),
                other => return other == Skim::NotTcp,
            },
        };
        if self.mail.knows(source) || self.mail.knows(destination) {
            return false;
        }
        self.segments += 1;
        self.connections += u64::from(begins);
        self.by_port[usize::from(source.min(destination))] += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{CaptureFile, Read, Reordered};
    use crate::pipeline::input::{Routed, RoutedSegment};
    use crate::pipeline::shard::Sharding;
    use std::convert::Infallible;

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

    /// A capture of packets of all kinds, `count` of them, in stretches with mail and without: classic, or in pcapng's blocks.
    fn capture(count: u32, in_blocks: bool) -> Vec<u8> {
        let number = |number: u32| number.to_le_bytes();
        let mut file = if in_blocks {
            let section = [0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28];
            [section.map(number).concat(), [1, 20, 1, 0, 20].map(number).concat()].concat()
        } else {
            [0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 65_535, 1].map(number).concat()
        };
        let mut random = 1_u64;
        for nth in 0..count {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (kind, port) = (random >> 33, 1_024 + (random >> 40) as u16 % 60_000);
            let frame = match kind % 100 {
                0 => frame(port, 25, Some(0x10)),
                1 => frame(port, 443, Some(0x02)),
                2 => frame(port, 53, None),
                3 => frame(port, 4_789, None),
                4..40 => frame(443, port, None),
                _ if nth / 1_000 % 4 == 3 => frame(143, port, Some(0x18)),
                _ => frame(443, port, Some(0x18)),
            };
            let length = frame.len() as u32;
            let (seconds, fraction) = (1_000 + nth / 500, nth % 500 * 7);
            if in_blocks {
                let total = 32 + length.next_multiple_of(4);
                file.extend([6, total, 0, 0, seconds * 1_000_000 + fraction, length, length].map(number).concat());
                file.extend(frame);
                file.resize(file.len().next_multiple_of(4), 0);
                file.extend(number(total));
            } else {
                file.extend([seconds, fraction, length, length].map(number).concat());
                file.extend(frame);
            }
        }
        file
    }

    /// What the stage hands on and counts, with skimming or without; and how many packets were skimmed.
    fn staged(file: &[u8], options: &Options, skims: bool) -> (String, u64) {
        let opened = CaptureFile::open("it".to_owned(), Box::new(std::io::Cursor::new(file.to_vec())), 1 << 16);
        let mut source = Reordered::new(opened.unwrap());
        let mut input = InputStage::new(options, Sharding::Connections, false);
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
        for (in_blocks, packets) in
            [false, true].into_iter().flat_map(|blocks| [None, Some(17), Some(20_011)].map(|most| (blocks, most)))
        {
            let file = capture(30_000, in_blocks);
            let options = Options { packets, ..Options::default() };
            let (one_by_one, _) = staged(&file, &options, false);
            let (shown, skimmed) = staged(&file, &options, true);
            assert!(shown == one_by_one, "{in_blocks} {packets:?}");
            assert!(skimmed > if packets == Some(17) { 0 } else { 10_000 }, "{in_blocks} {packets:?}: {skimmed}");
        }
        let file = capture(3_000, false);
        let (_, skimmed) = staged(&file, &Options { any_port: true, ..Options::default() }, true);
        assert_eq!(skimmed, 0, "all may be mail");
    }
}
