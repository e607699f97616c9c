//! What stands for the facts of a session that are not known yet.

use super::{Placeholder, Tls};
use crate::flow::{CloseReason, Counters, Endpoints, PacketRef, Transport};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::LazyLock;

impl Placeholder for Transport {
    fn placeholder() -> &'static Self {
        static UNKNOWN: LazyLock<Transport> = LazyLock::new(|| {
            let nobody = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
            let never = PacketRef { packet: 0, time: Default::default() };
            Transport {
                endpoints: Endpoints { client: nobody, server: nobody },
                first: never,
                first_sequence: 0,
                last: never,
                end: CloseReason::Open,
                left: None,
                from_start: false,
                counters: Counters::default(),
                conflicts: Default::default(),
                stalls: Default::default(),
                ends: None,
            }
        });
        &UNKNOWN
    }
}

impl Placeholder for Tls {
    fn placeholder() -> &'static Self {
        static NONE: LazyLock<Tls> = LazyLock::new(Tls::default);
        &NONE
    }
}

#[cfg(test)]
mod tests {
    use super::super::Late;
    use super::*;

    #[test]
    fn what_is_not_known_takes_no_room_and_reads_as_its_placeholder() {
        let mut tls = Late::<Tls>::default();
        assert_eq!((tls.room(), &*tls), (0, &Tls::default()));
        tls.decrypted = true;
        assert!(tls.decrypted && tls.room() > size_of::<Tls>());
        assert_eq!(size_of::<Late<Transport>>(), size_of::<usize>());
    }
}
