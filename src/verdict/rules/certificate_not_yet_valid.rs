use crate::session::Session;
use crate::verdict::encryption;
use crate::verdict::rule::{Class, Fact, Found, Key, Needs, Rule, Sentence, Severity, Text, Words};

/// The server's certificate was not valid yet by the capture's clock when it crossed.
///
/// It matters because a client that checks it breaks off; and because it shows a wrong clock more often than a wrong
/// certificate.
///
/// Not: one that is a few minutes early, which is a matter of clocks that no client minds.
///
/// RFC 5280, section 6.1.3: the checks of a path.
pub const RULE: Rule = Rule {
    id: "certificate-not-yet-valid",
    severity: Severity::Low,
    class: Class::Weakness,
    because_of: &[],
    since: "0.1.0",
    rank: 41,
    reference: Some("RFC 5280, section 6.1.3"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server's certificate is not valid yet",
            detail: "When the certificate crossed, its time had not begun. Either it came too early, or the clock of a \
                     machine is wrong: the client's, the server's, or that of the machine that captured.",
            remedy: "Compare the clocks of the machines, and use the certificate only once its time has begun.",
        },
        zh: Text {
            title: "服务器的证书尚未生效",
            detail: "证书传送时还没有到生效日期：不是启用过早，就是某台机器（客户、服务器或抓包的机器）的时钟有误。",
            remedy: "核对各台机器的时钟；证书生效之后再启用。",
        },
    },
    sentences: &[
        Sentence {
            en: "It is valid from {0} on, and the client went on all the same.",
            zh: "自 {0} 起生效，但客户仍然继续。",
        },
        Sentence {
            en: "It is valid from {0} on, and the client broke off because of it.",
            zh: "自 {0} 起生效，客户因此中止了连接。",
        },
        Sentence {
            en: "It is valid from {0} on, and the client broke off over the certificate, perhaps because of that.",
            zh: "自 {0} 起生效，客户因证书中止了连接，可能就是因为尚未生效。",
        },
    ],
    check,
};

fn check(session: &Session, found: &mut Found) {
    if !encryption::is_not_yet_valid(session) {
        return;
    }
    let Some((certificate, step)) = encryption::certificate(session) else { return };
    let from = certificate.not_before.get(..10).unwrap_or(&certificate.not_before).to_owned();
    let (says, severity, alert) = encryption::consequence(session);
    let evidence = step.map(|step| step.n).into_iter().chain(alert);
    let occurrence = found.at(evidence).named(Key::Name, Fact::Name(from)).says(says);
    if let Some(severity) = severity {
        occurrence.severity(severity).class(Class::Failure);
    }
}

#[cfg(test)]
mod tests {
    use crate::verdict::testing::tls::{self, Certificate};

    has!(
        years_too_early,
        &tls::session("mx.example", &Certificate { from: "300101000000Z", until: "310101000000Z", ..Certificate::USUAL }, "") => [3]
    );
    has_not!(in_its_time, &tls::session("mx.example", &Certificate::USUAL, &tls::keys()));
    has_not!(
        over,
        &tls::session(
            "mx.example",
            &Certificate { from: "080101000000Z", until: "090101000000Z", ..Certificate::USUAL },
            ""
        )
    );
}
