//! What IMAP did that POP3 has no command for.

use super::place::{Few, Named, Packets};
use crate::protocol::Protocol;
use crate::protocol::event::{Direction, Kind, StepId, Subject};
use crate::protocol::imap::{self, Verb};
use crate::session::Session;
use crate::session::model::Step;
use std::collections::{BTreeMap, BTreeSet};

/// Examples of each.
const EXAMPLES: usize = 3;

crate::verdict::purpose::enumerated! {
    /// What POP3 cannot do.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
    #[allow(missing_docs)]
    pub enum Ability {
        /// LIST, LSUB, STATUS, NAMESPACE: there are several mailboxes.
        ListFolders,
        /// SELECT or EXAMINE of one that is not INBOX.
        OtherFolder,
        /// CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE.
        ManageFolders,
        /// FETCH of envelopes, headers, structures or parts.
        Parts,
        /// FETCH of FLAGS.
        ReadFlags,
        /// STORE.
        SetFlags,
        /// SEARCH, SORT, THREAD.
        Search,
        /// COPY, MOVE.
        Copy,
        /// APPEND.
        Append,
        /// IDLE, NOTIFY.
        Notice,
        /// Messages were fetched, and none was expunged.
        Stays,
    }
}

/// What IMAP's sessions did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Sessions of IMAP.
    pub sessions: u64,
    /// Those of which TLS hides everything.
    pub hidden: u64,
    /// Sessions of POP3.
    pub pop3: u64,
    /// By ability.
    pub used: BTreeMap<Ability, Used>,
}

/// How often, and the first examples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Used {
    /// Commands; of [`Ability::Stays`] messages.
    pub count: u64,
    /// Examples.
    pub examples: Few<Example>,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The session.
    pub session: Named,
    /// The step; absent where it is about the whole session.
    pub step: Option<StepId>,
    /// The command.
    pub text: String,
    /// Its packets.
    pub packets: Packets,
}

impl Abilities {
    /// Takes in a session.
    pub fn session(&mut self, session: &Session) {
        self.pop3 += u64::from(session.protocol == Protocol::Pop3);
        if session.protocol != Protocol::Imap {
            return;
        }
        self.sessions += 1;
        let mut refused: BTreeSet<StepId> = BTreeSet::new();
        for step in &session.steps {
            if let Subject::Imap(imap::Subject { what: imap::What::Tagged { status, .. }, .. }) = &step.subject
                && *status != imap::Status::Ok
            {
                refused.extend(step.answers);
            }
        }
        let mut commands = 0;
        for step in session.steps.iter().filter(|step| step.kind == Kind::Command) {
            let Subject::Imap(imap::Subject { what: imap::What::Command { verb, .. }, .. }) = step.subject else {
                continue;
            };
            commands += 1;
            if refused.contains(&step.n) {
                continue;
            }
            let text = if step.text_omitted { step.quoted_command() } else { step.text.to_string() };
            for ability in abilities(verb, step) {
                let packets = Packets::of([step]);
                let example = Example { session: Named::of(session), step: Some(step.n), text: text.clone(), packets };
                self.add(ability, 1, example);
            }
        }
        self.hidden += u64::from(commands == 0 && session.tls.mode != crate::session::model::TlsMode::None);
        self.stays(session);
    }

    fn add(&mut self, ability: Ability, count: u64, example: Example) {
        let used = self.used.entry(ability).or_default();
        used.count += count;
        used.examples.add(EXAMPLES, example);
    }

    /// Messages that were fetched, in a session that expunges none.
    fn stays(&mut self, session: &Session) {
        let verb = |step: &Step| match step.subject {
            Subject::Imap(imap::Subject { what: imap::What::Command { verb, .. }, .. }) => Some(verb),
            _ => None,
        };
        let marks = |step: &Step| step.text.to_ascii_uppercase().contains("\\DELETED");
        let removes = session.steps.iter().any(|step| match verb(step) {
            Some(Verb::Expunge | Verb::Move | Verb::Replace) => true,
            Some(Verb::Store) => step.text_omitted || marks(step),
            _ => false,
        });
        let fetched: Vec<_> = session
            .messages
            .iter()
            .filter(|message| message.direction == Direction::Retrieved && message.part.is_none() && message.size > 0)
            .collect();
        if removes || fetched.is_empty() {
            return;
        }
        let steps = fetched.iter().flat_map(|message| &message.steps).filter_map(|&n| session.step(n));
        let packets = Packets::of(steps.filter(|step| step.kind == Kind::Command));
        let example = Example { session: Named::of(session), step: None, text: String::new(), packets };
        self.add(Ability::Stays, fetched.len() as u64, example);
    }
}

fn abilities(verb: Verb, step: &Step) -> Vec<Ability> {
    match verb {
        Verb::List | Verb::Lsub | Verb::Status | Verb::Namespace => vec![Ability::ListFolders],
        Verb::Select | Verb::Examine if is_other(step) => vec![Ability::OtherFolder],
        Verb::Create | Verb::Delete | Verb::Rename | Verb::Subscribe | Verb::Unsubscribe => {
            vec![Ability::ManageFolders]
        }
        Verb::Store => vec![Ability::SetFlags],
        Verb::Search | Verb::Sort | Verb::Thread => vec![Ability::Search],
        Verb::Copy | Verb::Move => vec![Ability::Copy],
        Verb::Append | Verb::Replace => vec![Ability::Append],
        Verb::Idle | Verb::Notify => vec![Ability::Notice],
        Verb::Fetch => fetched(&step.text.to_ascii_uppercase()),
        _ => Vec::new(),
    }
}

/// A mailbox that is not INBOX.
fn is_other(step: &Step) -> bool {
    let argument = step.argument_range().and_then(|range| step.text.get(range)).unwrap_or_default().trim();
    // What follows are parameters: `INBOX (CONDSTORE)`.
    let name = match argument.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => argument.split_whitespace().next(),
    };
    name.is_some_and(|name| !name.is_empty() && !name.starts_with('{') && !name.eq_ignore_ascii_case("INBOX"))
}

fn fetched(text: &str) -> Vec<Ability> {
    let mut found = Vec::new();
    // `BODY[]` is the whole message; `BODY[1]`, `BODY[HEADER]` and `BODY[]<0.100>` are parts of it.
    let of_section = text.match_indices('[').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        !rest.starts_with(']') || rest.starts_with("]<")
    });
    let words = ["ENVELOPE", "BODYSTRUCTURE", "RFC822.HEADER", "RFC822.TEXT", " ALL", " FULL", " FAST"];
    if of_section || words.iter().any(|word| text.contains(word)) {
        found.push(Ability::Parts);
    }
    if text.contains("FLAGS") {
        found.push(Ability::ReadFlags);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Abilities, Ability};
    use crate::verdict::Needs;
    use crate::verdict::testing::session;

    fn used(commands: &[(&str, &str)]) -> Vec<Ability> {
        let mut script = "S: * OK ready\nC: a LOGIN bob secret\nS: a OK in\n".to_owned();
        for (command, reply) in commands {
            script.push_str(&format!("C: t {command}\nS: t {reply}\n"));
        }
        let mut abilities = Abilities::default();
        abilities.session(&session(&script, Needs::ALL));
        abilities.used.into_keys().collect()
    }

    #[test]
    fn what_pop3_has_too_is_not_told() {
        assert!(used(&[("SELECT INBOX", "OK"), ("FETCH 1 BODY[]", "OK"), ("SELECT \"inbox\"", "OK")]).is_empty());
    }

    #[test]
    fn each_ability_by_its_command() {
        let all = [
            ("LIST \"\" *", Ability::ListFolders),
            ("SELECT Sent", Ability::OtherFolder),
            ("CREATE Work", Ability::ManageFolders),
            ("FETCH 1 BODY.PEEK[HEADER]", Ability::Parts),
            ("FETCH 1 BODY[]<0.10>", Ability::Parts),
            ("FETCH 1 BODYSTRUCTURE", Ability::Parts),
            ("FETCH 1 FLAGS", Ability::ReadFlags),
            ("STORE 1 +FLAGS (\\Seen)", Ability::SetFlags),
            ("SEARCH ALL", Ability::Search),
            ("COPY 1 Work", Ability::Copy),
        ];
        for (command, ability) in all {
            assert_eq!(used(&[("SELECT INBOX", "OK"), (command, "OK")]), [ability], "{command}");
        }
    }

    #[test]
    fn a_command_that_was_refused_did_nothing() {
        assert!(used(&[("CREATE Work", "NO no"), ("SERCH ALL", "BAD what")]).is_empty());
    }
}
