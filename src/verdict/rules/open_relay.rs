use crate::protocol::Protocol;
use crate::protocol::event::Delivery;
use crate::session::Session;
use crate::session::model::{Message, Recipient};
use crate::verdict::logins;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};
use std::net::IpAddr;

/// A server took mail from a stranger that it would have to pass on to strangers: from a public address, without a
/// login, for an address that asks to be passed on (`%`, `!`, a route), or with one of the server's own addresses as
/// the sender and a foreign recipient.
///
/// It matters because spammers find such servers, and others then refuse all mail of theirs.
///
/// Not: mail for a foreign domain alone, since many servers take mail for many domains, which the capture does not
/// show; not mail from a private address or from the server's own network, whose relay it may be. What the capture
/// cannot show is whether the server does pass the mail on.
///
/// RFC 5321, section 7.9; RFC 2505, section 2.1.
pub const RULE: Rule = Rule {
    id: "open-relay",
    severity: Severity::Low,
    class: Class::Weakness,
    because_of: &[],
    since: "0.2.0",
    rank: 38,
    reference: Some("RFC 5321, section 7.9"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server may be an open relay",
            detail: "The server took mail without a login from an address outside its network, for a recipient that seems to be elsewhere. Whether it passes the mail on, the capture does not show.",
            remedy: "Let the server take mail for foreign recipients only from clients that have logged in, or from its own network; refuse addresses with routes.",
        },
        zh: Text {
            title: "服务器可能是开放转发",
            detail: "服务器从其网络之外的地址、未经登录就接收了邮件，而收件人似乎在别处。抓包无法说明服务器是否会转发该邮件。",
            remedy: "服务器应只为已登录的客户或本网络内的主机接收发往外部的邮件，并拒绝带路由的地址。",
        },
    },
    sentences: &[Sentence { en: "From {0} to {1}.", zh: "发件人 {0}，收件人 {1}。" }],
    check,
};

/// Ports for submission, where a message without a login is another finding.
const SUBMISSION: [u16; 5] = [465, 587, 588, 2465, 2587];

fn check(session: &Session, found: &mut Found) {
    let is_accepted = |message: &&Message| message.outcome == Some(Delivery::Accepted);
    if session.protocol != Protocol::Smtp || !session.messages.iter().any(|message| is_accepted(&message)) {
        return;
    }
    let ends = &session.transport.endpoints;
    let client = session.client_address.unwrap_or(ends.client.ip());
    if SUBMISSION.contains(&ends.server.port())
        || logins::may_be_logged_in(session)
        || !is_a_stranger(client, ends.server.ip())
    {
        return;
    }
    let own = session.banner.as_deref().and_then(own_domain);
    for message in session.messages.iter().filter(is_accepted) {
        let Some(envelope) = &message.envelope else { continue };
        let from = envelope.from.as_deref().unwrap_or_default();
        let is_taken = |recipient: &&Recipient| {
            recipient.accepted == Some(true)
                && (is_routed(&recipient.address)
                    || own.as_deref().is_some_and(|own| is_of(from, own) && is_foreign(&recipient.address, own)))
        };
        if let Some(recipient) = envelope.to.iter().find(is_taken) {
            let occurrence = found.at(message.steps.iter().copied()).named(Key::Name, Fact::Name(from.to_owned()));
            occurrence.named(Key::Recipient, Fact::Name(recipient.address.clone()));
        }
    }
}

/// True for a public address that is not near the server's.
fn is_a_stranger(client: IpAddr, server: IpAddr) -> bool {
    match (client.to_canonical(), server.to_canonical()) {
        (IpAddr::V4(client), IpAddr::V4(server)) => {
            let [first, second, ..] = client.octets();
            let shared = first == 100 && (64..128).contains(&second);
            let is_local = client.is_private() || client.is_loopback() || client.is_link_local() || shared;
            !is_local && !client.is_unspecified() && [first, second] != server.octets()[..2]
        }
        (IpAddr::V6(client), IpAddr::V6(server)) => {
            let is_local = client.is_loopback() || client.is_unique_local() || client.is_unicast_link_local();
            !is_local && !client.is_unspecified() && client.segments()[..2] != server.segments()[..2]
        }
        _ => false,
    }
}

/// The last two labels of the host that the greeting names.
fn own_domain(banner: &str) -> Option<String> {
    let host = banner.split_whitespace().next()?.trim_end_matches('.').to_lowercase();
    let labels: Vec<&str> = host.rsplitn(3, '.').collect();
    match labels.as_slice() {
        [top, name, ..] if !top.is_empty() && !name.is_empty() && !top.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(format!("{name}.{top}"))
        }
        _ => None,
    }
}

fn domain(address: &str) -> Option<String> {
    address.rsplit_once('@').map(|(_, domain)| domain.trim_end_matches('.').to_lowercase())
}

fn is_of(address: &str, own: &str) -> bool {
    domain(address)
        .is_some_and(|domain| domain.strip_suffix(own).is_some_and(|before| before.is_empty() || before.ends_with('.')))
}

fn is_foreign(address: &str, own: &str) -> bool {
    domain(address).is_some_and(|domain| !domain.starts_with('[')) && !is_of(address, own)
}

/// An address that asks to be passed on (RFC 5321, section 3.6.1 and appendix F.2): `@a:user@b`, `user%b@a`, `b!user@a`.
fn is_routed(address: &str) -> bool {
    let Some((local, _)) = address.rsplit_once('@') else { return false };
    let is_host = |part: &str| part.contains('.') && !part.starts_with('.') && !part.ends_with('.');
    // `SRS0=…` and `prvs=…` are addresses of the server's own making.
    let is_made = local.contains('=');
    address.starts_with('@') && local.contains(':')
        || !is_made && local.rsplit_once('%').is_some_and(|(_, host)| is_host(host))
        || !is_made && local.split_once('!').is_some_and(|(host, _)| is_host(host))
}

#[cfg(test)]
mod tests {
    use super::is_routed;

    fn is_found(client: &str, from: &str, to: &str, port: u16) -> bool {
        let script = format!(
            "--- client {client}, server 198.18.0.25:{port}\nS: 220 mx.example.test ESMTP\nC: EHLO a\nS: 250 mx\n\
             C: MAIL FROM:<{from}>\nS: 250 ok\nC: RCPT TO:<{to}>\nS: 250 ok\nC: DATA\nS: 354 go\nC: hi\nC: .\nS: 250 ok"
        );
        crate::verdict::testing::evidence(&super::RULE, &script).is_some()
    }

    #[test]
    fn has_mail_of_a_stranger_for_strangers() {
        assert!(is_found("203.0.113.9", "a@example.test", "c@example.net", 25));
        assert!(is_found("203.0.113.9", "a@example.org", "c%example.net@mx.example.test", 25));
        assert!(!is_found("127.0.0.1", "a@example.org", "c%example.net@mx.example.test", 25));
    }

    #[test]
    fn mail_that_a_server_may_be_there_for_is_none() {
        assert!(!is_found("203.0.113.9", "a@example.org", "c@example.test", 25));
        assert!(!is_found("203.0.113.9", "a@example.org", "c@hosted.example", 25));
        assert!(!is_found("203.0.113.9", "", "c@hosted.example", 25));
        assert!(!is_found("203.0.113.9", "a@example.test", "c@lists.example.test", 25));
        assert!(!is_found("10.0.0.9", "a@example.test", "c@example.net", 25));
        assert!(!is_found("198.18.7.9", "a@example.test", "c@example.net", 25));
        assert!(!is_found("203.0.113.9", "a@example.test", "c@example.net", 587));
    }

    #[test]
    fn routes() {
        for address in ["@a.example:c@b.example", "c%b.example@a.example", "b.example!c@a.example"] {
            assert!(is_routed(address), "{address}");
        }
        for address in ["c@b.example", "100%@b.example", "hey!@b.example", "SRS0=x%b.example=c@a.example", "a.b@c", "c"]
        {
            assert!(!is_routed(address), "{address}");
        }
    }

    has_not!(
        refused,
        "--- client 203.0.113.9, server 198.18.0.25:25\nS: 220 mx.example.test\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@example.test>\nS: 250 ok\n\
         C: RCPT TO:<c@example.net>\nS: 554 5.7.1 Relay access denied"
    );
}
