//! The same server with STARTTLS for one client, and without it for another.

use super::found::{Analysis, Evidence, FindingAcross, Findings, rule};
use super::remembered::Indexed;
use crate::limits::LimitsHit;
use crate::protocol::Protocol;
use crate::protocol::event::{Channel, Subject};
use crate::protocol::smtp::{self, ReplyTo, Verb};
use crate::session::Session;
use crate::session::model::{Fact, Severity, TlsMode};
use crate::verdict::rule::{Class, Needs, Rule, Sentence, Text, Words};
use std::net::SocketAddr;

/// A server with the same greeting and the same name offered STARTTLS in one session and not in another.
///
/// It matters because somebody in between may have taken it out of the list (RFC 3207, section 6): then the mail of those
/// clients crosses in the clear, though both ends could encrypt.
///
/// Not: a list after TLS has begun, or after a login, where STARTTLS is left out; not another greeting, port or name. A
/// server may also offer STARTTLS to some clients only, so this alone is no proof.
///
/// RFC 3207, section 6.
pub const RULE: Rule = rule(
    "starttls-offered-elsewhere",
    Severity::Low,
    Class::Weakness,
    Needs::TEXTS,
    Some("RFC 3207, section 6"),
    Words {
        en: Text {
            title: "STARTTLS was offered in one session and not in another",
            detail: "The same server, by greeting and name, offered STARTTLS to one client and not to another. Something in \
                     between may have taken it out of the list, or the server offers it to some clients only.",
            remedy: "Compare with the server's settings. If it offers STARTTLS to everybody, look for a firewall or an \
                     attacker on the way of the client without it; let the client insist on TLS.",
        },
        zh: Text {
            title: "STARTTLS 只在部分会话中提供",
            detail: "问候语和名称都相同的服务器，在一个会话中提供 STARTTLS，在另一个会话中却没有。可能是中间设备把它从列表中删去，\
                     也可能是服务器只对部分客户提供。",
            remedy: "核对服务器的配置。如果它对所有客户都提供 STARTTLS，请检查没有得到它的客户一路上的防火墙或攻击者，并让客户\
                     强制使用 TLS。",
        },
    },
);

const OFFERED: Sentence = Sentence {
    en: "{0}: offered in session {1}, not in session {2}.",
    zh: "{0}：会话 {1} 中提供，会话 {2} 中没有。",
};

/// Compares lists of capabilities.
#[derive(Default)]
pub struct StartTlsElsewhere {
    /// By server, greeting and name: a session with STARTTLS, and one without.
    lists: Indexed<(SocketAddr, String, String), (bool, Evidence)>,
}

impl Analysis for StartTlsElsewhere {
    fn session(&mut self, session: &Session, limits: &mut LimitsHit) {
        let first_list = session.steps.iter().find(|step| {
            matches!(
                step.subject,
                Subject::Smtp(smtp::Subject::Reply { to: ReplyTo::Command(Verb::Ehlo | Verb::Lhlo), code: 250, .. })
            ) && step.channel == Channel::Clear
                && !step.text_omitted
        });
        let Some(list) = first_list.filter(|_| session.tls.mode != TlsMode::Implicit) else { return };
        if !matches!(session.protocol, Protocol::Smtp | Protocol::Lmtp) || !session.transport.from_start {
            return;
        }
        let mut lines = list.text.lines().filter_map(|line| line.get(4..));
        let Some(name) = lines.next().and_then(|line| line.split_whitespace().next()) else { return };
        let offered = lines.any(|line| line.trim().eq_ignore_ascii_case("STARTTLS"));
        let server = session.transport.endpoints.server;
        let key = (
            SocketAddr::new(server.ip().to_canonical(), server.port()),
            session.banner.clone().unwrap_or_default(),
            name.to_ascii_lowercase(),
        );
        if !self.lists.get(&key).any(|(known, _)| *known == offered) {
            let steps = list.answers.into_iter().chain([list.n]);
            self.lists.add(key, (offered, Evidence::of(session, steps)), limits);
        }
    }

    fn finish(self: Box<Self>, findings: &mut Findings) {
        for ((server, ..), lists) in self.lists.groups() {
            let with = lists.iter().find(|(offered, _)| *offered);
            let without = lists.iter().find(|(offered, _)| !*offered);
            let (Some((_, with)), Some((_, without))) = (with, without) else { continue };
            let facts = vec![
                (Some("by"), Fact::Name(server.to_string())),
                (None, Fact::Count(with.session.id)),
                (None, Fact::Count(without.session.id)),
            ];
            let finding = FindingAcross::new(&RULE).says(&OFFERED, facts);
            findings.add(finding.shown_by(with.clone()).shown_by(without.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::StartTlsElsewhere;
    use crate::verdict::across::testing::found;

    fn list(greeting: &str, name: &str, extension: &str) -> String {
        format!("---\nS: 220 {greeting}\nC: EHLO a\nS: 250-{name}\nS: 250 {extension}\nC: QUIT\nS: 221 bye\n")
    }

    fn count(script: &str) -> usize {
        found(script, StartTlsElsewhere::default(), |_| {}).all.len()
    }

    #[test]
    fn has_one_list_with_it_and_one_without() {
        assert_eq!(count(&(list("mx ESMTP", "mx", "STARTTLS") + &list("mx ESMTP", "mx", "XXXXXXXA"))), 1);
    }

    #[test]
    fn has_not_equal_lists_or_another_server() {
        let with = list("mx ESMTP", "mx", "STARTTLS");
        assert_eq!(count(&with.repeat(2)), 0);
        assert_eq!(count(&(with.clone() + &list("gw ESMTP", "mx", "SIZE"))), 0);
        assert_eq!(count(&(with + &list("mx ESMTP", "mx2", "SIZE"))), 0);
    }
}
