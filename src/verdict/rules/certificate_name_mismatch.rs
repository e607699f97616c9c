use crate::protocol::tls::alert;
use crate::session::Session;
use crate::verdict::encryption;
use crate::verdict::rule::{Class, Fact, Found, Needs, Rule, Sentence, Severity, Text, Words};

/// The name that the client asked for (server name indication) is none of the names of the server's certificate.
///
/// It matters because a client that checks it breaks off; and because a certificate of another name is also what an
/// attacker would show.
///
/// A `*` stands for one label, the leftmost. Where the certificate has no names of hosts in subjectAltName, its common
/// name counts.
///
/// Not: where the client named no server; mail servers that use STARTTLS among themselves often do not, and often do
/// not check.
///
/// RFC 9525, section 6: verifying service identity.
pub const RULE: Rule = Rule {
    id: "certificate-name-mismatch",
    severity: Severity::Low,
    class: Class::Weakness,
    because_of: &[],
    since: "0.1.0",
    rank: 43,
    reference: Some("RFC 9525, section 6"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server's certificate is for another name",
            detail: "The client asked for a name that the certificate does not have. A client that checks it refuses \
                     the connection: it could be another server's.",
            remedy: "Use a certificate that has the name by which clients reach the server, or let clients use a name \
                     that it has.",
        },
        zh: Text {
            title: "服务器的证书属于另一个名称",
            detail: "客户请求的名称不在证书之中。检查证书的客户会拒绝连接：对方可能是另一台服务器。",
            remedy: "使用包含客户所用名称的证书，或让客户使用证书中已有的名称。",
        },
    },
    sentences: &[Sentence {
        en: "The client asked for {0}; the certificate is for {1}.",
        zh: "客户请求 {0}，证书属于 {1}。",
    }],
    check,
};

/// Names of a certificate that are told.
const NAMES: usize = 4;

fn check(session: &Session, found: &mut Found) {
    if !encryption::is_of_another_name(session) {
        return;
    }
    let Some((certificate, step)) = encryption::certificate(session) else { return };
    let asked = session.tls.server_name.clone().unwrap_or_default();
    let mut names: Vec<&str> = encryption::hosts(certificate).take(NAMES + 1).collect();
    if names.len() > NAMES {
        names[NAMES] = "…";
    }
    let refused = encryption::refused_by(session, &[alert::BAD_CERTIFICATE, alert::CERTIFICATE_UNKNOWN]);
    let evidence = step.map(|step| step.n).into_iter().chain(refused);
    let occurrence = found.at(evidence).fact(Fact::Name(asked)).fact(Fact::Name(names.join(", ")));
    if refused.is_some() {
        occurrence.severity(Severity::Medium).class(Class::Failure);
    }
}

#[cfg(test)]
mod tests {
    use crate::verdict::testing::tls::{self, Certificate};

    has!(another_host, &tls::session("smtp.example", &Certificate::USUAL, &tls::keys()) => [3]);
    has!(
        a_star_is_one_label,
        &tls::session("a.b.example", &Certificate { name: "*.example", ..Certificate::USUAL }, "") => [3]
    );
    has_not!(its_own, &tls::session("MX.Example", &Certificate::USUAL, &tls::keys()));
    has_not!(by_its_star, &tls::session("mx.example", &Certificate { name: "*.example", ..Certificate::USUAL }, ""));
    has_not!(no_name_asked_for, &tls::session("", &Certificate::USUAL, &tls::keys()));
}
