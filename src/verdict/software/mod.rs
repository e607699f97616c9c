/*!
Which program a client or server is, told by how it behaves: what it calls itself is a claim, and stands beside it.

```text
 session ─▶ traits ─▶ signatures that fit ─▶ one name, or none
```

A signature fits where each of its traits does. Where signatures of several programs fit, the one that asks for more traits
than all others names it; otherwise nobody is named: a wrong name is worse than none.
*/

pub mod claims;
mod shape;
mod signature;
pub mod traits;

use crate::protocol::Protocol;
use crate::protocol::event::StepId;
use crate::session::model::{Session, Software};
use signature::{SIGNATURES, Signature, fits};
use traits::Trait;

/// Steps that are named as evidence.
const EVIDENCE: usize = 16;

/// The client's program.
pub fn client(session: &Session) -> Option<Software> {
    named(session.protocol, false, &traits::of_client(session))
}

/// The server's program.
pub fn server(session: &Session) -> Option<Software> {
    named(session.protocol, true, &traits::of_server(session))
}

/// Puts into `session` which programs its ends are, where the texts of its steps are kept.
pub fn tell(session: &mut Session) {
    if session.steps.iter().any(|step| !step.text.is_empty()) {
        session.client_software = client(session).map(Box::new);
        session.server_software = server(session).map(Box::new);
    }
}

/// Whether `text` names a program by which `name` is not called, and not `name` too.
pub fn names_another(text: &str, name: &str, server: bool) -> bool {
    let text = text.to_ascii_lowercase();
    let is_named = |signature: &&Signature| signature.aliases.iter().any(|alias| text.contains(alias.as_str()));
    let mut named = SIGNATURES.iter().filter(|signature| signature.server == server).filter(is_named).peekable();
    named.peek().is_some() && named.all(|signature| signature.name != name)
}

fn named(protocol: Protocol, server: bool, traits: &[Trait]) -> Option<Software> {
    let protocol = match protocol {
        Protocol::Smtp => "smtp",
        Protocol::Lmtp => "lmtp",
        Protocol::Pop3 => "pop3",
        Protocol::Imap => "imap",
    };
    let fitting = SIGNATURES
        .iter()
        .filter(|signature| signature.server == server && signature.protocol == protocol)
        .filter(|signature| signature.traits.iter().all(|(name, patterns)| has(traits, name, patterns)));
    let mut best: Option<&Signature> = None;
    let mut is_unsure = false;
    for signature in fitting {
        match best {
            Some(known) if known.traits.len() > signature.traits.len() => {}
            Some(known) if known.traits.len() == signature.traits.len() => {
                is_unsure |= known.name != signature.name;
                if known.confidence < signature.confidence {
                    best = Some(signature);
                }
            }
            _ => (best, is_unsure) = (Some(signature), false),
        }
    }
    let best = best.filter(|_| !is_unsure)?;
    let shown = traits.iter().filter(|shown| best.traits.contains_key(&shown.name));
    let mut steps: Vec<StepId> = shown.flat_map(|shown| shown.steps.iter().copied()).collect();
    steps.sort_unstable();
    steps.dedup();
    steps.truncate(EVIDENCE);
    Some(Software { name: &best.name, versions: &best.versions, confidence: best.confidence, steps })
}

/// Whether the trait `name` fits one of `patterns`. A pattern that begins with `!` is one that must not fit, also where the
/// trait is not there.
fn has(traits: &[Trait], name: &str, patterns: &[String]) -> bool {
    let value = traits.iter().find(|shown| shown.name == name).map(|shown| &*shown.value);
    let (not, these): (Vec<&String>, Vec<&String>) = patterns.iter().partition(|pattern| pattern.starts_with('!'));
    let is_one = |pattern: &&String| value.is_some_and(|value| fits(pattern, value));
    let is_denied = |pattern: &&String| value.is_some_and(|value| fits(pattern.trim_start_matches('!'), value));
    (these.is_empty() || these.iter().any(is_one)) && !not.iter().any(is_denied)
}
