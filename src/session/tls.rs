//! What only the whole session tells about TLS.

use super::model::{Session, TlsMode};
use crate::flow::CloseReason;
use crate::protocol::event::Subject;
use crate::protocol::tls;

/// Says of a session that is over whether its handshake failed.
pub fn settle(session: &mut Session) {
    // What is known of TLS takes room only where there is some.
    if failed(session) {
        session.tls.failed = true;
    }
}

/// Whether a handshake was begun, and an alert or the end of the connection came before the keys were in use. Where bytes
/// are missing, or the capture ended first, it may have ended unseen.
fn failed(session: &Session) -> bool {
    let (tls, transport) = (&session.tls, &session.transport);
    if tls.mode == TlsMode::None || tls.decrypted || tls.established {
        return false;
    }
    let is_whole = transport.counters.client_missing + transport.counters.server_missing == 0;
    let has = |is: fn(&tls::Subject) -> bool| {
        session.steps.iter().any(|step| matches!(&step.subject, Subject::Tls(subject) if is(subject)))
    };
    let is_over = || {
        matches!(transport.end, CloseReason::Closed | CloseReason::Reset)
            || has(|subject| matches!(subject, tls::Subject::Alert { fatal: true, .. }))
    };
    is_whole && has(|subject| *subject == tls::Subject::ClientHello) && is_over()
}

#[cfg(test)]
mod tests {
    use crate::session::Needs;
    use crate::verdict::testing::session;

    /// A ClientHello of TLS 1.0 that offers one cipher, in its record.
    const HELLO: &str =
        r"C| \x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x01TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT\x00\x00\x02\x00\x2f\x01\x00";
    /// The ServerHello that takes it.
    const ANSWER: &str =
        r"S| \x16\x03\x01\x00\x2a\x02\x00\x00\x26\x03\x01TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT\x00\x00\x2f\x00";
    const KEYS: [&str; 2] = [
        r"C| \x14\x03\x01\x00\x01\x01\x16\x03\x01\x00\x28TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT",
        r"S| \x14\x03\x01\x00\x01\x01\x16\x03\x01\x00\x28TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT",
    ];

    fn failed(said: &[&str]) -> bool {
        let script = [&["--- server 192.0.2.25:993"], said].concat().join("\n");
        session(&script, Needs::NONE).tls.failed
    }

    #[test]
    fn a_handshake_without_its_end() {
        let alert = r"S| \x15\x03\x01\x00\x02\x02\x46";
        assert!(failed(&[HELLO, alert]));
        assert!(failed(&[HELLO]), "the server closes the connection");
        assert!(failed(&[HELLO, ANSWER, KEYS[0]]), "so it does after the client's keys");
        assert!(!failed(&[HELLO, ANSWER, KEYS[0], KEYS[1]]));
        assert!(!failed(&[HELLO, ANSWER, KEYS[0], KEYS[1], r"S| \x15\x03\x01\x00\x02\x02\x14"]), "an alert later on");
        assert!(!failed(&[HELLO, ANSWER, KEYS[0], "S~ 40"]), "bytes are missing");
    }

    #[test]
    fn what_the_client_offers() {
        let script = ["--- server 192.0.2.25:993", HELLO, ANSWER].join("\n");
        let tls = session(&script, Needs::NONE).tls;
        assert_eq!((&*tls.offered, tls.version.as_deref()), (&["TLS 1.0".to_owned()][..], Some("TLS 1.0")));
    }
}
