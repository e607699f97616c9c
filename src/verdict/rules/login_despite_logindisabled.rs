use crate::protocol::event::{Channel, StepId, Subject};
use crate::protocol::imap;
use crate::session::Session;
use crate::session::model::Step;
use crate::verdict::encryption;
use crate::verdict::rule::{Class, Found, Needs, Rule, Severity, Text, Words};

/// IMAP: the last list of capabilities before the log-in has LOGINDISABLED, and the client sends LOGIN outside TLS.
///
/// It matters because the password is lost for nothing.
///
/// Not: where the client uses STARTTLS first; nor AUTHENTICATE, which LOGINDISABLED does not forbid.
///
/// RFC 9051, section 6.2.3: a client must not use LOGIN where LOGINDISABLED is advertised.
pub const RULE: Rule = Rule {
    id: "login-despite-logindisabled",
    severity: Severity::High,
    class: Class::Failure,
    because_of: &[],
    since: "0.1.0",
    rank: 8,
    reference: Some("RFC 9051, section 6.2.3"),
    needs: Needs::TEXTS,
    in_silence: false,
    words: Words {
        en: Text {
            title: "The client logged in although the server had forbidden it",
            detail: "The server had said that LOGIN is disabled on this connection: it wants TLS first. The client sent \
                     user name and password in the clear all the same. They are exposed, and the log-in could not \
                     succeed.",
            remedy: "Let the client use STARTTLS or port 993 before it logs in, and change this password.",
        },
        zh: Text {
            title: "服务器已禁止登录，客户仍然登录",
            detail: "服务器已说明在此连接上禁用 LOGIN，要求先使用 TLS；客户仍以明文发送了用户名和密码。密码已暴露，\
                     登录也不可能成功。",
            remedy: "客户应先使用 STARTTLS 或端口 993 再登录，并更换该密码。",
        },
    },
    sentences: &[],
    check,
};

fn check(session: &Session, found: &mut Found) {
    let is_login = |step: &&Step| {
        let what = imap::What::Command { verb: imap::Verb::Login, uid: false };
        step.channel == Channel::Clear && matches!(&step.subject, Subject::Imap(subject) if subject.what == what)
    };
    let Some(login) = session.steps.iter().find(is_login) else { return };
    let list = encryption::lists(session).and_then(|mut lists| lists.next_back());
    let Some(list) = list.filter(|list| list.has("LOGINDISABLED") && list.step.n < login.n) else { return };
    let answer = session.steps.iter().find(|step| step.answers == Some(login.n) && step.status().is_some());
    let evidence: Vec<StepId> = [list.step.n, login.n].into_iter().chain(answer.map(|step| step.n)).collect();
    found.at(evidence);
}

#[cfg(test)]
mod tests {
    has!(
        in_the_greeting,
        "S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\nC: a LOGIN bob secret\nS: a NO [PRIVACYREQUIRED] no" => [1, 2, 3]
    );
    has!(
        in_a_list_of_its_own,
        "S: * OK ready\nC: a CAPABILITY\nS: * CAPABILITY IMAP4rev1 LOGINDISABLED\nS: a OK done\nC: b LOGIN bob secret\n\
         S: b NO no" => [3, 5, 6]
    );
    has_not!(
        tls_first,
        "S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\nC: a STARTTLS\nS: a OK begin\n\
         C: b LOGIN bob secret\nS: b OK in"
    );
    has_not!(
        a_later_list_allows_it,
        "S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready\nC: a CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: a OK done\n\
         C: b LOGIN bob secret\nS: b OK in"
    );
    has_not!(
        another_way_to_log_in,
        "S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN] ready\nC: a AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=\nS: a NO no"
    );
}
