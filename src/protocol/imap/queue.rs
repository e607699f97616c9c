//! Commands in flight, by tag: servers answer them in the order they like (RFC 3501, section 5.5).

use super::command::Verb;
use super::fetch_items::Section;
use super::requested::RequestedSections;
use crate::limits::{COMMANDS_IN_FLIGHT, PARTIAL_COMMANDS, heap, of_tree};
use crate::protocol::event::{Credential, MessageId, StepId};
use crate::protocol::sasl::Exchange;
use crate::protocol::secret::Raw;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};

/// Names a command in flight.
pub(super) type CommandId = u64;

/// A command that has not been answered.
#[derive(Debug)]
pub(super) struct Pending {
    /// Its tag, or the word that the server takes for one.
    pub key: Raw<Vec<u8>>,
    /// Its verb.
    pub verb: Verb,
    /// Its step.
    pub step: StepId,
    /// What the reply decides.
    pub on_completion: OnCompletion,
}

/// What a reply decides, beyond the command itself.
#[derive(Debug)]
pub(super) enum OnCompletion {
    /// Nothing.
    Plain,
    /// Nothing; but the line may be a password, which the server then repeats as a tag.
    Hidden,
    /// Whether this mailbox is selected.
    Mailbox(Option<Vec<u8>>),
    /// Whether LOGIN let the client in.
    Login(Box<Credential>),
    /// Whether AUTHENTICATE did.
    Authenticate(Box<Authentication>),
    /// Nothing; but only the command says how long these pieces are.
    Fetch(RequestedSections),
    /// Whether the server reports changes unasked (RFC 5465): from now on, or no more.
    Notify(bool),
    /// Whether the messages were accepted.
    Append(Vec<Appended>),
}

/// A SASL exchange under way.
#[derive(Debug)]
pub(super) struct Authentication {
    /// What has crossed.
    pub exchange: Exchange,
    /// The server has sent `+`, and the client has not responded yet.
    pub owed: bool,
    /// The client gave up.
    pub cancelled: bool,
}

/// A message that APPEND has carried to its end.
#[derive(Debug, Clone)]
pub(super) struct Appended {
    /// The message.
    pub message: MessageId,
    /// The steps of its content.
    pub steps: Vec<StepId>,
    /// How many messages came before it in the same command.
    pub nth: u64,
}

/// The commands in flight, in the order sent.
#[derive(Debug, Default)]
pub(super) struct Queue {
    next: CommandId,
    bytes: usize,
    /// Each with the hash of its key.
    commands: BTreeMap<CommandId, (u64, Pending)>,
    /// The commands by the hashes of their keys: two keys seldom share one, and nobody can make them.
    by_key: BTreeSet<(u64, CommandId)>,
    by_verb: BTreeSet<(Verb, CommandId)>,
    hasher: RandomState,
    /// The commands that ask for pieces of messages.
    partial_fetches: BTreeSet<CommandId>,
}

/// Gave up: the first [`PARTIAL_COMMANDS`] fetches in flight did not ask for this piece, and there are more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany;

/// Bytes of tags, names and passwords that commands in flight may hold together.
const BYTES: usize = 4 * 1024 * 1024;

impl Queue {
    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        let indices = size_of::<(u64, CommandId)>() + size_of::<(Verb, CommandId)>();
        self.bytes + of_tree(self.commands.len(), size_of::<(CommandId, (u64, Pending))>() + indices + heap(1))
    }

    /// Remembers `command`, and returns those forgotten to make room.
    pub fn push(&mut self, command: Pending) -> (CommandId, Vec<Pending>) {
        let command_id = self.next;
        self.next += 1;
        self.bytes += command.weight();
        let hash = self.hash(&command.key);
        self.by_key.insert((hash, command_id));
        self.by_verb.insert((command.verb, command_id));
        if matches!(command.on_completion, OnCompletion::Fetch(_)) {
            self.partial_fetches.insert(command_id);
        }
        self.commands.insert(command_id, (hash, command));
        let mut forgotten = Vec::new();
        while self.commands.len() > 1 && (self.commands.len() > COMMANDS_IN_FLIGHT || self.bytes > BYTES) {
            let Some((&oldest, _)) = self.commands.first_key_value() else { break };
            forgotten.extend(self.remove(oldest));
        }
        (command_id, forgotten)
    }

    /// The oldest command with this tag, which has now been answered.
    pub fn answered(&mut self, key: &[u8]) -> Option<(CommandId, Pending)> {
        let (command_id, _) = self.oldest_with(key)?;
        self.remove(command_id).map(|command| (command_id, command))
    }

    /// The verb of the oldest command with this tag.
    pub fn verb_of(&self, key: &[u8]) -> Option<Verb> {
        self.oldest_with(key).map(|(_, command)| command.verb)
    }

    fn oldest_with(&self, key: &[u8]) -> Option<(CommandId, &Pending)> {
        let hash = self.hash(key);
        let same_hash = self.by_key.range((hash, CommandId::MIN)..=(hash, CommandId::MAX));
        let mut commands = same_hash.filter_map(|(_, command_id)| Some((*command_id, self.get(command_id)?)));
        commands.find(|(_, command)| *command.key == key)
    }

    fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash_one(key)
    }

    fn get(&self, command_id: &CommandId) -> Option<&Pending> {
        self.commands.get(command_id).map(|(_, command)| command)
    }

    /// The command itself, if it is still in flight.
    pub fn get_mut(&mut self, command_id: CommandId) -> Option<&mut Pending> {
        self.commands.get_mut(&command_id).map(|(_, command)| command)
    }

    /// The oldest command with one of these verbs: servers send untagged data for the oldest first.
    pub fn oldest(&self, verbs: &[Verb]) -> Option<&Pending> {
        let oldest_of = |verb: &Verb| self.by_verb.range((*verb, CommandId::MIN)..=(*verb, CommandId::MAX)).next();
        let (_, command_id) = verbs.iter().filter_map(oldest_of).min_by_key(|(_, command_id)| *command_id)?;
        self.get(command_id)
    }

    /// The length that the client asked for of a piece of a message, and the step of the oldest command that asked.
    ///
    /// # Errors
    /// [`TooMany`] if the first [`PARTIAL_COMMANDS`] did not ask for it, and there are more.
    pub fn partial(
        &self,
        section: &Section,
        number: Option<u64>,
        uid: Option<u64>,
    ) -> Result<Option<(u64, StepId)>, TooMany> {
        let commands = self.partial_fetches.iter().take(PARTIAL_COMMANDS).filter_map(|command_id| self.get(command_id));
        let mut lengths = commands.filter_map(|command| match &command.on_completion {
            OnCompletion::Fetch(sections) => Some((sections.length(section, number, uid)?, command.step)),
            _ => None,
        });
        match lengths.next() {
            None if self.partial_fetches.len() > PARTIAL_COMMANDS => Err(TooMany),
            found => Ok(found),
        }
    }

    /// Takes all commands out: the connection is over.
    pub fn drain(&mut self) -> Vec<Pending> {
        self.by_key.clear();
        self.by_verb.clear();
        self.partial_fetches.clear();
        self.bytes = 0;
        std::mem::take(&mut self.commands).into_values().map(|(_, command)| command).collect()
    }

    fn remove(&mut self, command_id: CommandId) -> Option<Pending> {
        let (hash, command) = self.commands.remove(&command_id)?;
        self.bytes = self.bytes.saturating_sub(command.weight());
        self.partial_fetches.remove(&command_id);
        self.by_verb.remove(&(command.verb, command_id));
        self.by_key.remove(&(hash, command_id));
        Some(command)
    }
}

impl Pending {
    /// Bytes that it holds, without what may grow while it is in flight: `push` adds as many as `remove` takes away.
    fn weight(&self) -> usize {
        let held = match &self.on_completion {
            OnCompletion::Mailbox(mailbox) => mailbox.as_ref().map_or(0, Vec::len),
            OnCompletion::Login(login) => {
                let password = login.password.as_ref().map_or(0, |password| password.reveal().len());
                login.username.as_ref().map_or(0, Vec::len) + password * 2
            }
            OnCompletion::Plain
            | OnCompletion::Hidden
            | OnCompletion::Notify(_)
            | OnCompletion::Authenticate(_)
            | OnCompletion::Append(_)
            | OnCompletion::Fetch(_) => 0,
        };
        self.key.len() + held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(key: &str, step: StepId) -> Pending {
        Pending { key: Raw(key.into()), verb: Verb::Noop, step, on_completion: OnCompletion::Plain }
    }

    #[test]
    fn answers_find_their_command_in_any_order() {
        let mut queue = Queue::default();
        for (step, key) in (1..).zip(["a", "b", "a", "c"]) {
            assert!(queue.push(command(key, step)).1.is_empty());
        }
        let mut answered = |key: &str| queue.answered(key.as_bytes()).map(|(_, command)| command.step);
        assert_eq!(answered("c"), Some(4));
        assert_eq!(answered("a"), Some(1));
        assert_eq!(answered("a"), Some(3));
        assert_eq!(answered("a"), None);
        assert_eq!(queue.drain().len(), 1);
    }

    #[test]
    fn the_oldest_of_a_verb_is_found_behind_any_number_of_others() {
        let mut queue = Queue::default();
        for step in 1..=1_000 {
            queue.push(command("a", step));
        }
        assert!(queue.oldest(&[Verb::Idle]).is_none());
        for (step, verb) in (1_001..).zip([Verb::Idle, Verb::Examine, Verb::Select, Verb::Idle]) {
            queue.push(Pending { verb, ..command("b", step) });
        }
        let oldest = |queue: &Queue, verbs: &[Verb]| queue.oldest(verbs).map(|command| command.step);
        assert_eq!(oldest(&queue, &[Verb::Idle]), Some(1_001));
        assert_eq!(oldest(&queue, &[Verb::Select, Verb::Examine]), Some(1_002));
        assert!(queue.answered(b"b").is_some() && queue.answered(b"b").is_some());
        assert_eq!(oldest(&queue, &[Verb::Select, Verb::Examine]), Some(1_003));
        assert_eq!(oldest(&queue, &[Verb::Idle]), Some(1_004));
        queue.drain();
        assert_eq!(oldest(&queue, &[Verb::Idle, Verb::Noop]), None);
    }

    #[test]
    fn the_oldest_make_room() {
        let mut queue = Queue::default();
        let forgotten: usize = (0..COMMANDS_IN_FLIGHT as u32 + 3).map(|n| queue.push(command("a", n)).1.len()).sum();
        assert_eq!(forgotten, 3);
        assert_eq!(queue.answered(b"a").expect("one").1.step, 3);
        let big = "x".repeat(BYTES / 2);
        assert_eq!(queue.push(command(&big, 0)).1.len(), 0);
        assert_eq!(queue.push(command(&big, 0)).1.len(), COMMANDS_IN_FLIGHT - 1, "bytes are counted too");
    }
}
