/*!
Which connections are probes: health checks of load balancers, port scans. There may be one every other second, and each
is over before anything was said that a row of a table could show. They are counted.

A connection is a probe where everything is known of it (both SYNs, no byte missing) and its client closed it first, at
once, and without a byte of a mail dialogue. A client that waited for a greeting, that acknowledged one, or that the
server turned away is a session.
*/

use crate::flow::{Leaving, Side, Transport};
use crate::protocol::Protocol;
use crate::protocol::detect::Probe;
use crate::protocol::event::{Kind, Subject};
use crate::session::Session;
use std::net::IpAddr;

/// Nanoseconds after its first packet within which a client that waits for nothing has left.
const AT_ONCE: i64 = 1_000_000_000;
/// The same for a client that has sent line ends: nmap waits five seconds for what comes of them.
const AFTER_LINE_ENDS: i64 = 10_000_000_000;

/// A connection that is counted as a probe.
#[derive(Debug, Clone, Copy)]
pub struct Probing {
    /// What its client sent.
    pub probe: Probe,
    /// What its port promises.
    pub protocol: Protocol,
    /// Its client.
    pub client: IpAddr,
}

/// The probe that a connection was whose client sent no more than `probe`.
pub fn probing(probe: Probe, protocol: Protocol, transport: &Transport) -> Option<Probing> {
    let Leaving { side: Side::Client, time, heard } = transport.left? else { return None };
    let counters = &transport.counters;
    if !transport.from_start || counters.client_missing + counters.server_missing > 0 || counters.subflows.is_some() {
        return None;
    }
    let within = |nanoseconds| time.known_since(transport.first.time).is_some_and(|passed| passed < nanoseconds);
    let is_probe = match probe {
        Probe::Silent | Probe::ProxyHeader { local: false } => !heard && within(AT_ONCE),
        Probe::LineEnds => !heard && within(AFTER_LINE_ENDS),
        Probe::OtherProtocol | Probe::ProxyHeader { local: true } => true,
    };
    is_probe.then_some(Probing { probe, protocol, client: transport.endpoints.client.ip() })
}

/// Whether `session` has no more than a greeting that asks the client to begin, and a proxy's header.
pub fn is_greeting_alone(session: &Session) -> bool {
    let greets = |code, status| matches!((code, status), (Some(220), _) | (_, Some("+OK" | "OK" | "PREAUTH")));
    session.limits_hit.is_empty()
        && session.steps.iter().all(|step| match step.from {
            Side::Client => matches!(step.subject, Subject::Proxy(_)),
            Side::Server => step.kind == Kind::Greeting && greets(step.code(), step.status()),
        })
}
