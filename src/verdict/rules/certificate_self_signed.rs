use crate::protocol::tls::alert;
use crate::session::Session;
use crate::verdict::encryption;
use crate::verdict::rule::{Class, Fact, Found, Needs, Rule, Sentence, Severity, Text, Words};

/// Subject and issuer of the server's own certificate are the same.
///
/// It matters because it proves to nobody who the server is. Between mail servers that is common, and better than no
/// encryption; to users it is a warning that they learn to click away.
///
/// Not: a certificate of an authority that the client does not know, which only the client can tell (tls-alert:
/// unknown_ca).
///
/// RFC 5280, section 3.2: self-issued and self-signed certificates.
pub const RULE: Rule = Rule {
    id: "certificate-self-signed",
    severity: Severity::Low,
    class: Class::Weakness,
    because_of: &[],
    since: "0.1.0",
    rank: 42,
    reference: Some("RFC 5280, section 3.2"),
    needs: Needs::NONE,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The server's certificate is signed by itself",
            detail: "No authority stands behind the certificate: anybody could have made it, also somebody between \
                     client and server. A client that checks it refuses the connection, unless it was told to trust \
                     just this one.",
            remedy: "Use a certificate of an authority that the clients trust, or let the clients pin this one.",
        },
        zh: Text {
            title: "服务器的证书是自签名的",
            detail: "证书没有颁发机构担保，任何人（包括处于客户与服务器之间的人）都可以制作。检查证书的客户会拒绝连\
                     接，除非事先指定信任它。",
            remedy: "使用受客户信任的机构颁发的证书，或让客户固定信任这一张。",
        },
    },
    sentences: &[Sentence { en: "It names {0}.", zh: "证书名称：{0}。" }],
    check,
};

fn check(session: &Session, found: &mut Found) {
    if !encryption::is_self_signed(session) {
        return;
    }
    let Some((certificate, step)) = encryption::certificate(session) else { return };
    let refused = encryption::refused_by(session, &[alert::UNKNOWN_CA]);
    let evidence = step.map(|step| step.n).into_iter().chain(refused);
    let occurrence = found.at(evidence).fact(Fact::Name(certificate.subject.clone()));
    if refused.is_some() {
        occurrence.severity(Severity::Medium).class(Class::Failure);
    }
}

#[cfg(test)]
mod tests {
    use crate::verdict::testing::tls::{self, Certificate};

    has!(
        by_its_own_name,
        &tls::session("mx.example", &Certificate { issuer: "mx.example", ..Certificate::USUAL }, &tls::keys()) => [3]
    );
    has_not!(by_an_authority, &tls::session("mx.example", &Certificate::USUAL, &tls::keys()));
}
