/*!
Which sessions are shown. A session is shown where each kind of condition holds that was given; of several conditions of
one kind, one is enough.
*/

mod bad;
mod end;
mod moment;
mod pattern;

pub use bad::Bad;
pub use end::End;
pub use moment::Moment;
pub use pattern::Pattern;

use super::rule::Class;
use super::{Needs, Selection};
use crate::protocol::Protocol;
use crate::protocol::event::LoginOutcome;
use crate::session::Session;
use crate::session::model::{Credential, Finding, Severity};
use std::ops::RangeInclusive;

/// Which sessions are shown: all, where nothing is asked for.
#[derive(Debug, Clone, Default)]
pub struct SessionFilter {
    /// The protocols.
    pub protocols: Vec<Protocol>,
    /// The numbers.
    pub sessions: Vec<RangeInclusive<u64>>,
    /// The end that opened the connection: its address, the one for which a proxy speaks, or what it called itself.
    pub clients: Vec<End>,
    /// The other end: its address, or its name in the greeting, in the client's TLS (SNI) or in its certificate.
    pub servers: Vec<End>,
    /// Who logged in, or tried to.
    pub users: Vec<Pattern>,
    /// Senders: MAIL FROM, or the header field From.
    pub senders: Vec<Pattern>,
    /// Recipients: RCPT TO, accepted or not, or the header fields To and Cc.
    pub recipients: Vec<Pattern>,
    /// Parts of the decoded header field Subject.
    pub subjects: Vec<Pattern>,
    /// Only sessions in which something failed.
    pub failed: bool,
    /// Only sessions that were not over before.
    pub since: Option<Moment>,
    /// Only sessions that began before, or at that time.
    pub until: Option<Moment>,
    /// The conditions as they were typed, for messages.
    pub told: Vec<String>,
}

impl SessionFilter {
    /// Whether every session is shown.
    pub fn is_empty(&self) -> bool {
        self.asks_for_protocols_alone() && self.protocols.is_empty()
    }

    /// Whether nothing but protocols was asked for.
    pub fn asks_for_protocols_alone(&self) -> bool {
        let Self { protocols: _, sessions, clients, servers, users, senders, recipients, subjects, .. } = self;
        let Self { failed, since, until, .. } = self;
        let patterns = [users, senders, recipients, subjects];
        sessions.is_empty()
            && clients.is_empty()
            && servers.is_empty()
            && patterns.iter().all(|patterns| patterns.is_empty())
            && !failed
            && since.is_none()
            && until.is_none()
    }

    /// Whether it is known of a session that has just begun whether it is shown.
    pub fn is_known_at_once(&self) -> bool {
        let patterns = [&self.users, &self.senders, &self.recipients, &self.subjects];
        patterns.iter().all(|patterns| patterns.is_empty())
            && !self.clients.iter().chain(&self.servers).any(End::is_named)
            && !self.failed
            && self.since.is_none()
    }

    /// Checks that a session can be both not over at the one time and begun by the other.
    ///
    /// # Errors
    /// If the first time is later than the last.
    pub fn in_order(&self) -> Result<(), Bad> {
        match (&self.since, &self.until) {
            (Some(since), Some(until)) if since.is_after(until) => {
                let typed = |option: &str| self.told.iter().find(|told| told.starts_with(option));
                let [since, until] = ["--since", "--until"].map(|option| typed(option).map_or(option, |told| told));
                Err(Bad::Reversed { since: since.to_owned(), until: until.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// What has to be computed to know it.
    pub fn needs(&self) -> Needs {
        let patterns = [&self.senders, &self.recipients, &self.subjects];
        if patterns.iter().all(|patterns| patterns.is_empty()) { Needs::NONE } else { Needs::MESSAGES }
    }

    /// `selection`, and the rules that have to run to know it.
    pub fn selection(&self, selection: Selection) -> Selection {
        let rules = if self.failed { Selection::ALL.rules } else { selection.rules };
        Selection { rules, ..selection }
    }

    /// Whether `session` is shown. Its findings are known, where [`Self::selection`] ran.
    pub fn selects(&self, session: &Session) -> bool {
        any(&self.protocols, |protocol| *protocol == session.protocol)
            && any(&self.sessions, |numbers| numbers.contains(&session.id))
            && any(&self.clients, |end| is_client(end, session))
            && any(&self.servers, |end| is_server(end, session))
            && any(&self.users, |name| is_user(name, session))
            && any(&self.senders, |address| is_sender(address, session))
            && any(&self.recipients, |address| is_recipient(address, session))
            && any(&self.subjects, |text| {
                session
                    .messages
                    .iter()
                    .filter_map(|message| message.header.subject.as_deref())
                    .any(|one| text.is_in(one))
            })
            && (!self.failed || session.findings.iter().any(is_failure) || never_let_in(session))
            && self.is_in_time(session)
    }

    fn is_in_time(&self, session: &Session) -> bool {
        let (first, last) = (session.transport.first.time, session.transport.last.time);
        let last = last.max(first).nanoseconds();
        self.since.as_ref().is_none_or(|since| last >= since.of(first).0)
            && self.until.as_ref().is_none_or(|until| first.nanoseconds() < until.of(first).1)
    }
}

/// Whether a finding says that something failed. What is for information ended well.
pub(crate) fn is_failure(finding: &Finding) -> bool {
    finding.class == Class::Failure && finding.severity > Severity::Info
}

/// The server refused a log-in, for good or for now, and accepted none: nobody was let in, whoever is to blame.
fn never_let_in(session: &Session) -> bool {
    let logins = || session.credentials.iter();
    let is_refused = |login: &Credential| login.outcome == LoginOutcome::Rejected || login.is_put_off();
    logins().any(is_refused) && !logins().any(|login| login.outcome == LoginOutcome::Accepted)
}

fn any<T>(conditions: &[T], holds: impl Fn(&T) -> bool) -> bool {
    conditions.is_empty() || conditions.iter().any(holds)
}

fn is_client(end: &End, session: &Session) -> bool {
    let socket = session.transport.endpoints.client;
    let addresses = [socket.ip()].into_iter().chain(session.client_address);
    end.is(socket, addresses, session.client_name.as_deref().map(bare).into_iter())
}

fn is_server(end: &End, session: &Session) -> bool {
    let socket = session.transport.endpoints.server;
    // The greeting of SMTP begins with the name; those of POP3 and IMAP may have it anywhere.
    let greeting = session.banner.as_deref().unwrap_or_default();
    let words =
        greeting.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '[' | ']' | '(' | ')' | '@' | ',' | ';'));
    let tls = session.tls.server_name.as_deref().into_iter();
    let certificate = session.tls.certificate.iter().flat_map(|certificate| &certificate.names);
    let names = words.filter(|word| !word.is_empty()).chain(tls).chain(certificate.map(String::as_str));
    end.is(socket, [socket.ip()].into_iter(), names)
}

fn bare(name: &str) -> &str {
    name.trim_matches(|c: char| c.is_whitespace() || matches!(c, '[' | ']'))
}

fn is_user(name: &Pattern, session: &Session) -> bool {
    let attempts = session.credentials.iter().chain(&session.unheeded);
    attempts.flat_map(|one| [&one.username, &one.authorization_id]).flatten().any(|one| name.is_address(one))
}

fn is_sender(address: &Pattern, session: &Session) -> bool {
    let transactions = session.transactions.iter().filter_map(|one| one.from.as_deref());
    let envelopes = session.messages.iter().filter_map(|message| message.envelope.as_ref()?.from.as_deref());
    let headers = session.messages.iter().flat_map(|message| &message.header.from);
    let headers = headers.filter_map(|mailbox| mailbox.address.as_deref());
    transactions.chain(envelopes).chain(headers).any(|one| address.is_address(one))
}

fn is_recipient(address: &Pattern, session: &Session) -> bool {
    let transactions = session.transactions.iter().flat_map(|one| &one.to).map(|one| one.address.as_str());
    let envelopes = session.messages.iter().filter_map(|message| message.envelope.as_ref()).flat_map(|one| &one.to);
    let headers = session.messages.iter().flat_map(|message| message.header.to.iter().chain(&message.header.cc));
    let headers = headers.filter_map(|mailbox| mailbox.address.as_deref());
    transactions.chain(envelopes.map(|one| one.address.as_str())).chain(headers).any(|one| address.is_address(one))
}

#[cfg(test)]
mod tests;
