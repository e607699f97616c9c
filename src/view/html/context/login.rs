//! Attempts to log in: those of a session, and of all sessions with equal ones counted together.

use super::text::{Text, line};
use crate::flow::Side;
use crate::protocol::event::Exposure;
use crate::session::model::{Credential, Session};
use crate::view::address::canonical;
use crate::view::locale;
use crate::view::table::numbers;
use serde::Serialize;
use std::collections::HashMap;

/// Attempts that are listed.
const KEPT: usize = 2_000;
/// Sessions that are named for one of them.
const SESSIONS: usize = 8;

/// An attempt to log in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Login {
    /// The client's address.
    pub client: String,
    /// The server's address and port.
    pub server: String,
    /// The protocol's name.
    pub protocol: String,
    /// How: `USER/PASS`, `AUTH PLAIN`, …
    pub mechanism: String,
    /// The user's name.
    pub user: Option<String>,
    /// Whom the user acts as, if that is another.
    pub acts_as: Option<String>,
    /// The password or token, where it crossed readable.
    pub secret: Option<String>,
    /// `plaintext`, `token`, `hash`, `none`: what anyone on the path can read.
    pub exposure: &'static str,
    /// That in words.
    #[serde(rename = "exposure_text")]
    pub exposure_text: Words,
    /// What the server said to it.
    pub outcome: Words,
}

/// Words in both languages that can be compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Words {
    en: &'static str,
    zh: &'static str,
}

/// Equal attempts of all sessions.
#[derive(Debug, Clone, Serialize)]
pub struct Counted {
    /// What they have in common.
    #[serde(flatten)]
    pub login: Login,
    /// How many there are.
    pub count: u64,
    /// The first sessions that they are of.
    pub sessions: Vec<u64>,
}

/// The attempts of all sessions.
#[derive(Debug, Default)]
pub struct Ledger {
    rows: Vec<Counted>,
    places: HashMap<Login, usize>,
    /// Further attempts.
    pub left_out: u64,
}

impl Ledger {
    /// Adds those of a session.
    pub fn add(&mut self, session: &Session) {
        for credential in &session.credentials {
            let login = login(session, credential);
            match self.places.get(&login).copied() {
                Some(place) => {
                    let Some(row) = self.rows.get_mut(place) else { continue };
                    row.count += 1;
                    if row.sessions.len() < SESSIONS && row.sessions.last() != Some(&session.id) {
                        row.sessions.push(session.id);
                    }
                }
                None if self.rows.len() >= KEPT => self.left_out += 1,
                None => {
                    self.places.insert(login.clone(), self.rows.len());
                    self.rows.push(Counted { login, count: 1, sessions: vec![session.id] });
                }
            }
        }
    }

    /// In the order of their first attempts.
    pub fn finish(self) -> Vec<Counted> {
        self.rows
    }
}

/// An attempt with its packets.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    /// The attempt.
    #[serde(flatten)]
    pub login: Login,
    /// The packets in which the client sent it.
    pub packets: String,
}

/// The attempts of one session, at most `limit`.
pub fn attempts(session: &Session, limit: usize) -> Vec<Attempt> {
    let attempt = |credential: &Credential| {
        let steps = credential.steps.iter().filter_map(|&n| session.step(n)).filter(|step| step.from == Side::Client);
        let packets: Vec<String> = steps.take(6).map(numbers).collect();
        Attempt { login: login(session, credential), packets: packets.join(", ") }
    };
    session.credentials.iter().take(limit).map(attempt).collect()
}

fn login(session: &Session, credential: &Credential) -> Login {
    let endpoints = &session.transport.endpoints;
    let told = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(line);
    let user = told(&credential.username);
    let sent = credential.password.as_ref().filter(|password| !password.reveal().is_empty());
    let secret = sent.or(credential.token.as_ref()).map(|secret| line(secret.reveal()));
    let words = |said: &dyn Fn(crate::view::Lang) -> &'static str| Words {
        en: said(crate::view::Lang::En),
        zh: said(crate::view::Lang::Zh),
    };
    Login {
        client: endpoints.client.ip().to_canonical().to_string(),
        server: canonical(endpoints.server).to_string(),
        protocol: locale::protocol(crate::view::Lang::En, session.protocol).to_owned(),
        mechanism: line(&credential.mechanism),
        acts_as: told(&credential.authorization_id).filter(|acts_as| user.as_ref() != Some(acts_as)),
        user,
        secret,
        exposure: match credential.exposure {
            Exposure::Plaintext => "plaintext",
            Exposure::Token => "token",
            Exposure::Hash => "hash",
            Exposure::None => "none",
        },
        exposure_text: words(&|lang| locale::exposure(lang, credential.exposure)),
        outcome: words(&|lang| locale::login_outcome(lang, credential.outcome, credential.is_put_off())),
    }
}

/// Who logs in where, how often: a sentence for each client and server.
pub fn frequency(logins: &crate::verdict::Logins) -> Vec<Text> {
    let said = |(pair, counts): &(crate::verdict::Pair, crate::verdict::LoginFrequency)| {
        Text::with(|options| {
            let protocol = locale::protocol(options.lang, pair.protocol);
            let words = locale::login_frequency(options.lang, counts);
            options.colon(&format!("{protocol} {} → {}", pair.client, pair.server), &words)
        })
    };
    logins.pairs.iter().take(200).map(said).collect()
}
