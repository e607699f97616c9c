use crate::flow::Side;
use crate::session::Session;
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The client used a connection that the server had closed: it sent something well after the server's FIN.
///
/// It matters because what it sent is lost: programs that keep connections for later (pools, mail libraries) must notice that
/// the other end is gone.
///
/// Not: data that crossed the FIN on the way; not QUIT or LOGOUT after it, which is only polite; not a client that notices and
/// opens a new connection; and not a session in TLS, where it may be the end of TLS.
///
/// RFC 9293, section 3.6: after a FIN the other side sends nothing more.
pub const RULE: Rule = Rule {
    id: "stale-connection",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[],
    since: "0.2.0",
    rank: 14,
    reference: Some("RFC 9293, section 3.6"),
    needs: Needs::TEXTS,
    in_silence: true,
    words: Words {
        en: Text {
            title: "The client used a connection that the server had closed",
            detail: "The server had ended the session, and the client went on later as if the connection were open: what it sent is lost.",
            remedy: "The client should notice that a connection is closed before it uses it again, open a new one, and repeat what it sent. It can also keep connections for a shorter time than the server does.",
        },
        zh: Text {
            title: "客户使用了服务器已关闭的连接",
            detail: "服务器已经结束会话，客户后来却当作连接仍然打开而继续发送：所发内容丢失。",
            remedy: "客户在再次使用连接之前应察觉它已关闭，并打开新的连接，重发所发内容；也可使保留连接的时间短于服务器的限值。",
        },
    },
    sentences: &[Sentence {
        en: "{0} after the server's FIN (packet {1}).",
        zh: "在服务器的 FIN（分组 {1}）之后 {0}。",
    }],
    check,
};

/// What is sent later than this after the FIN did not cross it on the way.
const CROSSING: i64 = ending::SECOND / 2;

fn check(session: &Session, found: &mut Found) {
    let Some(ends) = ending::ends(session) else { return };
    let (Some(fin), Some(said)) = (ends.fins[Side::Server as usize], ends.said_after_fin[Side::Client as usize]) else {
        return;
    };
    if ends.fins[Side::Client as usize].is_some_and(|own| own.time < fin.time) || ending::is_hidden(session) {
        return;
    }
    let round_trip = session.transport.counters.rtt_ms.map_or(0, |milliseconds| (milliseconds * 3e6) as i64);
    let Some(passed) = said.time.known_since(fin.time).filter(|&passed| passed >= CROSSING.max(round_trip)) else {
        return;
    };
    let mut after = session.steps.iter().filter(|step| step.from == Side::Client && step.time >= said.time);
    let first = after.next();
    if first.is_some_and(ending::is_goodbye) {
        return;
    }
    let resets = ends.resets.iter().map(|reset| reset.at).filter(|at| at.time >= said.time);
    let packets = [fin.packet, said.packet].into_iter().chain(resets.map(|at| at.packet));
    let occurrence = found.at(first.map(|step| step.n)).packets(packets);
    let occurrence = occurrence.fact(Fact::Duration(passed)).fact(Fact::Packet(fin.packet));
    occurrence.named(Key::By, Fact::Side(Side::Client));
}

#[cfg(test)]
mod tests {
    has!(
        mail_after_the_fin,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n@ 5\n! fin server\n@ 3\nC: MAIL FROM:<a@b>\n! rst server" => [4]
    );
    has_not!(
        quit_after_the_fin,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 421 4.4.2 timeout\n! fin server\nC: QUIT\n! rst server"
    );
    has_not!(
        the_client_closes_too,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n! fin server\n@ 9\n! fin client"
    );
    has_not!(the_client_left_first, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n! fin client\nS: 250 mx\n! fin server");
}
