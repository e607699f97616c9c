use crate::protocol::event::Subject;
use crate::protocol::smtp::{self, ReplyTo, Verb};
use crate::session::Session;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A proxy told the server by XCLIENT or XFORWARD for which client it speaks, and the server refused that.
///
/// It matters because the server then sees the proxy as the client: rules by address, and what is logged, are those
/// of the proxy; or the proxy gives up.
///
/// Not: XCLIENT that the server took (220), after which the session begins anew.
///
/// Postfix, XCLIENT_README and XFORWARD_README: the server has to name the clients that may do so.
pub const RULE: Rule = Rule {
    id: "proxy-not-trusted",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 26,
    reference: Some("Postfix XCLIENT_README"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server does not trust the proxy",
            detail: "The proxy sent XCLIENT or XFORWARD to tell for which client it speaks. The server does not \
                     know the command, or does not allow it to this address.",
            remedy: "Name the proxy's address in the server (smtpd_authorized_xclient_hosts or \
                     smtpd_authorized_xforward_hosts), or turn XCLIENT off in the proxy.",
        },
        zh: Text {
            title: "服务器不信任代理",
            detail: "代理用 XCLIENT 或 XFORWARD 说明它代表哪个客户。服务器不认识该命令，或不允许该\
                     地址使用。",
            remedy: "应在服务器上登记代理的地址（smtpd_authorized_xclient_hosts 或 s\
                     mtpd_authorized_xforward_hosts），或在代理上关闭 XCLIENT。",
        },
    },
    sentences: &[Sentence { en: "{0} was refused: {1}", zh: "{0} 被拒绝：{1}" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    for step in &session.steps {
        let Subject::Smtp(smtp::Subject::Reply {
            to: ReplyTo::Command(Verb::Xclient | Verb::Xforward),
            code: 400..,
            ..
        }) = step.subject
        else {
            continue;
        };
        let Some(command) = session.answered(step) else { continue };
        let occurrence = found.at([command.n, step.n]).named(Key::Command, Fact::Name(command.quoted_command()));
        _ = occurrence.named(Key::Reply, Fact::Name(step.quoted()));
    }
}

#[cfg(test)]
mod tests {
    has!(refused, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: XCLIENT ADDR=192.0.2.7\nS: 550 5.7.0 insufficient authorization" => [4, 5]);
    has!(unknown, "S: 220 mx\nC: EHLO a\nS: 250 mx\nC: XFORWARD ADDR=192.0.2.7\nS: 500 what" => [4, 5]);
    has_not!(taken, "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 XCLIENT ADDR\nC: XCLIENT ADDR=192.0.2.7\nS: 220 mx");
}
