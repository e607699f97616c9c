use crate::flow::Side;
use crate::protocol::event::{Kind, StepId, Subject};
use crate::protocol::smtp::{self, ReplyTo, Verb};
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// A side does not keep to its protocol in a way that is worth knowing: commands that end with LF alone, commands
/// that the server does not know, again and again, and commands out of order. Or it speaks another protocol: the client's
/// first line is a request of HTTP, whatever the server answers.
///
/// It matters because other servers may mind, and because such clients are often written by hand. HTTP at a mail server is a scanner that
/// looks what answers there, or a web page that makes a browser speak to it.
///
/// Not: a single unknown command, which may be a question; not a 503 to commands that were pipelined: a DATA after
/// all recipients were refused is right (RFC 2920).
///
/// RFC 5321, sections 2.3.8 and 4.1.4. RFC 9112, section 3: the request line of HTTP.
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
        Sentence {
            en: "The client speaks HTTP to a mail server: \"{0}\"", zh: "客户对邮件服务器使用了 HTTP：“{0}”"
        },
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
    if let Some(request) = http_request(session) {
        let answer = session.steps.iter().find(|step| step.answers == Some(request.n)).map(|step| step.n);
        let occurrence = found.at([request.n].into_iter().chain(answer)).says(3);
        _ = occurrence.named(Key::Name, Fact::Name(request.quoted()));
    }
}

/// The client's first line, where it is a request of HTTP and no command of a mail protocol.
fn http_request(session: &Session) -> Option<&Step> {
    let is_line = |step: &&Step| step.from == Side::Client && matches!(step.kind, Kind::Command | Kind::Unknown);
    session.steps.iter().find(is_line).filter(|step| is_http_request(&step.text))
}

/// `method SP request-target SP HTTP-version` (RFC 9112, section 3). Methods are in upper case. The target is a path, a URL,
/// a host with its port, or `*`, which the words of a mail command are not.
fn is_http_request(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let (Some(method), Some(target), Some(version), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    let is_method = method.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_'));
    let is_target = target.starts_with('/') || target == "*" || target.contains(':');
    let is_number = |number: &str| number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = version.strip_prefix("HTTP/").is_some_and(|number| number.split('.').all(is_number));
    is_method && is_target && is_version
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
    has!(http_to_smtp, "S: 220 mx\nC: GET / HTTP/1.0\nS: 221 2.7.0 Error: I can break rules, too. Goodbye." => [2, 3]);
    has!(http_to_lmtp, "S: 220 mx LMTP\nC: OPTIONS * HTTP/1.1\nS: 500 what" => [2, 3]);
    has!(http_to_pop3, "S: +OK ready\nC: POST /cgi HTTP/1.1\nS: -ERR Unknown command." => [2, 3]);
    has!(http_to_imap, "S: * OK ready\nC: GET / HTTP/1.0\nS: GET BAD Command unknown" => [2, 3]);
    has!(http_2_to_imap, "S: * OK ready\nC: PRI * HTTP/2.0\nS: PRI BAD Command unknown" => [2, 3]);
    has!(a_proxy_is_asked_for, "S: * OK ready\nC: CONNECT b.test:25 HTTP/1.1\nS: CONNECT BAD what" => [2, 3]);
    has!(http_that_is_not_answered, "S: +OK ready\nC: GET http://b.test/ HTTP/1.1" => [2]);
    has_not!(a_mailbox_called_so, "S: * OK ready\nC: A SELECT HTTP/1.1\nS: A NO no such mailbox");
    has_not!(a_path_alone, "S: +OK ready\nC: GET /\nS: -ERR what");
    has_not!(a_name_that_begins_so, "S: * OK ready\nC: GET / HTTP/x.y\nS: GET BAD what");
    has_not!(not_the_first_line, "S: +OK ready\nC: CAPA\nS: -ERR no\nC: GET / HTTP/1.0\nS: -ERR what");
    has_not!(one_question, "S: 220 mx\nC: HELO a\nS: 250 mx\nC: FOO\nS: 500 what");
    has_not!(
        pipelined,
        "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 PIPELINING\nC| MAIL FROM:<a@b>\\r\\nRCPT TO:<c@d>\\r\\nDATA\\r\\n\nS: 250 ok\n\
         S: 550 no\nS: 503 no valid recipients"
    );
}
