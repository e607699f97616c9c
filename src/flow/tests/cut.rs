//! Packets that a snap length cut off, and their copies that were captured whole.

use super::*;

/// Hears what is delivered when it is delivered, as a live view does.
#[derive(Default, Clone)]
struct Watcher(Rc<RefCell<Recorder>>);

impl StreamHandler for Watcher {
    fn data(&mut self, from: Side, bytes: &[u8], at: PacketRef) {
        self.0.borrow_mut().data(from, bytes, at);
    }

    fn gap(&mut self, from: Side, missing: u64, at: PacketRef) {
        self.0.borrow_mut().gap(from, missing, at);
    }

    fn is_watched(&self) -> bool {
        true
    }
}

impl ConnectionHandler for Watcher {
    type StreamHandler = Self;
    type Token = ();

    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Endpoints {
        Everyone::default().guess(source, destination)
    }

    fn begun(&mut self, _: &Endpoints, _: PacketRef) {}

    fn listen(&mut self, (): (), _: &Endpoints, _: PacketRef) -> Self {
        self.clone()
    }

    fn over(&mut self, _: Self, _: Transport) {}
}

/// The segment as a capture with a snap length has it: at most `kept` bytes of payload.
fn cut(sent: &Sent, kept: usize) -> Sent {
    let kept = kept.min(sent.payload.len());
    Sent { payload: sent.payload[..kept].to_vec(), cut: (sent.payload.len() - kept) as u32, ..sent.clone() }
}

/// Each packet, and the same from another sensor, `lag` milliseconds later and one hop further on. One of the two keeps
/// `kept` bytes of each payload: the first, or the second.
fn twice(lag: i64, kept: usize, first: bool) -> Vec<(i64, u8, Sent)> {
    let mut all = Vec::new();
    for (time, sent) in (0..).step_by(300).zip(packets(&TURNS, 1000)) {
        let (one, other) = if first { (cut(&sent, kept), sent.clone()) } else { (sent.clone(), cut(&sent, kept)) };
        all.extend([(time, 64, one), (time + lag, 63, other)]);
    }
    all.sort_by_key(|(time, ..)| *time);
    all
}

#[test]
fn the_copy_that_is_whole_counts_in_either_order() {
    for kept in [0, 4] {
        for first in [true, false] {
            for (lag, numbered, stamped) in
                [(0, true, false), (0, false, false), (7_000, true, false), (7_000, false, true), (7_000, false, false)]
            {
                let everyone = Everyone::default();
                let (mut table, watcher) = (Table::new(everyone.clone(), 1), Watcher::default());
                let mut watched = Table::new(watcher.clone(), 1);
                for (packet, (time, hops, sent)) in (1..).zip(twice(lag, kept, first)) {
                    let number = (time - if hops == 63 { lag } else { 0 }) / 300;
                    let segment = changed(sent.segment(packet, time * 1_000), |header| {
                        header.hops = hops;
                        header.identification = Some(number as u16 + 1).filter(|_| numbered);
                        header.timestamp = Some(number as u32 * 300).filter(|_| stamped);
                    });
                    table.segment(&segment);
                    watched.segment(&segment);
                }
                table.finish();
                watched.finish();
                let case = format!("{kept} kept, the first: {first}, {lag} ms, {numbered}, {stamped}");
                let (heard, transport) = everyone.0.take().remove(0);
                assert_eq!(heard, said(), "{case}");
                let counters = transport.counters;
                assert_eq!((counters.client_missing, counters.server_missing), (0, 0), "{case}");
                assert_eq!((counters.retransmitted, counters.sent_again), (0, 0), "{case}");
                if lag == 0 {
                    assert_eq!(watcher.0.borrow().0, said(), "{case}");
                }
            }
        }
    }
}

#[test]
fn what_was_never_seen_whole_is_told_at_once_to_a_watcher() {
    let watcher = Watcher::default();
    let mut table = Table::new(watcher.clone(), 1);
    let mut told = 0;
    for (number, sent) in (1..).zip(packets(&TURNS, 1000)) {
        told += sent.payload.len();
        table.segment(&cut(&sent, 4).segment(number, number as i64 * 1_000));
        let heard = &watcher.0.borrow().0;
        let bytes: usize = heard.iter().map(|(_, text)| 4 + text[5..text.len() - 1].parse::<usize>().unwrap()).sum();
        assert_eq!(bytes, told, "{heard:?}");
    }
}

#[test]
fn a_watched_connection_begun_in_the_middle_waits_for_the_next_packet() {
    let watcher = Watcher::default();
    let mut table = Table::new(watcher.clone(), 1);
    for (number, sent) in (1..).zip(&packets(&TURNS, 1000)[3..]) {
        for (hops, sent) in [(64, cut(sent, 4)), (63, sent.clone())] {
            let segment = sent.segment(number * 2 - u64::from(hops == 64), number as i64 * 1_000);
            table.segment(&changed(segment, |header| header.hops = hops));
        }
    }
    table.finish();
    assert_eq!(watcher.0.borrow().0, said());
}
