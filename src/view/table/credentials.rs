/*!
The table of login attempts, one of those that close the output: who logs in, how, and how often. Equal attempts share a
row, with the packets in which user name and password can be seen.
*/

use super::grid::{Mark, Row};
use super::listing::KEPT;
use super::{Options, cell, heading, steps};
use crate::flow::Side;
use crate::protocol::Protocol;
use crate::protocol::event::{Exposure, LoginOutcome};
use crate::session::model::{Credential, Session};
use crate::view::address::canonical;
use crate::view::locale::{self, Label};
use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

/// Most packet numbers in one row.
const NUMBERS: usize = 6;
/// Most characters of a user name or password.
const FIELD: usize = 200;

/// Login attempts that are equal in all these fields share a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Alike {
    client: IpAddr,
    server: SocketAddr,
    protocol: Protocol,
    mechanism: String,
    user: String,
    password: String,
    exposure: Exposure,
    outcome: LoginOutcome,
    put_off: bool,
}

/// The rows of the table, in the order of their first attempts.
#[derive(Debug, Default)]
pub struct Ledger {
    rows: Vec<(Alike, Seen)>,
    places: HashMap<Alike, usize>,
    left_out: u64,
}

#[derive(Debug, Default)]
struct Seen {
    times: u64,
    packets: Vec<String>,
    more: bool,
}

impl Ledger {
    /// Adds the login attempts of a session that is over.
    pub fn add(&mut self, options: &Options, session: &Session) {
        for credential in &session.credentials {
            let alike = alike(options, session, credential);
            let place = match self.places.get(&alike) {
                Some(&place) => place,
                None if self.rows.len() >= KEPT => {
                    self.left_out += 1;
                    continue;
                }
                None => {
                    self.places.insert(alike.clone(), self.rows.len());
                    self.rows.push((alike, Seen::default()));
                    self.rows.len() - 1
                }
            };
            if let Some((_, seen)) = self.rows.get_mut(place) {
                seen.add(session, credential);
            }
        }
    }

    /// Writes the table.
    pub fn write(&self, out: &mut dyn Write, options: &Options) -> io::Result<()> {
        writeln!(out)?;
        heading::banner(out, options.style, options.label(Label::Credentials))?;
        if self.rows.is_empty() {
            return heading::paragraph(out, options.style, options.label(Label::NoCredentials));
        }
        let label = |label| options.label(label);
        let ends = format!("{} → {}\n{}", label(Label::Client), label(Label::Server), label(Label::Mechanism));
        let titles = [
            options.label(Label::Number),
            &ends,
            options.label(Label::User),
            options.label(Label::Password),
            options.label(Label::Outcome),
            options.label(Label::LogIns),
        ];
        heading::table(out, options.style, &titles, &self.rows(options), &[13, 21])?;
        if self.rows.iter().any(|(alike, _)| mark(alike.exposure) == Mark::Secret) {
            heading::note(out, options.style, &steps::legend(options))?;
        }
        if self.left_out > 0 {
            writeln!(out, "… +{}", self.left_out)?;
        }
        Ok(())
    }

    /// The rows: packets, ends with mechanism, user, password, outcome, how often.
    pub fn rows(&self, options: &Options) -> Vec<Row> {
        self.rows.iter().map(|(alike, seen)| row(options, alike, seen)).collect()
    }
}

impl Seen {
    /// Counts another attempt, and adds the packets of its steps from the client.
    fn add(&mut self, session: &Session, credential: &Credential) {
        self.times += 1;
        let steps = credential.steps.iter().filter_map(|&n| session.step(n)).filter(|step| step.from == Side::Client);
        for step in steps {
            if self.packets.len() >= NUMBERS {
                self.more = true;
                break;
            }
            self.packets.push(cell::numbers(step));
        }
    }
}

fn alike(options: &Options, session: &Session, credential: &Credential) -> Alike {
    let endpoints = &session.transport.endpoints;
    let told = |text: &str| cell::line(text, FIELD);
    let user = match (credential.username.as_deref(), credential.authorization_id.as_deref()) {
        (user, Some(acts_as)) if user != Some(acts_as) && !acts_as.is_empty() => {
            let acts_as = options.named(Label::AuthorizationId, &told(acts_as));
            format!("{}\n({acts_as})", told(user.unwrap_or_default()))
        }
        (user, _) => told(user.unwrap_or_default()),
    };
    // The table shows what an observer can see. With `--redact`, `view::redact` has masked the secrets before.
    let sent = credential.password.as_ref().filter(|password| !password.reveal().is_empty());
    let password = match (sent, &credential.token) {
        (Some(password), _) => told(password.reveal()),
        (None, Some(token)) => options.named(Label::Token, &told(token.reveal())),
        (None, None) => format!("({})", locale::exposure(options.lang, credential.exposure)),
    };
    Alike {
        client: endpoints.client.ip().to_canonical(),
        server: canonical(endpoints.server),
        protocol: session.protocol,
        mechanism: told(&credential.mechanism),
        user,
        password,
        exposure: credential.exposure,
        outcome: credential.outcome,
        put_off: credential.is_put_off(),
    }
}

fn mark(exposure: Exposure) -> Mark {
    match exposure {
        Exposure::Plaintext | Exposure::Token => Mark::Secret,
        Exposure::Hash | Exposure::None => Mark::None,
    }
}

fn row(options: &Options, alike: &Alike, seen: &Seen) -> Row {
    let mut packets = seen.packets.join(", ");
    if seen.more {
        packets.push_str(", …");
    }
    let mark = mark(alike.exposure);
    if mark == Mark::Secret {
        packets.push_str(" !");
    }
    Row::new([
        packets,
        format!(
            "{} →\n{}\n{} {}",
            alike.client,
            alike.server,
            locale::protocol(options.lang, alike.protocol),
            alike.mechanism
        ),
        alike.user.clone(),
        alike.password.clone(),
        locale::login_outcome(options.lang, alike.outcome, alike.put_off).to_owned(),
        seen.times.to_string(),
    ])
    .marked(mark)
}
