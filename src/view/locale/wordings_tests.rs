//! What servers say, in their own words, against the sentence shown: a server's text comes before its enhanced code, and
//! that before its code. Each wording is that of the version named, as seen on the wire or as its source or its
//! provider's documentation has it; hosts and addresses are invented.

use super::{Lang, purpose};
use crate::session::Needs;
use crate::verdict::{purpose as verdict_purpose, testing};

/// What a sentence must say: words of which one must be there, in English and in Chinese.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Wrong,
    Malformed,
    NotOffered,
    Encrypt,
    Limit,
    InUse,
    Off,
    Later,
    NoReason,
    OutOfTurn,
    NoMail,
    BareLineEnd,
    Errors,
    LoginFirst,
    HelloFirst,
    BadName,
    Greylisted,
    Blocklisted,
    Relay,
    NoMailbox,
    Full,
    TooLarge,
    Spam,
    NotAuthentic,
    BadSender,
    Connections,
    Rate,
    Stopped,
    Timeout,
    Now,
    UnknownCommand,
}

impl Says {
    fn words(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Wrong => (&["not valid", "password are wrong", "password is wrong"], &["无效", "密码错误"]),
            Self::Malformed => (&["cannot read", "arguments are wrong"], &["无法识别", "参数有误"]),
            Self::NotOffered => (&["does not offer"], &["不提供", "不支持"]),
            Self::Encrypt => (&["encrypted"], &["加密"]),
            Self::Limit => (&["too many"], &["过多"]),
            Self::InUse => (&["another session"], &["另一会话", "另一个会话"]),
            Self::Off => (&["disabled"], &["停用"]),
            Self::Later => (&["at the moment", "later", "passing fault"], &["暂时", "稍后"]),
            Self::NoReason => (&["does not say why"], &["未说明原因"]),
            Self::OutOfTurn => (&["before it had the answer"], &["未等"]),
            Self::NoMail => (&["no mail command"], &["不是邮件"]),
            Self::BareLineEnd => (&["LF"], &["LF"]),
            Self::Errors => (&["too many errors"], &["错误"]),
            Self::LoginFirst => (&["must log in", "log in first"], &["登录"]),
            Self::HelloFirst => (&["HELO"], &["HELO"]),
            Self::BadName => (&["name"], &["名称", "域名"]),
            Self::Greylisted => (&["greylist"], &["灰名单"]),
            Self::Blocklisted => (&["blocklist"], &["名单"]),
            Self::Relay => (&["relay", "pass on"], &["转发"]),
            Self::NoMailbox => (&["no such mailbox", "mailbox does not exist", "does not exist"], &["不存在"]),
            Self::Full => (&["full"], &["已满"]),
            Self::TooLarge => (&["too large", "too big"], &["过大", "太大"]),
            Self::Spam => (&["spam"], &["垃圾"]),
            Self::NotAuthentic => (&["SPF", "checks of the sender"], &["SPF", "发件人验证"]),
            Self::BadSender => (&["sender"], &["发件人"]),
            Self::Connections => (&["too many connections"], &["连接过多", "连接太多"]),
            Self::Rate => (&["too much"], &["过多", "频"]),
            Self::Stopped => (&["being stopped", "shut"], &["停止", "关闭"]),
            Self::Timeout => (&["too long"], &["过久", "太久", "超时"]),
            Self::Now => (&["whoever it is"], &["任何收件人"]),
            Self::UnknownCommand => (&["not understand", "not know"], &["不认识", "不理解", "无法识别", "不能识别"]),
        }
    }
}

/// What comes before the reply, by the name of what is answered.
fn before(context: &str) -> &'static str {
    match context {
        "greeting" => "",
        "helo" => "S: 220 mx\nC: EHLO a\n",
        "auth" => "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 AUTH PLAIN LOGIN XOAUTH2\nC: AUTH PLAIN AGJvYgBzZWNyZXQ=\n",
        "mail" => "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 SIZE\nC: MAIL FROM:<a@example.test>\n",
        "rcpt" => {
            "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 SIZE\nC: MAIL FROM:<a@example.test>\nS: 250 ok\nC: RCPT TO:<b@example.test>\n"
        }
        "content" => {
            "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 SIZE\nC: MAIL FROM:<a@example.test>\nS: 250 ok\nC: RCPT TO:<b@example.test>\n\
             S: 250 ok\nC: DATA\nS: 354 go\nC: hi\nC: .\n"
        }
        "unknown" => "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 SIZE\nC: FROB\n",
        "user" => "S: +OK ready\nC: USER bob\n",
        "pass" => "S: +OK ready\nC: USER bob\nS: +OK\nC: PASS secret\n",
        "login" => "S: * OK ready\nC: a LOGIN bob secret\n",
        "authenticate" => "S: * OK ready\nC: a AUTHENTICATE PLAIN\nS: +\nC: AGJvYgBzZWNyZXQ=\n",
        _ => panic!("no such context: {context}"),
    }
}

/// The sentences about the last step, in English and Chinese.
fn sentences(context: &str, reply: &str) -> [String; 2] {
    let lines: String = reply.lines().map(|line| format!("S: {line}\n")).collect();
    let session = testing::session(&format!("{}{lines}", before(context)), Needs::ALL);
    let step = session.steps.last().expect("a step");
    assert_eq!(&*step.text, reply, "one step");
    [Lang::En, Lang::Zh].map(|lang| purpose(lang, &verdict_purpose::purpose(&session, step)).into_owned())
}

/// Whose words, what they answer, the reply, and what the sentence must say.
const WORDINGS: &[(&str, &str, &str, Says)] = &[
    ("Postfix 3.7", "auth", "535 5.7.8 Error: authentication failed: authentication failure", Says::Wrong),
    ("Postfix 3.7", "auth", "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", Says::Wrong),
    (
        "Postfix 3.7",
        "auth",
        "535 5.7.8 Error: authentication failed: Invalid authentication mechanism",
        Says::NotOffered,
    ),
    ("Postfix 3.7", "auth", "535 5.7.8 Error: authentication failed: no mechanism available", Says::NotOffered),
    ("Postfix 3.7", "auth", "535 5.7.8 Error: authentication failed: generic failure", Says::NoReason),
    (
        "Postfix 3.7",
        "auth",
        "535 5.7.8 Error: authentication failed: Connection lost to authentication server",
        Says::Later,
    ),
    (
        "Postfix 3.7",
        "auth",
        "454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
        Says::Later,
    ),
    ("Postfix 3.7", "auth", "503 5.5.1 Error: authentication not enabled", Says::NotOffered),
    ("Postfix 3.7", "auth", "538 5.7.11 Encryption required for requested authentication mechanism", Says::Encrypt),
    ("Postfix 3.7", "auth", "530 5.7.0 Must issue a STARTTLS command first", Says::Encrypt),
    ("Exim 4.96", "auth", "535 Incorrect authentication data", Says::Wrong),
    ("Exim 4.96", "auth", "435 Unable to authenticate at present", Says::Later),
    ("Exim 4.96", "auth", "504 FOO authentication mechanism not supported", Says::NotOffered),
    ("Exim 4.96", "auth", "503 AUTH command used when not advertised", Says::NotOffered),
    ("Exim 4.96", "auth", "501 Invalid base64 data", Says::Malformed),
    ("Sendmail 8.17", "auth", "535 5.7.0 authentication failed", Says::Wrong),
    ("Sendmail 8.17", "auth", "504 5.3.3 AUTH mechanism FOO not available", Says::NotOffered),
    ("Sendmail 8.17", "auth", "503 5.3.3 AUTH not available", Says::NotOffered),
    ("Sendmail 8.17", "auth", "501 5.5.4 cannot decode AUTH parameter !!", Says::Malformed),
    ("OpenSMTPD 6.8", "auth", "535 Authentication failed", Says::Wrong),
    ("netqmail 1.06 with auth", "auth", "535 authorization failed (#5.7.1)", Says::Wrong),
    ("netqmail 1.06 with auth", "auth", "504 auth type unimplemented (#5.5.1)", Says::NotOffered),
    ("netqmail 1.06 with auth", "auth", "501 malformed auth input (#5.5.4)", Says::Malformed),
    ("netqmail 1.06 with auth", "auth", "538 auth not available without TLS (#5.3.3)", Says::Encrypt),
    ("aiosmtpd 1.4.6", "auth", "501 5.5.2 Can't decode base64", Says::Malformed),
    ("nodemailer smtp-server 3.21", "auth", "538 Error: Must issue a STARTTLS command first", Says::Encrypt),
    ("twisted 26.10", "auth", "451 Requested action aborted: local error in processing", Says::Later),
    ("hMailServer 5.6", "auth", "530 A SSL/TLS-connection is required for authentication.", Says::Encrypt),
    ("James 3.8", "auth", "504 Unrecognized Authentication Type", Says::NotOffered),
    ("Exchange 2019", "auth", "504 5.7.4 Unrecognized authentication type", Says::NotOffered),
    ("Exchange 2019", "auth", "535 5.7.3 Authentication unsuccessful", Says::NoReason),
    (
        "Exchange Online",
        "auth",
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://example.test/ [HOST]",
        Says::Off,
    ),
    (
        "Exchange Online",
        "auth",
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [HOST]",
        Says::Off,
    ),
    ("Exchange Online", "auth", "550 5.7.30 Basic authentication is not supported for Client Submission.", Says::Off),
    (
        "Exchange Online",
        "auth",
        "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy. Contact your administrator.",
        Says::Off,
    ),
    (
        "Exchange Online",
        "auth",
        "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator.",
        Says::Off,
    ),
    (
        "Exchange Online",
        "auth",
        "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect. [HOST]",
        Says::Wrong,
    ),
    (
        "Gmail",
        "auth",
        "535-5.7.8 Username and Password not accepted. For more information, go to\n535 5.7.8  https://example.test/ - gsmtp",
        Says::Wrong,
    ),
    (
        "Gmail",
        "auth",
        "534-5.7.9 Application-specific password required. Learn more at\n534 5.7.9  https://example.test/ - gsmtp",
        Says::Off,
    ),
    (
        "Gmail",
        "auth",
        "534-5.7.14 <https://example.test/> Please log in via your web browser and\n534 5.7.14 then try again. - gsmtp",
        Says::Off,
    ),
    ("Gmail", "auth", "454 4.7.0 Too many login attempts, please try again later. - gsmtp", Says::Limit),
    ("Yahoo", "auth", "535 5.7.0 (#AUTH005) Too many bad auth attempts.", Says::Limit),
    ("Amazon SES", "auth", "535 Authentication Credentials Invalid", Says::Wrong),
    ("SendGrid", "auth", "451 Authentication failed: Maximum credits exceeded", Says::Limit),
    (
        "QQ Mail",
        "auth",
        "535 Login Fail. Please enter your authorization code to login. More information in http://example.test/",
        Says::Off,
    ),
    (
        "QQ Mail",
        "auth",
        "535 Login fail. Account is abnormal, service is not open, password is incorrect, login frequency limited, or system is busy.",
        Says::NoReason,
    ),
    ("163.com", "auth", "550 User has no permission", Says::Off),
    ("163.com", "auth", "535 Error: authentication failed", Says::Wrong),
    ("Dovecot 2.3", "login", "a NO [AUTHENTICATIONFAILED] Authentication failed.", Says::Wrong),
    (
        "Dovecot 2.3",
        "login",
        "a NO [UNAVAILABLE] Temporary authentication failure. [mx:2026-11-28 00:00:00]",
        Says::Later,
    ),
    (
        "Dovecot 2.3",
        "login",
        "a NO [PRIVACYREQUIRED] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.",
        Says::Encrypt,
    ),
    (
        "Dovecot 2.3",
        "login",
        "a NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=3)",
        Says::Limit,
    ),
    ("Dovecot 2.3", "authenticate", "a NO Unsupported authentication mechanism.", Says::NotOffered),
    ("Dovecot 2.3", "authenticate", "a BAD Invalid base64 data in continued response", Says::Malformed),
    (
        "Dovecot 2.3",
        "user",
        "-ERR [AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections.",
        Says::Encrypt,
    ),
    ("Dovecot 2.3", "user", "-ERR Unknown command.", Says::UnknownCommand),
    ("Dovecot 2.3", "pass", "-ERR [AUTH] Authentication failed.", Says::Wrong),
    ("Dovecot 2.3", "pass", "-ERR [IN-USE] Mailbox is locked by another POP3 session.", Says::InUse),
    ("Dovecot 2.3", "pass", "-ERR [SYS/TEMP] Temporary authentication failure. [mx:2026-11-28 00:00:00]", Says::Later),
    ("Cyrus 3.6", "login", "a NO Login failed: user not found", Says::Wrong),
    ("Cyrus 3.6", "login", "a NO Login only available under a layer", Says::Encrypt),
    ("Cyrus 3.6", "authenticate", "a NO no mechanism available", Says::NotOffered),
    ("Cyrus 3.6", "user", "-ERR [AUTH] USER command only available under a layer", Says::Encrypt),
    ("Cyrus 3.6", "pass", "-ERR [AUTH] Invalid login", Says::Wrong),
    ("Cyrus 3.6", "pass", "-ERR [IN-USE] Unable to lock maildrop: Mailbox is locked by POP server", Says::InUse),
    ("Courier 5.0", "login", "a NO Login failed.", Says::NoReason),
    ("Courier 5.0", "user", "-ERR TLS required to log in.", Says::Encrypt),
    ("UW imapd 2007f", "pass", "-ERR Bad login", Says::Wrong),
    ("mailutils 3.15", "login", "a NO LOGIN User name or passwd rejected", Says::Wrong),
    ("mailutils 3.15", "pass", "-ERR [AUTH] Bad login", Says::Wrong),
    ("hMailServer 5.6", "login", "a NO Invalid user name or password.", Says::Wrong),
    (
        "James 3.8",
        "authenticate",
        "a NO AUTHENTICATE failed. Authentication mechanism is unsupported.",
        Says::NotOffered,
    ),
    ("Exchange 2019", "login", "a NO LOGIN failed.", Says::NoReason),
    ("Exchange 2019", "pass", "-ERR Logon failure: unknown user name or bad password.", Says::Wrong),
    ("Gmail", "login", "a NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", Says::Wrong),
    (
        "Gmail",
        "login",
        "a NO [ALERT] Application-specific password required: https://example.test/ (Failure)",
        Says::Off,
    ),
    (
        "Gmail",
        "login",
        "a NO [ALERT] Your account is not enabled for IMAP use. Please visit your settings page and enable your account. (Failure)",
        Says::Off,
    ),
    ("Gmail", "login", "a NO [ALERT] Please log in via your web browser: https://example.test/ (Failure)", Says::Off),
    ("Gmail", "login", "a NO [ALERT] Too many simultaneous connections. (Failure)", Says::Limit),
    ("Gmail", "pass", "-ERR [AUTH] Username and password not accepted.", Says::Wrong),
    (
        "Gmail",
        "pass",
        "-ERR [SYS/PERM] Your account is not enabled for POP access. Please visit your settings page.",
        Says::Off,
    ),
    ("Yahoo", "login", "a NO [LIMIT] LOGIN Rate limit hit.", Says::Limit),
    ("Yahoo", "login", "a NO [UNAVAILABLE] LOGIN Server error - Please try again later", Says::Later),
    (
        "Postfix 3.7",
        "greeting",
        "421 4.7.0 mx.example.test Error: too many connections from 192.0.2.1",
        Says::Connections,
    ),
    (
        "Postfix 3.7",
        "greeting",
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example.test",
        Says::Blocklisted,
    ),
    ("Exim 4.96", "helo", "554 SMTP synchronization error", Says::OutOfTurn),
    ("Postfix 3.7", "helo", "504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname", Says::BadName),
    ("Postfix 3.7", "unknown", "221 2.7.0 Error: I can break rules, too. Goodbye.", Says::NoMail),
    ("Postfix 3.7", "unknown", "421 4.7.0 mx.example.test Error: too many errors", Says::Errors),
    ("Postfix 3.7", "unknown", "500 5.5.2 Error: command not recognized", Says::UnknownCommand),
    ("Exim 4.96", "unknown", "500 unrecognized command", Says::UnknownCommand),
    ("Sendmail 8.17", "unknown", "500 5.5.1 Command unrecognized: \"FROB\"", Says::UnknownCommand),
    ("aiosmtpd 1.4.6", "unknown", "502 5.5.1 Too many unrecognized commands, goodbye.", Says::Errors),
    ("Postfix 3.9", "content", "521 5.5.2 mx.example.test Error: bare <LF> received", Says::BareLineEnd),
    ("Sendmail 8.17", "content", "421 4.5.0 Bare linefeed (LF) not allowed", Says::BareLineEnd),
    ("Haraka 3.3", "content", "451 Bare line-feed; see https://example.test/", Says::BareLineEnd),
    ("Dovecot 2.3 submission", "mail", "530 5.7.0 Authentication required.", Says::LoginFirst),
    ("Cyrus 3.6 lmtpd", "mail", "430 Authentication required", Says::LoginFirst),
    ("Exchange Online", "mail", "530 5.7.57 Client not authenticated to send mail.", Says::LoginFirst),
    ("Courier 1.0", "mail", "502 Polite people say HELO first", Says::HelloFirst),
    ("Postfix 3.7", "mail", "552 5.3.4 Message size exceeds fixed limit", Says::TooLarge),
    (
        "Postfix 3.7",
        "rcpt",
        "450 4.2.0 <b@example.test>: Recipient address rejected: Greylisted, see https://example.test/",
        Says::Greylisted,
    ),
    ("Postfix 3.7", "rcpt", "554 5.7.1 <b@example.test>: Relay access denied", Says::Relay),
    ("Exim 4.96", "rcpt", "550 relay not permitted", Says::Relay),
    (
        "Sendmail 8.17",
        "rcpt",
        "550 5.7.1 <b@example.test>... Relaying denied. Proper authentication required.",
        Says::Relay,
    ),
    ("Exchange 2019", "rcpt", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", Says::Relay),
    ("netqmail 1.06", "rcpt", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", Says::Relay),
    (
        "Postfix 3.7",
        "rcpt",
        "550 5.1.1 <b@example.test>: Recipient address rejected: User unknown in local recipient table",
        Says::NoMailbox,
    ),
    (
        "Gmail",
        "rcpt",
        "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550 5.1.1 double-checking",
        Says::NoMailbox,
    ),
    ("Postfix 3.7", "rcpt", "550 5.1.8 <a@example.test>: Sender address rejected: Domain not found", Says::BadSender),
    ("Dovecot 2.3", "rcpt", "552 5.2.2 <b@example.test> Quota exceeded (mailbox for user is full)", Says::Full),
    ("Gmail", "rcpt", "452 4.2.2 The recipient's inbox is out of storage space and mailbox is full.", Says::Full),
    ("postscreen 3.7", "rcpt", "550 5.5.1 Protocol error", Says::Now),
    (
        "Gmail",
        "content",
        "550-5.7.26 This mail has been blocked because the sender is unauthenticated. SPF fail\n550 5.7.26 see",
        Says::NotAuthentic,
    ),
    ("SpamAssassin milter", "content", "550 5.7.1 Message is spam", Says::Spam),
    ("Postfix 3.7", "unknown", "421 4.4.2 mx.example.test Error: timeout exceeded", Says::Timeout),
    ("Dovecot 2.3", "unknown", "421 4.3.2 mx.example.test Shutting down", Says::Stopped),
    ("Gmail", "mail", "421 4.7.28 Our system has detected an unusual rate of mail; rate limit exceeded", Says::Rate),
];

#[test]
fn sentences_say_what_the_servers_say() {
    let mut wrong = Vec::new();
    for &(who, context, reply, says) in WORDINGS {
        let [en, zh] = sentences(context, reply);
        let (english, chinese) = says.words();
        let has = |sentence: &str, words: &[&str]| words.iter().any(|word| sentence.contains(word));
        let blame = ["password or token are not valid", "password are wrong", "password is wrong"];
        let blames = says != Says::Wrong && has(&en, &blame);
        if !has(&en, english) || !has(&zh, chinese) || blames {
            wrong.push(format!("{who}, {context}: {reply}\n  {says:?}: {en}\n  {zh}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), WORDINGS.len(), wrong.join("\n"));
}
