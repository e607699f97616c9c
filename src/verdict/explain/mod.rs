/*!
The questions of a lab report, answered from the capture (`mailtap explain`): what crossed, who logs in and where passwords
can be read, what MIME says, whether what was fetched is what was sent, what was typed by hand, why something failed,
whether it is safe, and what IMAP did that POP3 cannot.

[`Explainer`] takes in sessions as they are shown, each of which leaves a small record up to a bound; what is beyond it is
counted ([`Few`]). [`Explanation`] is what they come to. Nothing here is in a human language: `view::explain` has the words.
*/

mod failures;
mod heads;
mod imap;
mod logins;
mod mime;
mod overview;
mod place;
mod same;
mod typed;

pub use failures::{Failed, Quote, Refused};
pub use heads::{Heads, MimeLines};
pub use imap::{Abilities, Ability, Example, Used};
pub use logins::Login;
pub use mime::{Crossing, MediaPart, Told};
pub use overview::{Overview, Part};
pub use place::{Few, Named, Packets};
pub use same::{Pairing, Same};
pub use typed::{Hand, Likeness, Sign, Typing};

use super::across::found::FindingAcross;
use super::across::grouped::Group;
use super::across::login_frequency::{LoginFrequency, Logins, Pair};
use super::across::outcome::AcrossReport;
use super::conclusion::{self, Tally, Verdict};
use super::rule::Class;
use super::rules;
use crate::protocol::Protocol;
use crate::protocol::event::{Direction, LoginOutcome};
use crate::session::Session;
use crate::session::model::Severity;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Sessions that are told one by one, for each question.
pub const SESSIONS: usize = 500;
/// Attempts to log in.
pub const LOGINS: usize = 500;

/// The answers to the questions, as far as they are no words.
#[derive(Debug, Clone, Default)]
pub struct Explanation {
    /// The sessions with their phases.
    pub sessions: Few<Overview>,
    /// What they come to.
    pub verdict: Verdict,
    /// Attempts to log in.
    pub logins: Few<Login>,
    /// Those of which anybody on the path can read the password or token.
    pub readable_logins: u64,
    /// Who logs in where, how often.
    pub pairs: Vec<(Pair, LoginFrequency)>,
    /// Sessions of further pairs.
    pub pairs_left_out: u64,
    /// POP3's sessions in which messages were fetched, and those of them in which the client had logged in.
    pub pop3: Retrievals,
    /// Messages, and what MIME says of them.
    pub messages: Few<Told>,
    /// Messages that were sent, and what of them was fetched.
    pub same: Same,
    /// Sessions, and who typed them.
    pub typing: Few<Typing>,
    /// Of each session that looks typed, the program's that is most like it.
    pub likenesses: Vec<Likeness>,
    /// Sessions in which something failed.
    pub failed: Few<Failed>,
    /// What failed, or is weak, and only several sessions show.
    pub across: Vec<(Class, FindingAcross)>,
    /// Weaknesses, by rule.
    pub weaknesses: Vec<Group>,
    /// The protocols spoken, and how many of their sessions were not safe.
    pub unsafe_protocols: BTreeSet<u8>,
    /// What IMAP did.
    pub abilities: Abilities,
}

/// Sessions in which messages were fetched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retrievals {
    /// All of them.
    pub sessions: u64,
    /// Those with a login that was accepted.
    pub logged_in: u64,
    /// Those with a password that anybody on the path can read.
    pub readable: u64,
}

/// Takes in sessions.
#[derive(Debug, Default)]
pub struct Explainer {
    masked: bool,
    heads: Option<Arc<Heads>>,
    explanation: Explanation,
    tally: Tally,
    messages: mime::Messages,
    copies: same::Copies,
}

impl Explainer {
    /// `masked`: secrets in the sessions have been replaced. `heads` has the headers of messages as they were sent.
    pub fn new(masked: bool, heads: Option<Arc<Heads>>) -> Self {
        Self { masked, heads, ..Self::default() }
    }

    /// Takes in a session that is over, with its findings.
    pub fn session(&mut self, session: &Session) {
        let it = &mut self.explanation;
        let verdict = conclusion::of_session(session);
        self.tally.add(&verdict);
        if verdict.safe == conclusion::Safe::No {
            it.unsafe_protocols.insert(place_of(session.protocol));
        }
        it.sessions.add(SESSIONS, overview::overview(session));
        for login in logins::logins(session) {
            it.readable_logins += u64::from(login.is_readable());
            it.logins.add(LOGINS, login);
        }
        let fetches =
            session.messages.iter().any(|message| message.direction == Direction::Retrieved && message.size > 0);
        if session.protocol == Protocol::Pop3 && fetches {
            it.pop3.sessions += 1;
            let accepted = |login: &Login| login.outcome == LoginOutcome::Accepted;
            it.pop3.logged_in += u64::from(logins::logins(session).any(|login| accepted(&login)));
            it.pop3.readable += u64::from(logins::logins(session).any(|login| login.is_readable()));
        }
        self.messages.session(session, self.heads.as_deref());
        self.copies.session(session);
        it.typing.add(SESSIONS, typed::typing(session, self.masked));
        if let Some(failed) = failures::failed(session) {
            it.failed.add(SESSIONS, failed);
        }
        it.abilities.session(session);
    }

    /// The answers, once the captures have been read: what several sessions show, who logs in how often, and the id of the
    /// finding on top.
    pub fn finish(&mut self, across: &AcrossReport, logins: &Logins, cause: Option<&'static str>) -> Explanation {
        let mut it = std::mem::take(&mut self.explanation);
        it.messages = std::mem::take(&mut self.messages).told;
        it.same = std::mem::take(&mut self.copies).finish(&across.journeys);
        it.pairs.clone_from(&logins.pairs);
        it.pairs_left_out = logins.left_out;
        // The sentences of a verdict are made from what may have been masked, so from the sessions that came here.
        let tally = std::mem::take(&mut self.tally);
        it.verdict = Verdict { safe: tally.safety(), delivered: tally.delivered(), cause, tally };
        let typed = it.typing.list.iter().filter(|typing| typing.hand == Hand::Typed);
        it.likenesses = typed.filter_map(|typing| typed::likeness(typing, &it.typing.list)).collect();
        let weak = |group: &&Group| {
            group.severity > Severity::Info && rules::find(group.id).is_some_and(|rule| rule.class == Class::Weakness)
        };
        it.weaknesses = across.groups.iter().filter(weak).cloned().collect();
        let told = across.findings.iter().filter(|finding| finding.severity > Severity::Info);
        it.across = told.map(|finding| (finding.rule.class, finding.clone())).collect();
        it
    }
}

/// The place of a protocol in [`Explanation::unsafe_protocols`].
fn place_of(protocol: Protocol) -> u8 {
    match protocol {
        Protocol::Smtp => 0,
        Protocol::Lmtp => 1,
        Protocol::Pop3 => 2,
        Protocol::Imap => 3,
    }
}

impl Explanation {
    /// Whether a session of `protocol` was not safe.
    pub fn was_unsafe(&self, protocol: Protocol) -> bool {
        self.unsafe_protocols.contains(&place_of(protocol))
    }

    /// Messages that SMTP servers took from clients that had not logged in.
    pub fn accepted_without_login(&self) -> u64 {
        let smtp = self.pairs.iter().filter(|(pair, _)| pair.protocol == Protocol::Smtp);
        smtp.map(|(_, counts)| counts.accepted_without).sum()
    }
}

#[cfg(test)]
mod tests;
