use crate::protocol::event::{Kind, StepId, Subject};
use crate::protocol::smtp::{self, ReplyTo, Verb};
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A side does not keep to its protocol in a way that is worth knowing: commands that end with LF alone, commands
/// that the server does not know, again and again, and commands out of order.
///
/// It matters because other servers may mind, and because such clients are often written by hand.
///
/// Not: a single unknown command, which may be a question; not a 503 to commands that were pipelined: a DATA after
/// all recipients were refused is right (RFC 2920).
///
/// RFC 5321, sections 2.3.8 and 4.1.4.
pub const RULE: Rule = Rule {
    id: "protocol-violation",
    severity: Severity::Info,
    class: Class::Remark,
    because_of: &[],
    since: "0.2.0",
    rank: 83,
    reference: Some("RFC 5321, section 4.1.4"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "A side does not keep to the protocol",
            detail: "What was sent is not what the standard says. The other side put up with it, or refused a \
                     command without harm.",
            remedy: "Nothing needs to be done as long as it works. Otherwise see which program it is, and which \
                     of its commands the other side minds.",
        },
        zh: Text {
            title: "有一方没有遵守协议",
            detail: "所发送的内容不符合标准。对方容忍了它，或拒绝了某个命令而没有造成损害。",
            remedy: "只要工作正常就无需处理。否则应查明是哪个程序，以及对方不接受它的哪些命令。",
        },
    },
    sentences: &[
        Sentence { en: "Commands that end with LF alone: {0}", zh: "只以 LF 结尾的命令数：{0}" },
        Sentence { en: "Commands that the server does not know: {0}", zh: "服务器不认识的命令数：{0}" },
        Sentence { en: "Commands out of order: {0}", zh: "次序不对的命令数：{0}" },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let [mut bare, mut unknown, mut misplaced]: [Vec<StepId>; 3] = Default::default();
    for (at, step) in session.steps.iter().enumerate() {
        match &step.subject {
            Subject::Smtp(smtp::Subject::Command(_)) if ends_with_lf(step) => bare.push(step.n),
            Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::Command(verb), code, .. }) => {
                // The server had answered all before it.
                let is_alone =
                    at.checked_sub(1).and_then(|at| session.steps.get(at)).map(|step| step.n) == step.answers;
                match (verb, code) {
                    (Verb::Other, 500 | 502) => unknown.extend(step.answers),
                    (_, 503) if is_alone => misplaced.extend(step.answers),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    if unknown.len() < 2 {
        unknown.clear();
    }
    for (sentence, steps) in [bare, unknown, misplaced].into_iter().enumerate() {
        let count = steps.len() as u64;
        if count > 0 {
            _ = found.at(steps).says(sentence).named(Key::Count, Fact::Count(count));
        }
    }
}

/// The command's line ended with LF alone, as far as its length tells.
fn ends_with_lf(step: &Step) -> bool {
    let is_whole = step.kind == Kind::Command && !step.text_omitted && !step.truncated && step.text.is_ascii();
    is_whole && !step.text.is_empty() && step.bytes == step.text.len() as u64 + 1
}

#[cfg(test)]
mod tests {
    has!(lines_with_lf_alone, "S: 220 mx\nC| HELO a\\n\nS: 250 mx" => [2]);
    has!(unknown_again, "S: 220 mx\nC: HELO a\nS: 250 mx\nC: FOO\nS: 500 what\nC: BAR\nS: 502 what" => [4, 6]);
    has!(out_of_order, "S: 220 mx\nC: HELO a\nS: 250 mx\nC: RCPT TO:<c@d>\nS: 503 MAIL first" => [4]);
    has_not!(one_question, "S: 220 mx\nC: HELO a\nS: 250 mx\nC: FOO\nS: 500 what");
    has_not!(
        pipelined,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 PIPELINING\nC| MAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\nDATA\\r\\n\nS: 250 ok\n\
         S: 550 no\nS: 503 no valid recipients"
    );
}
