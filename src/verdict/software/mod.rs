/*!
Which program a client or server is, told by how it behaves: what it calls itself is a claim, and stands beside it.

```text
 session ─▶ traits ─▶ signatures that fit ─▶ one name, or none
```

A signature fits where each of its traits does. Where signatures of several programs fit, the one that asks for more traits
than all others names it; otherwise nobody is named: a wrong name is worse than none.
*/

pub mod claims;
mod known;
pub mod name;
mod shape;
mod signature;
pub mod traits;

use crate::flow::Side;
use crate::protocol::event::StepId;
use crate::session::model::{Session, Software};
use signature::{Group, Signature, Value, aliases, bit, group};
use traits::Traits;

/// Steps that are named as evidence.
const EVIDENCE: usize = 16;

/// The client's program.
pub fn client(session: &Session) -> Option<Software> {
    let group = group(session.protocol, false);
    named(group, &traits::of_client(session, Some(group.names)))
}

/// The server's program.
pub fn server(session: &Session) -> Option<Software> {
    let group = group(session.protocol, true);
    named(group, &traits::of_server(session, Some(group.names)))
}

/// Puts into `session` which programs its ends are, where the texts of its steps are kept.
pub fn tell(session: &mut Session) {
    if session.steps.iter().any(|step| !step.text.is_empty()) {
        session.client_software = client(session).map(Box::new);
        session.server_software = server(session).map(Box::new);
    }
}

/// Whether an end of `session` calls itself by the name of a program: [`names_another`] is true of no other session's claims.
pub fn is_claimed(session: &Session) -> bool {
    [Side::Client, Side::Server].into_iter().any(|side| {
        let mut claims = claims::of(session, side).into_iter().filter(|claim| claim.place.is_of_program());
        claims.any(|claim| aliases(side == Side::Server).named_in(claim.text).next().is_some())
    })
}

/// Whether `text` names a program by which `name` is not called, and not `name` too.
pub fn names_another(text: &str, name: &str, server: bool) -> bool {
    let mut is_another = false;
    for program in aliases(server).named_in(text) {
        if program == name {
            return false;
        }
        is_another = true;
    }
    is_another
}

fn named(group: &'static Group, traits: &Traits<'_>) -> Option<Software> {
    let best = known::fitting(group, traits, || fitting(group, traits))?;
    let is_shown = |name| best.traits.iter().any(|(place, _)| group.names[*place] == name);
    let shown = traits.iter().filter(|(name, ..)| is_shown(*name));
    let mut steps: Vec<StepId> = shown.flat_map(|(.., steps)| steps.iter().copied()).collect();
    steps.sort_unstable();
    steps.dedup();
    steps.truncate(EVIDENCE);
    Some(Software { name: best.name, versions: best.versions, confidence: best.confidence, steps })
}

/// The signature that says most of those that `traits` fit; none where they fit those of several programs.
fn fitting(group: &'static Group, traits: &Traits<'_>) -> Option<&'static Signature> {
    let mut values: Vec<Option<Value<'_>>> = vec![None; group.names.len()];
    let mut there = 0;
    for (place, value) in traits.placed() {
        if let Some(known) = values.get_mut(place) {
            known.get_or_insert_with(|| Value::new(value));
            there |= bit(place);
        }
    }
    let value = |place: usize| values.get(place).copied().flatten();
    let fits = |signature: &Signature| {
        signature.needs & !there == 0 && signature.traits.iter().all(|(place, patterns)| patterns.fit(value(*place)))
    };
    let mut best: Option<&'static Signature> = None;
    let mut is_unsure = false;
    for signature in group.signatures {
        // Those that ask for most stand first.
        if best.is_some_and(|best| best.traits.len() > signature.traits.len()) {
            break;
        }
        if !fits(signature) {
            continue;
        }
        is_unsure |= best.is_some_and(|best| best.name != signature.name);
        if best.is_none_or(|best| best.confidence < signature.confidence) {
            best = Some(signature);
        }
    }
    best.filter(|_| !is_unsure)
}

#[cfg(test)]
mod tests {
    use crate::verdict::testing::session;

    /// The names of the client's and the server's program.
    fn named(script: &str) -> (Option<&'static str>, Option<&'static str>) {
        let session = session(script, crate::verdict::Needs::ALL);
        (super::client(&session).map(|it| it.name), super::server(&session).map(|it| it.name))
    }

    #[test]
    fn who_hands_on_the_replies_of_another_is_not_taken_for_it() {
        let script = |capabilities: &str| {
            format!(
                "S: 220 mx.example.test ready.\nC: EHLO a\nS: 250-mx.example.test\n{capabilities}\nC: MAIL FROM:<a@example.test>\n\
                 S: 250 2.1.0 Ok\nC: RCPT TO:<b@example.test>\nS: 550 5.7.1 <b@example.test>: Recipient address rejected: no"
            )
        };
        let postfix = "S: 250-PIPELINING\nS: 250-SIZE 10240000\nS: 250-ENHANCEDSTATUSCODES\nS: 250 8BITMIME";
        assert_eq!(named(&script(postfix)).1, Some("Postfix"));
        let dovecot = "S: 250-8BITMIME\nS: 250-CHUNKING\nS: 250-ENHANCEDSTATUSCODES\nS: 250-SIZE\nS: 250 PIPELINING";
        assert_eq!(named(&script(dovecot)).1, None);
    }

    #[test]
    fn what_stands_between_two_commands_counts() {
        let script = |login: &str| {
            format!(
                "S: 220 mx\nC: EHLO alpha\nS: 250-mx\nS: 250-PIPELINING\nS: 250 CHUNKING\n{login}C: MAIL FROM:<a@b>\n\
                 C: RCPT TO:<c@d>\nC: BDAT 4\nC: ab\nC: BDAT 4 LAST\nC: cd\nS: 250 ok\nS: 250 ok\nS: 250 ok\nS: 250 ok\n\
                 C: QUIT\nS: 221 bye"
            )
        };
        assert_eq!(named(&script("")).0, Some("esmtp"));
        assert_eq!(named(&script("C: AUTH PLAIN AGJvYgBzZWNyZXQ=\nS: 235 in\n")).0, None);
    }
}
