//! Identifiers of sessions that hold beyond one run.

use crate::capture::Time;
use crate::flow::Transport;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Bytes of the digest that are kept: among a billion sessions, two share an identifier with a chance of one in a million.
const BYTES: usize = 10;

/// The same for the same session on any run and machine, however its packets are spread over files: 20 hexadecimal
/// digits, made of its Community ID, the time of its first packet and the TCP sequence number of that packet. Ports are
/// used again, so the Community ID alone is shared by many connections.
pub fn uid(community_id: &str, transport: &Transport) -> String {
    uid_of(community_id, transport.first.time, transport.first_sequence)
}

/// The same, where the rest of the session is gone.
pub fn uid_of(community_id: &str, first: Time, first_sequence: u32) -> String {
    let mut hash = Sha256::new();
    hash.update(community_id);
    hash.update(first.nanoseconds().to_be_bytes());
    hash.update(first_sequence.to_be_bytes());
    HEXLOWER.encode(&hash.finalize()[..BYTES])
}

#[cfg(test)]
mod tests {
    use crate::capture::{Time, number};
    use crate::flow::{Endpoints, Transport};
    use crate::view::testing;

    fn uid(transport: &Transport) -> String {
        super::uid(&crate::view::record::community_id(&transport.endpoints), transport)
    }

    #[test]
    fn an_identifier_depends_on_ends_time_and_sequence_number_alone() {
        let session = testing::lab_smtp();
        let known = uid(&session.transport);
        assert_eq!(known.len(), 20);
        let mut elsewhere = session.clone();
        (elsewhere.id, elsewhere.transport.first.packet) = (99, number::packed(3, 7));
        (elsewhere.transport.from_start, elsewhere.transport.last.packet) = (false, 1);
        assert_eq!(uid(&elsewhere.transport), known, "another number, file and end");
        let mut turned = session.transport.clone();
        let Endpoints { client, server } = turned.endpoints;
        turned.endpoints = Endpoints { client: server, server: client };
        assert_eq!(uid(&turned), known, "whoever is taken for the client");
        let (mut later, mut again, mut other) =
            (session.transport.clone(), session.transport.clone(), session.transport.clone());
        later.first.time = Time::from_nanoseconds(later.first.time.nanoseconds() + 1);
        again.first_sequence = 1;
        other.endpoints.client.set_port(1);
        for different in [later, again, other] {
            assert_ne!(uid(&different), known);
        }
    }
}
