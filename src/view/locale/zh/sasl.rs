//! SASL 交互各轮的作用。 What the rounds of a SASL exchange do.

use crate::protocol::event::LoginCause;
use crate::protocol::sasl::{Mechanism, Round, Unencoded};

fn name(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Plain => "PLAIN",
        Mechanism::Login => "LOGIN",
        Mechanism::CramMd5 => "CRAM-MD5",
        Mechanism::Cram => "CRAM",
        Mechanism::DigestMd5 => "DIGEST-MD5",
        Mechanism::Scram => "SCRAM",
        Mechanism::Ntlm => "NTLM",
        Mechanism::Gssapi => "GSSAPI（Kerberos）",
        Mechanism::XOauth2 => "XOAUTH2",
        Mechanism::OauthBearer => "OAUTHBEARER",
        Mechanism::External => "EXTERNAL",
        Mechanism::Anonymous => "ANONYMOUS",
        Mechanism::Other => "该认证方式",
    }
}

pub fn challenge(round: Round) -> String {
    match round {
        Round::GoAhead(mechanism) => format!("服务器等待客户发送认证数据：{}", name(mechanism)),
        Round::AsksUsername => "服务器询问用户名（Base64 编码）".to_owned(),
        Round::AsksPassword => "服务器询问密码（Base64 编码）".to_owned(),
        Round::Challenge(mechanism) => its_challenge(mechanism).to_owned(),
        Round::Report(mechanism, cause) => {
            let why = match cause {
                LoginCause::WrongSecret => "令牌无效或已过期",
                LoginCause::Malformed => "请求的格式不正确",
                LoginCause::SwitchedOff => "令牌不允许这种访问",
                LoginCause::Limit => "尝试次数过多",
                LoginCause::Temporary => "目前无法验证令牌",
                _ => "原因见其内容（Base64 编码）",
            };
            format!("服务器拒绝令牌（{}）：{why}", name(mechanism))
        }
        Round::Malformed(mechanism) => format!("服务器的质询不符合规定的格式：{}", name(mechanism)),
        Round::Username
        | Round::Password
        | Round::Identity
        | Round::Token
        | Round::Proof(_)
        | Round::Empty(_)
        | Round::Unencoded(_)
        | Round::Cancel => "服务器发送了应由客户发送的内容".to_owned(),
    }
}

fn its_challenge(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Plain => "服务器发送质询，而 PLAIN 并无质询",
        Mechanism::Login => "除用户名和密码外，服务器还询问其他内容（LOGIN）",
        Mechanism::CramMd5 => "服务器发送质询，客户须将其与密码一起计算摘要（CRAM-MD5）",
        Mechanism::Cram => "服务器发送质询，客户须将其与密码一起计算摘要（CRAM）",
        Mechanism::DigestMd5 => "服务器发送域和随机数，或发送自身的证明（DIGEST-MD5）",
        Mechanism::Scram => "服务器发送盐值、迭代次数和随机数，或发送自身的证明（SCRAM）",
        Mechanism::Ntlm => "服务器发送 NTLM 质询及其域名",
        Mechanism::Gssapi => "服务器发送 Kerberos 交互数据（GSSAPI）",
        Mechanism::XOauth2 => "服务器说明拒绝令牌的原因（XOAUTH2）",
        Mechanism::OauthBearer => "服务器说明拒绝令牌的原因（OAUTHBEARER）",
        Mechanism::External => "服务器发送质询，而 EXTERNAL 并无质询",
        Mechanism::Anonymous => "服务器发送质询，而 ANONYMOUS 并无质询",
        Mechanism::Other => "服务器发送质询",
    }
}

pub fn response(round: Round) -> String {
    match round {
        Round::Username => "告知用户名（仅经 Base64 编码，并未加密）".to_owned(),
        Round::Password => "告知密码（仅经 Base64 编码，并未加密）".to_owned(),
        Round::Identity => "同时告知用户名和密码（仅经 Base64 编码，并未加密）".to_owned(),
        Round::Token => "告知令牌，其作用等同于密码".to_owned(),
        Round::Proof(mechanism) => proof(mechanism).to_owned(),
        Round::Empty(mechanism) => format!("空应答，使认证继续进行：{}", name(mechanism)),
        Round::Unencoded(what) => unencoded(what).to_owned(),
        Round::Cancel => "客户取消登录".to_owned(),
        Round::Malformed(mechanism) => format!("客户的应答不符合规定的格式：{}", name(mechanism)),
        Round::GoAhead(_) | Round::AsksUsername | Round::AsksPassword | Round::Challenge(_) | Round::Report(..) => {
            "客户发送了应由服务器发送的内容".to_owned()
        }
    }
}

fn unencoded(what: Unencoded) -> &'static str {
    match what {
        Unencoded::Username => "直接给出用户名；服务器要求 Base64 编码，多半无法识别",
        Unencoded::Password => "直接给出密码；服务器要求 Base64 编码，多半无法识别",
        Unencoded::Identity => "直接给出用户名和密码；服务器要求 Base64 编码，多半无法识别",
        Unencoded::Token => "直接给出持有者令牌；服务器要求 Base64 编码，多半无法识别",
        Unencoded::Other => "直接给出应答；服务器要求 Base64 编码，多半无法识别",
    }
}

fn proof(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::Plain => "继续认证，但未给出密码（PLAIN）",
        Mechanism::Login => "继续认证，但未给出密码（LOGIN）",
        Mechanism::CramMd5 => "告知用户名，以及由质询和密码算出的摘要（CRAM-MD5）",
        Mechanism::Cram => "告知用户名，以及由质询和密码算出的摘要（CRAM）",
        Mechanism::DigestMd5 => "告知用户名，以及由随机数和密码算出的摘要（DIGEST-MD5）",
        Mechanism::Scram => "告知用户名和随机数，或证明自己知道密码（SCRAM）",
        Mechanism::Ntlm => "协商 NTLM，或告知域、用户名和对质询的应答",
        Mechanism::Gssapi => "发送 Kerberos 交互数据（GSSAPI）",
        Mechanism::XOauth2 => "继续认证（XOAUTH2）",
        Mechanism::OauthBearer => "继续认证（OAUTHBEARER）",
        Mechanism::External => "告知 TLS 证书所代表的用户（EXTERNAL）",
        Mechanism::Anonymous => "以来宾身份登录，不用密码（ANONYMOUS）",
        Mechanism::Other => "对质询作出应答",
    }
}
