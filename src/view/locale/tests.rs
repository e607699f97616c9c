//! Every variant has words of its own in both languages; the lab report's purposes have the report's words.

use super::header_field::HeaderField;
use super::mime::{Encoding, Media};
use super::term::side;
use super::*;
use crate::capture::LinkType;
use crate::decode::DecodeStop;
use crate::flow::{CloseReason, Side};
use crate::limits::Limit;
use crate::protocol::Protocol;
use crate::protocol::event::{Delivery, Direction, Exposure, Kind, LoginCause, LoginOutcome};
use crate::protocol::imap::{self as imap_protocol, Code};
use crate::protocol::pop3 as pop3_protocol;
use crate::protocol::sasl::{Mechanism, Round};
use crate::protocol::smtp::{Enhanced, Said, Verb as SmtpVerb};
use crate::protocol::tls;
use crate::session::model::{Class, ContentRef, LineEnds, Lines, Match, Measure, Phase, Severity, State, TlsMode};
use crate::session::summary::{PacketCounts, Summary, Traffic};
use crate::verdict::purpose::enhanced::Meaning;
use crate::verdict::purpose::{Imap, Pop3, Purpose, Sasl, Smtp, imap, pop3, smtp};
use std::collections::HashMap;

const LANGS: [Lang; 2] = [Lang::En, Lang::Zh];

/// All variants of an enum of another module: a new variant does not compile until it is listed.
macro_rules! all {
    ($type:ty: $($variant:ident),* $(,)?) => {{
        #[allow(dead_code)]
        fn complete(one: $type) {
            match one { $(<$type>::$variant => ()),* }
        }
        vec![$(<$type>::$variant),*]
    }};
}

fn codes() -> Vec<Code> {
    all!(Code: Alert, BadCharset, Capability, Parse, PermanentFlags, ReadOnly, ReadWrite, TryCreate, UidNext,
        UidValidity, Unseen, AppendUid, CopyUid, UidNotSticky, HighestModseq, NoModseq, Modified, Closed,
        AuthenticationFailed, AuthorizationFailed, Expired, PrivacyRequired, ContactAdmin, NoPerm, InUse,
        ExpungeIssued, Corruption, ServerBug, ClientBug, Cannot, Limit, OverQuota, AlreadyExists, NonExistent,
        Unavailable, Referral, CompressionActive, UnknownCte, BadUrl, TooBig, UrlMech, BadComparator, NoUpdate, Metadata,
        NotificationOverflow, BadEvent, UndefinedFilter, HasChildren, NotSaved, MailboxId, UseAttr, InProgress,
        MessageLimit, UidRequired, MyRights, Annotations, Annotate, NewName, TempFail, MaxConvertMessages,
        MaxConvertParts, BadParameters, MissingParameters, Downgraded, Other)
}

fn mechanisms() -> Vec<Mechanism> {
    all!(Mechanism: Plain, Login, CramMd5, Cram, DigestMd5, Scram, Ntlm, Gssapi, XOauth2, OauthBearer, External, Anonymous,
        Other)
}

/// Checks words: not empty, in their language, safe for a terminal.
pub(super) fn check(lang: Lang, words: &str, what: &str) {
    assert!(!words.trim().is_empty(), "{what}: no words");
    assert_eq!(words, words.trim(), "{what}");
    assert!(!words.chars().any(|c| c.is_control() || c == '|'), "{what}: {words:?}");
    assert!(!words.contains("  "), "{what}: {words}");
    let chinese = words.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    match lang {
        Lang::En => {
            assert!(!words.chars().any(|c| c as u32 >= 0x2e80), "{what}: {words}");
            assert!(!words.ends_with('.') || words.ends_with("..."), "{what}: {words}");
        }
        Lang::Zh => {
            assert!(chinese, "{what}: {words}");
            let mixed = [", ", "; ", ": ", "(", ")", ". "].iter().any(|mark| words.contains(mark));
            assert!(!mixed, "{what}: half-width punctuation in {words}");
        }
    }
}

/// Checks the words of every variant, and that no two of them are the same.
fn check_all<T: std::fmt::Debug, W: Into<String>>(
    variants: impl IntoIterator<Item = T>,
    words: impl Fn(Lang, &T) -> W,
) {
    let variants: Vec<T> = variants.into_iter().collect();
    assert!(!variants.is_empty());
    for lang in LANGS {
        let mut seen = HashMap::new();
        for variant in &variants {
            let words: String = words(lang, variant).into();
            check(lang, &words, &format!("{variant:?}"));
            if let Some(other) = seen.insert(words.clone(), variant) {
                panic!("{other:?} and {variant:?} are both {words:?}");
            }
        }
    }
}

#[test]
fn every_smtp_step_has_words_of_its_own() {
    let commands = smtp::Command::all().map(Smtp::Command);
    let greetings = smtp::Greeting::ALL.iter().map(|&greeting| Smtp::Greeting(greeting));
    let contents = smtp::Content::ALL.iter().map(|&content| Smtp::Content(content));
    // The lab report has the same words for a 250 after RCPT as for one after MAIL.
    let replies = smtp::Reply::ALL.iter().filter(|&&reply| reply != smtp::Reply::RcptAccepted);
    let replies = replies.map(|&what| Smtp::Reply { what, enhanced: None });
    let steps = commands.chain(greetings).chain(contents).chain(replies).map(Purpose::Smtp);
    check_all(steps, purpose);
    let said = |what, for_now, said| Purpose::Smtp(Smtp::Refused { what, for_now, said, enhanced: None });
    check_all(Said::all().map(|each| said(smtp::Refused::Command, false, each)), purpose);
    let refused = smtp::Refused::ALL.iter().map(|&what| said(what, false, Said::Policy));
    let ends = [smtp::Refused::Connection, smtp::Refused::Service];
    let for_now = smtp::Refused::ALL.iter().filter(|what| !ends.contains(what));
    check_all(refused.chain(for_now.map(|&what| said(what, true, Said::Policy))), purpose);
    assert_ne!(
        purpose(Lang::En, &reply(smtp::Reply::MailAccepted, None)),
        purpose(Lang::En, &reply(smtp::Reply::RcptAccepted, None))
    );
}

fn reply(what: smtp::Reply, enhanced: Option<(u8, u16, u16)>) -> Purpose {
    let enhanced = enhanced.map(|(class, subject, detail)| {
        let code = Enhanced { class, subject, detail };
        (code, Meaning::of(code))
    });
    Purpose::Smtp(Smtp::Reply { what, enhanced })
}

#[test]
fn every_enhanced_code_has_words_of_its_own() {
    check_all(Meaning::ALL, |lang, meaning| say!(lang, enhanced::meaning(**meaning)).to_owned());
    let code = Enhanced { class: 5, subject: 1, detail: 1 };
    let words = |lang| purpose::code_words(lang, code, Meaning::of(code));
    assert_eq!(words(Lang::En), "5.1.1: the recipient's mailbox does not exist");
    assert_eq!(words(Lang::Zh), "5.1.1：收件人邮箱不存在");
}

#[test]
fn a_code_takes_the_place_of_the_likely_reason() {
    let refused = smtp::Reply::RcptUnknown;
    assert_eq!(
        purpose(Lang::En, &reply(refused, None)),
        "The recipient is refused: there is no such mailbox, or no right to send to it"
    );
    assert_eq!(
        purpose(Lang::En, &reply(refused, Some((5, 7, 1)))),
        "The recipient is refused (5.7.1: not allowed by policy)"
    );
    assert_eq!(purpose(Lang::Zh, &reply(refused, None)), "拒绝该收件人：邮箱不存在，或无权向其发送");
    assert_eq!(purpose(Lang::Zh, &reply(refused, Some((5, 7, 1)))), "拒绝该收件人（5.7.1：策略不允许）");
}

#[test]
fn every_pop3_step_has_words_of_its_own() {
    use crate::protocol::pop3::Effect;
    let greetings = pop3::Greeting::ALL.iter().map(|&greeting| Pop3::Greeting(greeting, None));
    let commands = pop3::Command::ALL.iter().map(|&command| Pop3::Command(command));
    let replies = pop3::Command::ALL
        .iter()
        .flat_map(|&to| pop3::Reply::ALL.iter().map(move |&what| Pop3::Reply { to, what, code: None }));
    let unasked = pop3::Reply::ALL.iter().flat_map(|&reply| [Pop3::Unasked(reply, None), Pop3::Taken(reply, None)]);
    let unasked = unasked.chain([Pop3::InDoubt(None), Pop3::Farewell(None)]);
    let contents = pop3::Content::ALL.iter().map(|&content| Pop3::Content(content));
    let coded = pop3::ResponseCode::ALL.iter().map(|&code| Pop3::Reply {
        to: pop3::Command::Pass,
        what: pop3::Reply::Err,
        code: Some(code),
    });
    let effects = [Effect::Marked(3), Effect::Restored(1), Effect::Restored(2), Effect::Removed(1), Effect::Removed(2)];
    let effects = effects
        .into_iter()
        .chain([Effect::Gone(3), Effect::NoMessage(3), Effect::BadArgument, Effect::LoggedIn, Effect::NameSet])
        .chain([Effect::StlsTooLate, Effect::GivenUp, Effect::NameMissing])
        .map(|effect| Pop3::Effect(effect, None));
    let effects = effects.chain([Pop3::Deletes(3)]);
    let steps = greetings.chain(commands).chain(replies).chain(unasked).chain(contents).chain(coded).chain(effects);
    check_all(steps.map(Purpose::Pop3), purpose);
}

#[test]
fn every_imap_step_has_words_of_its_own() {
    use imap::{Command, Data, GoAhead, Greeting, Tagged};
    use imap_protocol::{Untagged, Verb};
    let plain = |verb| Some(Command::new(verb, false));
    let greetings = Greeting::ALL.iter().map(|&greeting| Imap::Greeting(greeting));
    let commands = Command::all().map(Imap::Command);
    let tagged = [Tagged::Ok, Tagged::No].into_iter().flat_map(|what| {
        let to = Command::all().map(Some).chain([None]);
        to.map(move |to| Imap::Tagged { to, what, code: None })
    });
    let bad = [plain(Verb::Login), plain(Verb::Authenticate), plain(Verb::Fetch), None];
    let bad = bad.into_iter().map(|to| Imap::Tagged { to, what: Tagged::Bad, code: None });
    let others = Tagged::ALL.iter().filter(|what| !matches!(what, Tagged::Ok | Tagged::No | Tagged::Bad));
    let odd = others.map(|&what| Imap::Tagged { to: None, what, code: None });
    let data = Data::all().map(Imap::Data);
    let notices = [Untagged::Ok, Untagged::No, Untagged::Bad]
        .into_iter()
        .flat_map(|notice| codes().into_iter().map(move |code| Imap::Data(Data::Untagged(notice(Some(code))))));
    let coded =
        codes().into_iter().map(|code| Imap::Tagged { to: plain(Verb::Login), what: Tagged::No, code: Some(code) });
    let octets = 9;
    let rest = [
        Imap::Done,
        Imap::Uninvited,
        Imap::WithinIdle,
        Imap::DoneTooLate,
        Imap::NotifyNone,
        Imap::AppendedInVain { octets },
        Imap::Fetched { octets },
        Imap::Appended { octets },
        Imap::OtherContent { octets },
    ];
    let rest = GoAhead::ALL.iter().map(|&go_ahead| Imap::GoAhead(go_ahead)).chain(rest);
    let steps = greetings.chain(commands).chain(tagged).chain(bad).chain(odd).chain(data).chain(notices);
    check_all(steps.chain(coded).chain(rest).map(Purpose::Imap), purpose);
}

#[test]
fn every_round_of_a_login_has_words_of_its_own() {
    let each = |round: fn(Mechanism) -> Round| mechanisms().into_iter().map(round);
    let report = Round::Report(Mechanism::XOauth2, LoginCause::WrongSecret);
    let server = [Round::AsksUsername, Round::AsksPassword, report];
    let server =
        server.into_iter().chain(each(Round::GoAhead)).chain(each(Round::Challenge)).chain(each(Round::Malformed));
    let client = [Round::Username, Round::Password, Round::Identity, Round::Token, Round::Cancel];
    let client = client.into_iter().chain(each(Round::Proof)).chain(each(Round::Empty)).chain(each(Round::Malformed));
    let (server, client) = (server.map(Sasl::Challenge), client.map(Sasl::Response));
    let by_smtp = |sasl| Purpose::Smtp(Smtp::Sasl(sasl));
    check_all(server.chain(client).map(by_smtp), purpose);
    for lang in LANGS {
        check(lang, &purpose(lang, &by_smtp(Sasl::Challenge(Round::Cancel))), "a client's round from the server");
        check(lang, &purpose(lang, &by_smtp(Sasl::Response(Round::AsksPassword))), "a server's round from the client");
    }
}

#[test]
fn tls_gaps_and_the_unknown_have_words() {
    use tls::Subject::*;
    let alerts = (0..=255).map(|description| Alert { fatal: true, description });
    let parts = [ClientHello, ServerHello, HelloRetryRequest, Certificate, Handshake, Encrypted, NotTls];
    let parts = parts.into_iter().chain(alerts).map(|what| Purpose::Tls { from: Side::Client, what });
    let gap = Purpose::Gap { from: Side::Server, bytes: 40 };
    let unknown = Purpose::Unknown { protocol: Protocol::Imap, from: Side::Client };
    let cut = Purpose::Cut { from: Side::Server };
    check_all(parts.chain([gap, cut, unknown]), purpose);
    let alert = Alert { fatal: true, description: 48 };
    assert_eq!(
        purpose(Lang::En, &Purpose::Tls { from: Side::Client, what: alert }),
        "The client breaks TLS off: the certificate's authority is not known or not trusted (unknown_ca)"
    );
    assert_eq!(zh::tls::alert(48), "颁发证书的机构未知或不受信任（unknown_ca）");
}

#[test]
fn every_label_and_term_has_words_of_its_own() {
    // Not by `check`: some headings are names (TLS, SHA-256), the same in all languages.
    for lang in LANGS {
        let mut seen = HashMap::new();
        for &each in Label::ALL {
            let words = label(lang, each);
            assert!(!words.is_empty() && words == words.trim() && !words.chars().any(char::is_control), "{each:?}");
            if let Some(other) = seen.insert(words, each) {
                panic!("{other:?} and {each:?} are both {words:?}");
            }
        }
    }
    check_all(all!(CloseReason: Closed, Reset, Idle, Open, Refused, Unanswered, Prohibited), |l, &x| {
        end(l, x).to_owned()
    });
    check_all(all!(Side: Client, Server), |l, &x| side(l, x).to_owned());
    check_all(all!(TlsMode: None, StartTls, Implicit), |l, &x| tls_mode(l, x, false).to_owned());
    check_all(all!(TlsMode: None, StartTls, Implicit), |l, &x| tls_mode(l, x, true).to_owned());
    check_all(all!(Exposure: Plaintext, Token, Hash, None), |l, &x| exposure(l, x).to_owned());
    check_all(all!(Direction: Sent, Retrieved, Appended), |l, &x| direction(l, x).to_owned());
    check_all(all!(Delivery: Accepted, Partly, Rejected, Deferred, Unknown), |l, &x| delivery(l, x).to_owned());
    check_all(all!(Match: Content, Body, MessageId), |l, &x| matched(l, x).to_owned());
    check_all(all!(Severity: Info, Low, Medium, High), |l, &x| severity(l, x).to_owned());
    check_all(all!(Class: Failure, Weakness, Remark), |l, &x| class(l, x).to_owned());
    check_all(all!(LoginOutcome: Accepted, Rejected, Cancelled, Unknown), |l, &x| {
        login_outcome(l, x, false).to_owned()
    });
    check_all([true], |l, &x| login_outcome(l, LoginOutcome::Unknown, x).to_owned());
    check_all(Limit::ALL, |l, &&x| limit(l, x));
    let stops = [
        DecodeStop::Link,
        DecodeStop::Ip,
        DecodeStop::Tcp,
        DecodeStop::Encrypted,
        DecodeStop::NoContent,
        DecodeStop::UnknownLink(LinkType(147)),
    ];
    check_all(stops, |l, &x| decode_stop(l, x));
    check_all(Media::ALL, |l, &&x| say!(l, mime::media(x)).to_owned());
    check_all(Encoding::ALL, |l, &&x| say!(l, mime::encoding(x)).to_owned());
    check_all(HeaderField::ALL, |l, &&x| say!(l, header_field::header_field(x)).to_owned());
    check_all(MimeFact::ALL, |l, &&x| mime_fact(l, x).to_owned());
    let kinds = all!(Kind: Greeting, Command, Reply, Untagged, Continuation, Response, Data, Gap, Unknown, Tls);
    check_all(kinds.into_iter().filter(|&x| x != Kind::Tls), |l, &x| kind(l, x).to_owned());
    let states = all!(pop3_protocol::State: Authorization, Transaction, Update).into_iter().map(State::Pop3);
    let imap = all!(imap_protocol::State: NotAuthenticated, Authenticated, Selected, Logout);
    check_all(states.chain(imap.into_iter().map(State::Imap)), |l, &x| say!(l, terms::state(x)).to_owned());
}

#[test]
fn the_lab_reports_words_come_out() {
    use smtp::{Command, Content, Greeting, Reply};
    let (command, said) = (|command| Purpose::Smtp(Smtp::Command(command)), |what| reply(what, None));
    let rows = [
        (Purpose::Smtp(Smtp::Greeting(Greeting::Ready)), "服务器告诉客户已准备好接收邮件"),
        (command(Command::Verb(SmtpVerb::Helo)), "把客户的域名通知服务器"),
        (said(Reply::HeloAccepted), "连接成功"),
        (command(Command::Verb(SmtpVerb::Mail)), "介绍报文的发送者"),
        (said(Reply::MailAccepted), "请求命令完成"),
        (command(Command::Verb(SmtpVerb::Rcpt)), "告知收件人的邮件地址"),
        (said(Reply::RcptAccepted), "请求命令完成"),
        (command(Command::Verb(SmtpVerb::Data)), "告知即将开始发送邮件内容"),
        (said(Reply::DataGoAhead), "准备接收邮件报文"),
        (Purpose::Smtp(Smtp::Content(Content::Message)), "发送邮件内容"),
        (said(Reply::ContentAccepted), "接收邮件内容成功"),
        (command(Command::Verb(SmtpVerb::Quit)), "退出"),
        (said(Reply::Closed), "服务关闭"),
    ];
    for (step, words) in rows {
        assert_eq!(purpose(Lang::Zh, &step), words);
    }
    let headings = [Label::SourceIp, Label::DestinationIp, Label::CommandAndParameters, Label::Purpose];
    assert_eq!(headings.map(|each| label(Lang::Zh, each)), ["源 IP", "目的 IP", "报文摘要和参数", "报文作用"]);
    let phases = [Phase::Connection, Phase::Transaction, Phase::Release];
    assert_eq!(
        phases.map(|phase| phase_title(Lang::Zh, Protocol::Smtp, phase, None)),
        ["SMTP 连接建立过程", "邮件传输过程", "SMTP 连接释放过程"]
    );
    assert_eq!(
        phases.map(|phase| phase_title(Lang::En, Protocol::Smtp, phase, None)),
        ["SMTP connection establishment", "Mail transfer", "SMTP connection release"]
    );
    let content = Purpose::Smtp(Smtp::Content(Content::Message));
    let carries = |ends, complete| ContentRef {
        message: 1,
        complete,
        unfinished: false,
        measure: Measure::Lines(Lines { count: 41, ends: Some(ends) }),
    };
    assert_eq!(
        row(Lang::Zh, &content, 1266, Some(&carries(LineEnds::CrLf, true))).as_deref(),
        Some("发送报文，每行以 CRLF 结束，整个报文以仅有一个点的行结束（1266 字节）")
    );
    for (ends, complete, words) in [
        (LineEnds::Lf, true, "，每行仅以 LF 结束"),
        (LineEnds::Mixed, true, "有的仅以 LF 结束"),
        (LineEnds::CrLf, false, "不完整"),
    ] {
        let row = row(Lang::Zh, &content, 1266, Some(&carries(ends, complete))).unwrap();
        assert!(row.contains(words), "{row}");
        assert_eq!(row.contains("一个点"), complete, "an end that was not seen is not told: {row}");
    }
}

#[test]
fn phases_name_the_protocols_own_states() {
    let titles: Vec<String> = [
        (Protocol::Pop3, Phase::Authentication, State::Pop3(pop3_protocol::State::Authorization)),
        (Protocol::Pop3, Phase::Release, State::Pop3(pop3_protocol::State::Update)),
        (Protocol::Imap, Phase::Transaction, State::Imap(imap_protocol::State::Selected)),
    ]
    .into_iter()
    .flat_map(|(protocol, phase, state)| LANGS.map(|lang| phase_title(lang, protocol, phase, Some(state))))
    .collect();
    assert_eq!(
        titles,
        [
            "POP3 authentication (AUTHORIZATION state)",
            "POP3 身份认证过程（授权状态）",
            "POP3 connection release (UPDATE state)",
            "POP3 连接释放过程（更新状态）",
            "Mailbox access (selected state)",
            "邮箱访问过程（已选择邮箱状态）",
        ]
    );
}

#[test]
fn content_tls_and_gaps_have_a_row() {
    let rows = [
        Purpose::Smtp(Smtp::Content(smtp::Content::LastChunk)),
        Purpose::Smtp(Smtp::Content(smtp::Content::Refused)),
        Purpose::Pop3(Pop3::Content(pop3::Content::Message)),
        Purpose::Tls { from: Side::Client, what: tls::Subject::ClientHello },
        Purpose::Gap { from: Side::Client, bytes: 7 },
    ];
    check_all(rows, |lang, step| row(lang, step, 7, None).expect("a row"));
    assert_eq!(row(Lang::En, &Purpose::Smtp(Smtp::Command(smtp::Command::Verb(SmtpVerb::Data))), 6, None), None);
    let message = Purpose::Pop3(Pop3::Content(pop3::Content::Message));
    assert_eq!(
        row(Lang::En, &message, 1, None).as_deref(),
        Some("Message of 1 byte, ended by a line with a dot alone")
    );
}

#[test]
fn a_capture_without_mail_says_what_it_held() {
    let summary = Summary {
        packets: PacketCounts { read: 12, mail: 0, other: 10, undecodable: 2 },
        traffic: Traffic {
            stops: [(DecodeStop::Ip, 2)].into(),
            tcp_segments: 9,
            tcp_connections: 1,
            tcp_ports: vec![(443, 6), (80, 2), (1, 1), (2, 1), (3, 1), (4, 1)],
        },
        ..Summary::default()
    };
    assert_eq!(
        no_mail(Lang::En, &summary, 12),
        [
            "No mail session was found in this capture.",
            "It holds 12 packets: 9 TCP segments, 1 TCP connection begun in the capture.",
            "Busiest TCP ports (segments): 443 (6), 80 (2), 1 (1), 2 (1), 3 (1).",
            "2 packets could not be decoded:",
            "  2 × the IP header is cut short or makes no sense",
            "Mail on another port is read with --port (for example --port smtp=8025) or --any-port.",
        ]
    );
    assert_eq!(no_mail(Lang::Zh, &summary, 12).len(), 6);
    let filters = vec!["--user bob".to_owned(), "--subject a\u{1b}b".to_owned()];
    let others = Summary { left_out: 7, filters, ..summary.clone() };
    let words = "None of the 7 mail sessions in this capture is one of those asked for: --user bob --subject a␛b";
    assert_eq!(no_mail(Lang::En, &others, 12), [words]);
    assert_eq!(no_mail(Lang::Zh, &others, 12).len(), 1);
    assert_eq!(no_mail(Lang::Zh, &Summary::default(), 0), ["抓包数据中没有发现邮件会话。", "其中没有任何分组。"]);
    let unmatched = no_mail(Lang::En, &Summary::default(), 12);
    assert_eq!(unmatched[0], "The capture holds 12 packets, and none matches the filter.");
    assert!(unmatched[1].contains("'tcp port 25 or (vlan and tcp port 25)'"), "{unmatched:?}");
    assert_eq!(no_mail(Lang::Zh, &Summary::default(), 12).len(), 2);
}

#[test]
fn media_types_are_known_by_name_or_by_family() {
    assert_eq!(
        content_type(Lang::En, "Multipart/Alternative"),
        "the same content in several forms, the last is the richest"
    );
    assert_eq!(Media::of("application/vnd.oasis.opendocument.text"), Media::OfficeDocument);
    assert_eq!(Media::of("image/x-strange"), Media::Image);
    assert_eq!(Media::of(""), Media::Other);
    assert_eq!(Encoding::of(" BASE64 "), Encoding::Base64);
}

#[test]
fn languages_are_known_by_locale() {
    for chinese in ["zh", "zh_CN.UTF-8", "zh-Hans-CN", "ZH_TW", "zh.UTF-8"] {
        assert_eq!(Lang::from_locale(chinese), Lang::Zh, "{chinese}");
    }
    for other in ["", "C", "POSIX", "en_US.UTF-8", "zhuang", "de_DE@euro"] {
        assert_eq!(Lang::from_locale(other), Lang::En, "{other}");
    }
}

#[test]
fn lengths_of_time_are_exact() {
    assert_eq!(duration(Lang::En, 1_234_567_890), "1.234 s");
    assert_eq!(duration(Lang::Zh, -5_000_000), "-0.005 秒");
    assert_eq!(duration(Lang::En, i64::MIN), "-9223372036.854 s");
}

#[test]
fn what_became_of_a_session_fits_its_column_with_the_code() {
    use crate::verdict::Upshot::*;
    let upshots = [
        NotConnected,
        Refused(None),
        Refused(Some(554)),
        Accepted,
        Partly,
        Deferred,
        RejectedOrDeferred,
        Rejected,
        Aborted,
        Unknown,
        Retrieved,
        Appended,
        LoggedIn,
        LoginRejected,
        LoginDeferred,
        LoginUnknown,
        TlsFailed,
        Encrypted,
        HungUp(None),
        HungUp(Some(421)),
        FellSilent,
        Failed,
        Nothing,
    ];
    check_all(upshots, |lang, &one| {
        let words = super::upshot(lang, one);
        // The list of sessions at 100 columns.
        assert!(unicode_width::UnicodeWidthStr::width(words.as_str()) <= 13, "{words}");
        words
    });
}
