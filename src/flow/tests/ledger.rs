//! What goes where the connections of a table hold too much.

use super::*;
use crate::flow::tests::hostile::{from_client, said};
use crate::limits::Limit;

/// Holds what it is told, and lets go of half of it; the first bytes of each say whether it can.
#[derive(Default)]
struct Hoarder {
    held: usize,
    kept: usize,
    asked: usize,
    /// Can be put into less room: a tenth.
    loose: usize,
}

impl StreamHandler for Hoarder {
    fn data(&mut self, _: Side, bytes: &[u8], _: PacketRef) {
        match bytes.first() {
            Some(b'k') => self.kept += 1_000 * bytes.len(),
            Some(b'l') => self.loose += 1_000 * bytes.len(),
            _ => self.held += 1_000 * bytes.len(),
        }
    }

    fn gap(&mut self, _: Side, _: u64, _: PacketRef) {}

    fn held(&self) -> usize {
        self.held + self.kept + self.loose
    }

    fn items(&self) -> usize {
        self.held() / 100
    }

    fn packable(&self) -> usize {
        self.loose
    }

    fn spare(&self) -> usize {
        self.held + self.loose
    }

    fn let_go(&mut self) {
        if self.loose > 0 {
            self.kept += std::mem::take(&mut self.loose) / 10;
            return;
        }
        self.held /= 2;
        self.asked += 1;
    }
}

#[derive(Default, Clone)]
struct Hoarders(Rc<RefCell<Vec<(usize, usize)>>>);

impl ConnectionHandler for Hoarders {
    type StreamHandler = Hoarder;
    type Token = ();

    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Endpoints {
        Endpoints { client: source, server: destination }
    }

    fn begun(&mut self, _: &Endpoints, _: PacketRef) {}

    fn listen(&mut self, (): (), _: &Endpoints, _: PacketRef) -> Hoarder {
        Hoarder::default()
    }

    fn over(&mut self, hoarder: Hoarder, _: Transport) {
        self.0.borrow_mut().push((hoarder.held(), hoarder.asked));
    }
}

fn open(table: &mut Table<Hoarders>, n: u32) {
    table.segment(&from_client(n, u64::from(n) + 1, 0));
    let syn = from_client(n, u64::from(n) + 1, 1);
    let answer = changed(Segment { source: syn.destination, destination: syn.source, ..syn }, |header| {
        (header.acknowledgement, header.sequence) = (Some(n + 1), 0);
    });
    table.segment(&answer);
}

#[test]
fn the_one_that_can_spare_most_is_asked_first() {
    let hoarders = Hoarders::default();
    let mut table = Table::new(hoarders.clone(), 1).with_memory(300_000);
    for (n, len) in [(0, 10), (1, 200), (2, 20)] {
        open(&mut table, n);
        table.segment(&said(n, n + 1, &vec![b's'; len], 100 + u64::from(n)));
    }
    assert!(table.limits_hit().is_empty());
    for n in 0..500 {
        table.segment(&said(1, 202 + n, b"s", 200 + u64::from(n)));
    }
    // Halves go: what was asked for is in proportion to what came.
    assert!(table.ledger.asked < 20, "{}", table.ledger.asked);
    table.finish();
    let told = hoarders.0.borrow();
    assert_eq!((told[0], told[2]), ((10_000, 0), (20_000, 0)));
    assert!(told[1].1 > 0 && told[1].0 < 300_000, "{told:?}");
}

#[test]
fn none_is_asked_to_lose_anything_as_long_as_one_can_pack() {
    let hoarders = Hoarders::default();
    let mut table = Table::new(hoarders.clone(), 1).with_memory(300_000);
    for (n, what) in [(0, b's'), (1, b'l'), (2, b'l'), (3, b'l')] {
        open(&mut table, n);
        table.segment(&said(n, n + 1, &[what; 80], 100 + u64::from(n)));
    }
    table.finish();
    let told = hoarders.0.borrow();
    // Those that could pack did, one after the other; the largest that could not was left alone.
    assert_eq!(told[0], (80_000, 0));
    assert!(told[1..].iter().any(|&(held, _)| held == 8_000), "{told:?}");
}

#[test]
fn where_nothing_can_be_spared_the_one_silent_longest_is_given_up() {
    let hoarders = Hoarders::default();
    let mut table = Table::new(hoarders.clone(), 1).with_memory(300_000);
    for n in 0..10 {
        open(&mut table, n);
        table.segment(&said(n, n + 1, &[b'k'; 50], 100 + u64::from(n)));
    }
    let closed = hoarders.0.borrow().len();
    assert!((5..8).contains(&closed), "{closed}");
    assert!(table.stream_handler(&Key::of(&from_client(9, 1, 0))).is_some());
    assert!(table.stream_handler(&Key::of(&from_client(0, 1, 0))).is_none());
    assert_eq!(table.limits_hit().iter().collect::<Vec<_>>(), [(Limit::Connections, closed as u64)]);
}
