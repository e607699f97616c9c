use crate::flow::{CloseReason, Side};
use crate::protocol::event::Kind;
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::ending;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The connection was broken off by RST in the middle of a session: by the server, by the client, or by a box in between
/// that pretends to be one of them.
///
/// It matters because what was under way is lost, and neither program learns why. A box in between shows by a time to live
/// that is not the one of that side's other packets, or because the side goes on as if nothing had happened.
///
/// Not: a RST after QUIT or LOGOUT, after either side's FIN, after TLS was closed, or after a refusal that ended the session
/// anyway; not a client that leaves after it has waited in vain (`client-gave-up`); and not a probe that says nothing.
///
/// RFC 9293, section 3.5.3; RFC 5961, section 3.
pub const RULE: Rule = Rule {
    id: "connection-reset",
    severity: Severity::Medium,
    class: Class::Failure,
    because_of: &[
        "tls-mismatch",
        "tls-alert",
        "tls-refused",
        "stale-connection",
        "connection-prohibited",
        "proxy-header-expected",
        "proxy-header-not-expected",
        "spoke-before-greeting",
        "dot-not-on-its-line",
        "conflicting-bytes",
        "mtu-black-hole",
        "zero-window-stall",
        "peer-unreachable",
        "retransmission-stall",
    ],
    since: "0.2.0",
    rank: 14,
    reference: Some("RFC 9293, section 3.5.3"),
    needs: Needs::NONE,
    in_silence: true,
    words: Words {
        en: Text {
            title: "The connection was reset",
            detail: "A RST broke off the session in the middle: what was under way is lost.",
            remedy: "If the server reset it, look into its log for that time. If a box in between did, look at the firewalls, load balancers and filters on the way: they reset what they do not want to pass, or what they have forgotten.",
        },
        zh: Text {
            title: "连接被复位",
            detail: "会话中途被 RST 中断：正在进行的操作丢失。",
            remedy: "若由服务器复位，请查看其当时的日志。若由中间设备复位，请检查途中的防火墙、负载均衡器和过滤设备：它们会复位不愿放行或已经遗忘的连接。",
        },
    },
    sentences: &[
        Sentence { en: "The server sent the RST, in packet {1}.", zh: "RST 由服务器发出（分组 {1}）。" },
        Sentence { en: "The client sent the RST, in packet {1}.", zh: "RST 由客户发出（分组 {1}）。" },
        Sentence {
            en: "The RST in packet {1} was not sent by the {0}, whose address it has: a box in between sent it. {2}",
            zh: "分组 {1} 中的 RST 虽带有{0}的地址，却并非由其发出，而是来自中间设备。{2}",
        },
        Sentence {
            en: "The RST in packet {1} has the address of the {0}, but perhaps a box in between sent it. {2}",
            zh: "分组 {1} 中的 RST 带有{0}的地址，但可能来自中间设备。{2}",
        },
    ],
    check,
};

/// What a command and the end of TLS take in records of TLS, at most.
const FAREWELL_BYTES: u64 = 256;

fn check(session: &Session, found: &mut Found) {
    let transport = &session.transport;
    let Some(ends) = ending::ends(session).filter(|_| transport.end == CloseReason::Reset) else { return };
    let Some(reset) = ends.resets.first() else { return };
    let time = reset.at.time;
    let by_fin = ends.fins.iter().flatten().any(|fin| fin.time <= time);
    if by_fin || ending::has_goodbye(session) || ending::follows_refusal(session, time) {
        return;
    }
    // With copies from two places, each packet may have two times to live.
    let other_hops = reset.has_other_hops() && transport.counters.copies == 0;
    let says = match (other_hops, reset.went_on, reset.side) {
        (true, 1.., _) | (false, 3.., _) => 2,
        (true, 0, _) | (false, 1..=2, _) => 3,
        (false, 0, Side::Server) => 0,
        (false, 0, Side::Client) => 1,
    };
    let from_client = says == 1;
    let counters = &transport.counters;
    let is_probe = from_client && counters.client_bytes == 0;
    // Where the dialogue cannot be read, it may have been over (QUIT, and TLS closed), unless more is under way than that.
    let under_way = ends.unacknowledged.iter().any(|&bytes| bytes > FAREWELL_BYTES);
    let may_be_over = ending::is_hidden(session) && (from_client || !under_way) && says < 2;
    // A client that leaves between two commands has lost nothing.
    let is_asked = |step: &Step| step.from == Side::Server && step.kind == Kind::Continuation;
    let last = session.steps.iter().rev().find(|step| step.time <= time && step.kind != Kind::Gap);
    let amid = || {
        ending::owed(session, time).is_some()
            || session.messages.iter().any(|message| message.unfinished)
            || last.is_some_and(|last| is_asked(last) && !ending::is_idling(session, last))
    };
    if is_probe || may_be_over || (from_client && !amid()) || ending::gave_up(session).is_some() {
        return;
    }
    let occurrence = found.at(last.map(|step| step.n)).packets(ends.resets.iter().map(|reset| reset.at.packet));
    let occurrence = occurrence.says(says).named(Key::By, Fact::Side(reset.side)).fact(Fact::Packet(reset.at.packet));
    if says >= 2 {
        occurrence.named(Key::Name, Fact::Phrase(signs(other_hops, reset.went_on > 0)));
    }
}

fn signs(other_hops: bool, went_on: bool) -> &'static Sentence {
    match (other_hops, went_on) {
        (true, true) => &Sentence {
            en: "Its TTL is not that of the other packets from there, and that side went on after it.",
            zh: "其 TTL 与该方的其他分组不同，且该方此后仍继续通信。",
        },
        (true, false) => &Sentence {
            en: "Its TTL is not that of the other packets from there.",
            zh: "其 TTL 与该方的其他分组不同。",
        },
        (false, _) => &Sentence {
            en: "That side went on after it as if it had not sent it.",
            zh: "该方此后仍继续通信，仿佛并未发出它。",
        },
    }
}

#[cfg(test)]
mod tests {
    has!(by_the_server, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n! rst server" => [2]);
    has!(by_a_box, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n! rst server 255\n! on" => [2]);
    has!(by_the_client_in_a_command, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\n! rst client" => [2]);
    has!(
        by_the_client_before_the_content,
        "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\n! rst client" => [9]
    );
    has_not!(by_the_client_in_idle, "! syn\n! syn-ack\nS: * PREAUTH hi\nC: a IDLE\nS: + idling\n! rst client");
    has_not!(after_quit, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\nC: QUIT\n! rst client");
    has_not!(after_quit_by_the_server, "! syn\n! syn-ack\nS: 220 mx\nC: QUIT\n! rst server");
    has_not!(after_logout, "! syn\n! syn-ack\nS: * OK hi\nC: a LOGOUT\nS: * BYE\nS: a OK\n! rst client");
    has_not!(after_a_refusal, "! syn\n! syn-ack\nS: 554 no\n! rst server");
    has_not!(after_its_own_fin, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n! fin client\n! rst client");
    has_not!(after_the_others_fin, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n! fin client\n! rst server");
    has_not!(by_the_client_between_two_commands, "! syn\n! syn-ack\nS: 220 mx\nC: HELO a\nS: 250 mx\n! rst client");
    has_not!(a_probe, "! syn\n! syn-ack\nS: 220 mx\n! rst client");
    has_not!(nothing_of_the_kind, "S: 220 mx\nC: HELO a\nS: 250 mx");
}
