use crate::flow::Side;
use crate::protocol::event::{Kind, Subject};
use crate::protocol::smtp::{self, Verb};
use crate::session::Session;
use crate::session::model::{Message, Step};
use crate::verdict::evidence::content_steps;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// Behind a dot that only some software takes for the end of data, the content of a message goes on with commands:
/// a server that takes it for the end runs them.
///
/// It matters because such commands send a second message, with any sender, in the name of the server that passed
/// the content on: SPF says that it is genuine.
///
/// Not: a dot between bare LFs without commands behind it; not a client that writes all its lines with LF alone;
/// not commands that follow the end of data of the standard.
///
/// CVE-2023-51764, CVE-2023-51765 and CVE-2023-51766. RFC 5321, section 4.1.1.4: only CR LF, dot, CR LF ends the
/// data.
pub const RULE: Rule = Rule {
    id: "smtp-smuggling",
    severity: Severity::High,
    class: Class::Weakness,
    because_of: &[],
    since: "0.2.0",
    rank: 5,
    reference: Some("CVE-2023-51764"),
    needs: Needs { texts: true, ..Needs::FAULTS },
    in_silence: false,
    words: Words {
        en: Text {
            title: "Commands were smuggled within a message",
            detail: "The content has a dot between line ends that are not CR LF, and commands behind it. A \
                     server that takes this dot for the end of data runs the commands: they send another \
                     message, whose sender is not checked.",
            remedy: "Let every server refuse bare LF and CR in content, or take only CR LF, dot, CR LF for its \
                     end. Find out who sent the message.",
        },
        zh: Text {
            title: "邮件内容中夹带了命令",
            detail: "内容中有一个点，其前后的换行不是 CR LF，后面跟着命令。把这个点当作内容结尾的服务器会执行这\
                     些命令：它们会发出另一封邮件，而其发件人未经检查。",
            remedy: "应让每个服务器拒绝内容中单独的 LF 和 CR，或只把 CR LF、点、CR LF 当作结尾，并\
                     查明邮件由谁发出。",
        },
    },
    sentences: &[
        Sentence {
            en: "The dot stands as {0}, at line {2} of the content; behind it: {1}",
            zh: "该点写作 {0}，在内容第 {2} 行；其后是：{1}",
        },
        Sentence { en: "The dot stands as {0}; behind it: {1}", zh: "该点写作 {0}；其后是：{1}" },
        Sentence {
            en: "The server took {0} for the end, and these for commands: {1}",
            zh: "服务器把 {0} 当作结尾，并把以下内容当作命令：{1}",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for message in &session.messages {
        let Some(faults) = &message.faults else { continue };
        if let Some(smuggled) = &faults.smuggled {
            let occurrence = found
                .at(content_steps(session, message))
                .packets(Some(smuggled.spot.packet).filter(|packet| *packet > 0))
                .named(Key::Name, Fact::Name(smuggled.dot.to_string()))
                .named(Key::Command, Fact::Name(smuggled.commands.clone()));
            match smuggled.spot.line {
                Some(line) => _ = occurrence.fact(Fact::Line(line)),
                None => _ = occurrence.says(1),
            }
        }
        if let Some(dot) = faults.ended_by {
            let commands = behind(session, message);
            if commands.iter().any(|step| is_mail(step)) {
                let text: Vec<String> = commands.iter().map(|step| step.quoted()).collect();
                let steps = content_steps(session, message).chain(commands.iter().map(|step| step.n));
                let occurrence = found.at(steps).says(2).named(Key::Name, Fact::Name(dot.to_string()));
                _ = occurrence.named(Key::Command, Fact::Name(text.join("\n")));
            }
        }
    }
}

/// The commands that the client sent together with the end of `message`: in the same packet as its last byte.
fn behind<'a>(session: &'a Session, message: &Message) -> Vec<&'a Step> {
    let Some(last) = content_steps(session, message).last().and_then(|n| session.step(n)) else { return Vec::new() };
    // The reply to the content may stand before them: only that showed where the content ends.
    let after = session.steps.iter().filter(|step| step.n > last.n && step.from == Side::Client);
    let sent_with_it =
        after.take_while(|step| step.kind == Kind::Command && step.packets.first() == last.packets.last());
    sent_with_it.take(16).collect()
}

fn is_mail(step: &Step) -> bool {
    matches!(step.subject, Subject::Smtp(smtp::Subject::Command(Verb::Mail)))
}

#[cfg(test)]
mod tests {
    has!(between_line_feeds, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| A: b\\r\\n\\r\\nx\\n.\\nMAIL FROM:<x@y>\\r\\nRCPT TO:<v@w>\\r\\nDATA\\r\\nA: b\\r\\n\\r\\nhi\\r\\n.\\r\\n\nS: 250 ok" => [10]);
    has!(a_lone_carriage_return, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| A: b\\r\\n\\r\\nx\\r.\\rMAIL FROM:<x@y>\\r\\nRCPT TO:<v@w>\\r\\n.\\r\\n\nS: 250 ok" => [10]);
    has!(the_server_takes_it, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| A: b\\r\\n\\r\\nx\\n.\\nMAIL FROM:<x@y>\\r\\nRCPT TO:<v@w>\\r\\n\nS: 250 ok\nS: 250 ok\nS: 250 ok" => [10, 12, 13]);
    has_not!(
        a_dot_between_line_feeds,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| A: b\\r\\n\\r\\nx\\n.\\ntext\\r\\n.\\r\\n\nS: 250 ok"
    );
    has_not!(
        text_behind_it,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| A: b\\r\\n\\r\\nx\\n.\\nMail me.\\r\\nMAIL FROM:<x@y>\\r\\n.\\r\\n\nS: 250 ok"
    );
    has_not!(
        the_end_of_the_standard,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| A: b\\r\\n\\r\\nx\\r\\n.\\r\\nMAIL FROM:<x@y>\\r\\n\nS: 250 ok\nS: 250 ok"
    );
    has_not!(
        all_lines_end_with_lf,
        "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC| A: b\\n\\nx\\n.\\nMAIL FROM:<x@y>\\n\nS: 250 ok\nS: 250 ok"
    );
}
