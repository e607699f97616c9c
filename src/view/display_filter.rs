/*!
Evidence to paste: display filters for Wireshark and tshark (`wireshark-filter(4)`).

A session is selected by its ends and its times, which hold in any file that has its packets. `tcp.stream` would not do:
it counts connections of all kinds, as many as that program has seen of that file. A finding is selected by packet
numbers, which hold in one file.
*/

use crate::capture::number;
use crate::session::model::{Finding, Session};
use crate::view::address;
use std::net::IpAddr;

/// Most ranges of packet numbers in a filter; further ones are left out.
const RANGES: usize = 64;

/// The filter that selects the packets of `session`.
pub fn of_session(session: &Session) -> String {
    let transport = &session.transport;
    let (client, server) = (transport.endpoints.client, transport.endpoints.server);
    // It is made for every session: without the machinery of `format!`, and room for two times and addresses of IPv4.
    let mut filter = String::with_capacity(192);
    push_address(&mut filter, client.ip());
    if client.ip() != server.ip() {
        filter.push_str(" && ");
        push_address(&mut filter, server.ip());
    }
    let mut digits = itoa::Buffer::new();
    for port in [client.port(), server.port()] {
        filter.push_str(" && tcp.port == ");
        filter.push_str(digits.format(port));
    }
    let (first, last) = (transport.first, transport.last);
    let is_one_file = number::source(first.packet) == number::source(last.packet);
    match (first.time.known(), last.time.known()) {
        (Some(from), Some(until)) if from <= until => {
            for (than, time) in [(" && frame.time_epoch >= ", from), (" && frame.time_epoch <= ", until)] {
                let (seconds, rest) =
                    (time.nanoseconds().div_euclid(1_000_000_000), time.nanoseconds().rem_euclid(1_000_000_000));
                filter.push_str(than);
                filter.push_str(digits.format(seconds));
                // Nine digits behind a 1, for which the point comes.
                let after_point = digits.format(1_000_000_000 + rest);
                filter.push('.');
                filter.push_str(after_point.get(1..).unwrap_or_default());
            }
        }
        // A clock that went back, or none: the numbers hold in this file.
        _ if is_one_file => {
            for (than, packet) in [(" && frame.number >= ", first.packet), (" && frame.number <= ", last.packet)] {
                filter.push_str(than);
                filter.push_str(digits.format(number::frame(packet)));
            }
        }
        _ => {}
    }
    filter
}

fn push_address(filter: &mut String, ip: IpAddr) {
    filter.push_str(if ip.is_ipv4() { "ip.addr == " } else { "ipv6.addr == " });
    address::push(filter, ip);
}

/// The filters that select the packets that show `finding`, one for each file: the file's index, and the filter.
pub fn of_finding(session: &Session, finding: &Finding) -> Vec<(usize, String)> {
    of_packets(packets_of(session, finding))
}

/// The filter that selects those of the packets that show `finding` that are in file `source`.
pub fn of_finding_in(session: &Session, finding: &Finding, source: usize) -> Option<String> {
    let mut packets = packets_of(session, finding);
    packets.retain(|&packet| number::source(packet) == source);
    in_order(&mut packets);
    (!packets.is_empty()).then(|| frames(&packets))
}

/// The packets that show `finding`, some of them perhaps twice.
pub fn packets_of(session: &Session, finding: &Finding) -> Vec<u64> {
    // Most steps are in one packet.
    let mut packets = Vec::with_capacity(finding.steps.len() + finding.packets.len());
    for step in finding.steps.iter().filter_map(|&n| session.step(n)) {
        packets.extend(step.packets.iter());
    }
    packets.extend(&finding.packets);
    packets
}

/// The filters that select `packets`, one for each file: the file's index, and the filter.
pub fn of_packets(mut packets: Vec<u64>) -> Vec<(usize, String)> {
    in_order(&mut packets);
    packets
        .chunk_by(|one, other| number::source(*one) == number::source(*other))
        .filter_map(|of_file| Some((number::source(*of_file.first()?), frames(of_file))))
        .collect()
}

/// Each once, ascending.
fn in_order(packets: &mut Vec<u64>) {
    packets.sort_unstable();
    packets.dedup();
}

/// `frame.number in {12, 15..17}`; of a single packet `frame.number == 12`. `packets` ascend.
fn frames(packets: &[u64]) -> String {
    let ranges = packets.chunk_by(|one, next| one.checked_add(1) == Some(*next));
    let mut digits = itoa::Buffer::new();
    if let [one] = packets {
        return ["frame.number == ", digits.format(number::frame(*one))].concat();
    }
    let mut shown = String::with_capacity(64);
    shown.push_str("frame.number in {");
    for (place, range) in ranges.take(RANGES).enumerate() {
        if place > 0 {
            shown.push_str(", ");
        }
        let (Some(first), Some(last)) = (range.first(), range.last()) else { continue };
        shown.push_str(digits.format(number::frame(*first)));
        if range.len() > 1 {
            shown.push_str("..");
            shown.push_str(digits.format(number::frame(*last)));
        }
    }
    shown.push('}');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Time;
    use crate::view::testing::{lab_pop3, lab_smtp};

    #[test]
    fn a_session_by_its_ends_and_times() {
        let mut session = lab_smtp();
        assert_eq!(
            of_session(&session),
            "ip.addr == 172.16.0.73 && ip.addr == 172.16.0.253 && tcp.port == 1893 && tcp.port == 25 \
             && frame.time_epoch >= 1260252000.000000000 && frame.time_epoch <= 1260252000.024000000"
        );
        session.transport.endpoints.client = "[2001:db8::1]:1893".parse().unwrap();
        session.transport.endpoints.server = "[2001:db8::1]:25".parse().unwrap();
        session.transport.first.time = Time::from_microseconds(i64::MAX / 2_000);
        let filter = of_session(&session);
        assert!(filter.starts_with("ipv6.addr == 2001:db8::1 && tcp.port == 1893"), "{filter}");
        assert!(filter.contains("frame.number >= 1 && frame.number <= "), "the clock went back: {filter}");
    }

    #[test]
    fn a_finding_by_its_packets_in_each_file() {
        assert_eq!(frames(&[12, 15, 16, 17]), "frame.number in {12, 15..17}");
        assert_eq!(frames(&[12]), "frame.number == 12");
        let many: Vec<u64> = (0..200).map(|n| 2 * n + 1).collect();
        assert_eq!(frames(&many).matches(',').count(), RANGES - 1);
        let session = lab_pop3();
        let finding = Finding { steps: vec![1], packets: vec![9, number::packed(1, 3)], ..Finding::default() };
        let first = session.steps[0].packets.first();
        let expected = vec![(0, format!("frame.number in {{{first}, 9}}")), (1, "frame.number == 3".to_owned())];
        assert_eq!(of_finding(&session, &finding), expected);
        for source in 0..3 {
            let of_file = expected.iter().find(|(file, _)| *file == source).map(|(_, filter)| filter.clone());
            assert_eq!(of_finding_in(&session, &finding, source), of_file);
        }
    }
}
