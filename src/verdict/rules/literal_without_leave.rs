use crate::protocol::event::{StepId, Subject};
use crate::protocol::imap::{self, Status, Verb, What};
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use std::cell::LazyCell;
use std::collections::HashMap;

/// An IMAP client sent a literal without waiting for the server's leave (`+`), and the server refused it: the server read
/// the octets of the literal as commands.
///
/// It matters because the message is not stored, and because lines of it may do something as commands.
///
/// Not: a literal that needs no leave (`{178+}`), nor one that the server took all the same.
///
/// RFC 3501, section 7.5: the client must not send the octets of a literal before the `+`. RFC 7888: literals that need
/// none.
pub const RULE: Rule = Rule {
    id: "literal-without-leave",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 43,
    reference: Some("RFC 3501, section 7.5"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The client sent a literal without leave",
            detail: "The client announced a literal, and sent its octets without waiting for the server's \"+\". The \
                     server refused the command and read the octets as commands.",
            remedy: "Let the client wait for the \"+\". Where the server offers LITERAL+ or LITERAL-, the client may \
                     announce a literal that needs no leave, as in {178+}.",
        },
        zh: Text {
            title: "客户未获允许就发送了字面量",
            detail: "客户声明了一个字面量，没有等待服务器的“+”就发送了其内容。服务器拒绝了该命令，并把这些内容当作命令读取。",
            remedy: "客户应等待“+”。服务器提供 LITERAL+ 或 LITERAL- 时，客户可以用 {178+} 的形式声明无需允许的字面量。",
        },
    },
    sentences: &[Sentence { en: "{0}", zh: "{0}" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let mut announcing: Option<&Step> = None;
    let mut begun = None;
    let refusals = LazyCell::new(|| first_refusals(session));
    for step in &session.steps {
        let Subject::Imap(imap::Subject { what, .. }) = &step.subject else { continue };
        match what {
            What::Command { .. } => announcing = Some(step),
            What::Uninvited => match announcing.filter(|command| begun != Some(command.n)) {
                Some(command) => {
                    begun = Some(command.n);
                    // What is in other commands may be a password.
                    let text = match command.subject {
                        Subject::Imap(imap::Subject {
                            what: What::Command { verb: Verb::Append | Verb::Replace, .. },
                            ..
                        }) => command.quoted(),
                        _ => command.quoted_command(),
                    };
                    let steps = [command.n, step.n].into_iter().chain(refusals.get(&command.n).copied());
                    let octets =
                        text.rsplit_once('{').and_then(|(_, octets)| octets.trim_end_matches('}').parse().ok());
                    let occurrence = found.at(steps).named(Key::Command, Fact::Name(text));
                    if let Some(octets) = octets {
                        _ = occurrence.named(Key::Bytes, Fact::Bytes(octets));
                    }
                }
                None => _ = found.at([step.n]),
            },
            _ => {}
        }
    }
}

/// The first refusal of each command that was refused: a command may be looked for as often as there are steps.
fn first_refusals(session: &Session) -> HashMap<StepId, StepId> {
    let mut first = HashMap::new();
    for reply in &session.steps {
        let refuses = matches!(
            reply.subject,
            Subject::Imap(imap::Subject { what: What::Tagged { status: Status::No | Status::Bad, .. }, .. })
        );
        if let Some(command) = reply.answers.filter(|_| refuses) {
            first.entry(command).or_insert(reply.n);
        }
    }
    first
}

#[cfg(test)]
mod tests {
    has!(
        a_message,
        "S: * PREAUTH hi\nC: a1 NOOP\nS: a1 OK done\nC: a2 APPEND nowhere {10}\nC: From: bob\nS: a2 NO [TRYCREATE] no\n\
         S: From: BAD what" => [4, 5, 6]
    );
    has!(
        after_the_refusal,
        "S: * PREAUTH hi\nC: a1 NOOP\nS: a1 OK done\nC: a2 APPEND nowhere {10}\nS: a2 BAD no\nC: From: bob\n\
         S: From: BAD what" => [4, 5, 6]
    );
    has!(a_login, "S: * OK hi\nC: a1 LOGIN bob {6}\nC: secret\nS: a1 NO no\nS: secret BAD what" => [2, 3, 4]);
    has_not!(
        no_leave_is_needed,
        "S: * PREAUTH hi\nC: a1 NOOP\nS: a1 OK done\nC: a2 APPEND nowhere {9+}\nC: From: bob\nS: a2 NO [TRYCREATE] no"
    );
    has_not!(
        the_server_took_it,
        "S: * PREAUTH hi\nC: a1 NOOP\nS: a1 OK done\nC: a2 APPEND box {9}\nC: From: bob\nS: + go\nS: a2 OK done"
    );
}
