/*!
Who logs in, how often: per server and client, the sessions with a log-in and those without. It stands below the log-in
attempts, which say nothing of a server that takes mail from whoever comes.
*/

use super::{KEPT, Options, heading};
use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::{Delivery, Kind, LoginOutcome};
use crate::session::model::{Session, TlsMode};
use crate::view::locale::{self, Label, LoginFrequency};
use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

/// Who logs in where.
type Key = (Protocol, IpAddr, SocketAddr);

/// Sessions counted, in the order in which each client first came to each server.
#[derive(Debug, Default)]
pub struct Frequencies {
    counts: Vec<(Key, LoginFrequency)>,
    places: HashMap<Key, usize>,
    /// Sessions of further clients and servers.
    left_out: u64,
}

impl Frequencies {
    /// Counts a session that is over.
    pub fn add(&mut self, session: &Session) {
        let endpoints = &session.transport.endpoints;
        let key = (session.protocol, endpoints.client.ip().to_canonical(), heading::canonical(endpoints.server));
        let place = match self.places.get(&key) {
            Some(&place) => place,
            None if self.counts.len() >= KEPT => {
                self.left_out += 1;
                return;
            }
            None => {
                self.places.insert(key, self.counts.len());
                self.counts.push((key, LoginFrequency::default()));
                self.counts.len() - 1
            }
        };
        if let Some((_, counts)) = self.counts.get_mut(place) {
            count(counts, session);
        }
    }

    /// Writes a line for each client and server.
    pub fn write(&self, out: &mut dyn Write, options: &Options) -> io::Result<()> {
        if self.counts.is_empty() {
            return Ok(());
        }
        heading::title(out, options.style, options.label(Label::WhoLogsIn))?;
        for ((protocol, client, server), counts) in &self.counts {
            let protocol = locale::protocol(options.lang, *protocol);
            let words = locale::login_frequency(options.lang, counts);
            let line = options.colon(&format!("{protocol} {client} → {server}"), &words);
            heading::paragraph(out, options.style, &line)?;
        }
        if self.left_out > 0 {
            writeln!(out, " … +{}", self.left_out)?;
        }
        Ok(())
    }
}

/// Each session counts once.
fn count(counts: &mut LoginFrequency, session: &Session) {
    counts.sessions += 1;
    let logins = &session.credentials;
    if logins.iter().any(|login| login.outcome == LoginOutcome::Accepted) {
        counts.logged_in += 1;
    } else if logins.iter().any(|login| login.outcome == LoginOutcome::Unknown) {
        counts.unknown += 1;
    } else if !logins.is_empty() {
        counts.refused += 1;
    } else if session.tls.mode != TlsMode::None && !session.tls.decrypted {
        counts.hidden += 1;
    } else if session.steps.iter().all(|step| matches!(step.kind, Kind::Gap | Kind::Unknown)) {
        counts.silent += 1;
    } else if !session.transport.from_start {
        counts.late += 1;
    } else if session.steps.iter().any(|step| step.kind == Kind::Gap && step.from == Side::Client) {
        counts.incomplete += 1;
    } else {
        counts.without += 1;
        let accepted = session.messages.iter().filter(|message| message.outcome == Some(Delivery::Accepted));
        counts.accepted_without += accepted.count() as u64;
    }
}
