//! The extensions' own examples, as their RFCs print them (host names and all), and extensions without an RFC.

use super::*;
use crate::flow::Side;
use crate::protocol::event::{LoginOutcome, TlsFact};

/// The arguments of every command with this verb.
fn arguments<'a>(told: &'a Recorder, verb: &str) -> Vec<&'a str> {
    let commands = told.steps.iter().filter(|step| step.command.as_deref() == Some(verb));
    commands.filter_map(|step| step.arguments.as_deref()).collect()
}

#[test]
fn size_rfc1870() {
    let told = smtp(
        "
        S: 220 sigurd.innosoft.com -- Server SMTP (PMDF V4.2-6 #1992)
        C: EHLO ymir.claremont.edu
        S: 250-sigurd.innosoft.com
        S: 250-EXPN
        S: 250-HELP
        S: 250 SIZE 1000000
        C: MAIL FROM:<ned@thor.innosoft.com> SIZE=500000
        S: 250 Address Ok.
        C: RCPT TO:<ned@innosoft.com>
        S: 250 ned@innosoft.com OK; can accomodate 500000 byte message
        C: RCPT TO:<ned@ymir.claremont.edu>
        S: 552 Channel size limit exceeded: ned@YMIR.CLAREMONT.EDU
        C: RCPT TO:<ned@hmcvax.claremont.edu>
        S: 452 insufficient channel storage: ned@hmcvax.CLAREMONT.EDU
        C: DATA
        S: 354 Send message, ending in CRLF.CRLF.
        C: .
        S: 250 Some recipients OK
        C: QUIT
        S: 221 Goodbye
    ",
    );
    assert_eq!(
        messages(&told),
        ["ned@thor.innosoft.com > ned@innosoft.com=250, ned@ymir.claremont.edu=552, ned@hmcvax.claremont.edu=452: \
          0 accepted"]
    );
    assert_eq!(arguments(&told, "MAIL"), ["FROM:<ned@thor.innosoft.com> SIZE=500000"]);
}

#[test]
fn pipelining_rfc2920() {
    let opening = "
        S: 220 INNOSOFT.COM SMTP service ready
        C: EHLO dbc.mtview.ca.us
        S: 250-INNOSOFT.COM
        S: 250 PIPELINING
    ";
    let told = smtp(&[
        opening,
        r"
        C| MAIL FROM:<mrose@dbc.mtview.ca.us>\r\nRCPT TO:<ned@innosoft.com>\r\nRCPT TO:<dan@innosoft.com>\r\nRCPT TO:<kvc@innosoft.com>\r\nDATA\r\n
        S| 250 sender <mrose@dbc.mtview.ca.us> OK\r\n250 recipient <ned@innosoft.com> OK\r\n250 recipient <dan@innosoft.com> OK\r\n250 recipient <kvc@innosoft.com> OK\r\n354 enter mail, end with line containing only \x22.\x22\r\n
        C| Subject: x\r\n\r\nhi\r\n.\r\nQUIT\r\n
        S| 250 message sent\r\n221 goodbye\r\n
    ",
    ]
    .concat());
    assert_eq!(
        messages(&told),
        ["mrose@dbc.mtview.ca.us > ned@innosoft.com=250, dan@innosoft.com=250, kvc@innosoft.com=250: 18 accepted"]
    );
    // No recipient is valid, and the server accepts DATA all the same: the content must be the dot alone.
    let told = smtp(&[
        opening,
        r"
        C| MAIL FROM:<mrose@dbc.mtview.ca.us>\r\nRCPT TO:<nsb@thumper.bellcore.com>\r\nRCPT TO:<galvin@tis.com>\r\nDATA\r\n
        S| 250 sender <mrose@dbc.mtview.ca.us> OK\r\n550 remote mail to <nsb@thumper.bellore.com> not allowed\r\n550 remote mail to <galvin@tis.com> not allowed\r\n354 enter mail, end with line containing only \x22.\x22\r\n
        C| .\r\nQUIT\r\n
        S| 554 no valid recipients given\r\n221 goodbye\r\n
    ",
    ]
    .concat());
    assert_eq!(
        messages(&told),
        ["mrose@dbc.mtview.ca.us > nsb@thumper.bellcore.com=550, galvin@tis.com=550: 0 rejected"]
    );
    assert_eq!(told.commands().last(), Some(&"QUIT"));
}

#[test]
fn chunking_rfc3030() {
    let told = smtp(
        r"
        S: 220 cnri.reston.va.us SMTP service ready
        C: EHLO ymir.claremont.edu
        S: 250-cnri.reston.va.us says hello
        S: 250-PIPELINING
        S: 250-BINARYMIME
        S: 250 CHUNKING
        C| MAIL FROM:<ned@ymir.claremont.edu> BODY=BINARYMIME\r\nRCPT TO:<gvaudre@cnri.reston.va.us>\r\nRCPT TO:<jstewart@cnri.reston.va.us>\r\nBDAT 23\r\n
        C| Subject: a\r\n\r\n\x00\x01QUIT\r\n.
        S| 250 <ned@ymir.claremont.edu>... Sender and BINARYMIME ok\r\n250 <gvaudre@cnri.reston.va.us>... Recipient ok\r\n250 <jstewart@cnri.reston.va.us>... Recipient ok\r\n250 23 octets received\r\n
        C| BDAT 4\r\nabcdBDAT 2 LAST\r\nef
        S| 250 4 octets received\r\n250 Message OK, 29 octets received\r\n
        C: QUIT
        S: 221 Goodbye
    ",
    );
    let to = "gvaudre@cnri.reston.va.us=250, jstewart@cnri.reston.va.us=250";
    assert_eq!(messages(&told), [format!("ned@ymir.claremont.edu > {to}: 29 accepted")]);
    assert_eq!(told.commands(), ["EHLO", "MAIL", "RCPT", "RCPT", "BDAT", "BDAT", "BDAT", "QUIT"]);
}

#[test]
fn delivery_reports_rfc3461() {
    let told = smtp(
        "
        S: 220 Example.ORG SMTP server here
        C: EHLO Example.ORG
        S: 250-Example.ORG
        S: 250-DSN
        S: 250-EXPN
        S: 250 SIZE
        C: MAIL FROM:<Alice@Example.ORG> RET=HDRS ENVID=QQ314159
        S: 250 <Alice@Example.ORG> sender ok
        C: RCPT TO:<Bob@Example.COM> NOTIFY=SUCCESS ORCPT=rfc822;Bob@Example.COM
        S: 250 <Bob@Example.COM> recipient ok
        C: RCPT TO:<Carol@Ivory.EDU> NOTIFY=FAILURE ORCPT=rfc822;Carol@Ivory.EDU
        S: 250 <Carol@Ivory.EDU> recipient ok
        C: RCPT TO:<Fred@Bombs.AF.MIL> NOTIFY=NEVER
        S: 250 <Fred@Bombs.AF.MIL> recipient ok
        C: RCPT TO:<Eric@home.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;Eric+20@home.example
        S: 250 ok
        C: DATA
        S: 354 okay, send message
        C: goes here
        C: .
        S: 250 message accepted
        C: QUIT
        S: 221 goodbye
    ",
    );
    let to = "Bob@Example.COM=250, Carol@Ivory.EDU=250, Fred@Bombs.AF.MIL=250, Eric@home.example=250";
    assert_eq!(messages(&told), [format!("Alice@Example.ORG > {to}: 11 accepted")]);
}

#[test]
fn logging_in_rfc4954() {
    let told = smtp(
        "
        S: 220-smtp.example.com ESMTP Server
        S: 220 ready
        C: EHLO client.example.com
        S: 250-smtp.example.com Hello client.example.com
        S: 250-AUTH GSSAPI DIGEST-MD5
        S: 250-ENHANCEDSTATUSCODES
        S: 250 STARTTLS
        C: AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=
        S: 504 5.5.4 Unrecognized authentication type.
        C: AUTH CRAM-MD5
        S: 334 PDQxOTI5NDIzNDEuMTI4Mjg0NzJAc291cmNlZm91ci5hbmRyZXcuY211LmVkdT4=
        C: cmpzMyBlYzNhNTlmZWQzOTVhYmExZWM2MzY3YzRmNGI0MWFjMA==
        S: 235 2.7.0 Authentication successful
    ",
    );
    let told: Vec<_> = told
        .credentials
        .iter()
        .map(|c| (c.mechanism.as_str(), String::from_utf8_lossy(c.username.as_deref().unwrap_or(b"?")), c.outcome))
        .collect();
    assert_eq!(
        told,
        [
            ("AUTH PLAIN", "test".into(), LoginOutcome::Rejected),
            ("AUTH CRAM-MD5", "rjs3".into(), LoginOutcome::Accepted)
        ]
    );
}

/// A client that does not wait for the refusal, or does not heed it.
#[test]
fn a_password_after_a_refused_auth_is_a_command_and_a_secret() {
    let told = smtp(
        "
        S: 220 x
        C: EHLO a
        S: 250 x
        C: AUTH LOGIN
        S: 504 5.5.4 not here
        C: YWxpY2U=
        S: 500 5.5.2 what?
        C: c2VjcmV0
        S: 500 5.5.2 what?
        C: NOOP
        S: 250 ok
        C: ABCD
        S: 500 what?
    ",
    );
    assert_eq!(told.commands(), ["EHLO", "AUTH", "YWXPY2U=", "C2VJCMV0", "NOOP", "ABCD"]);
    let secrets: Vec<_> = told.steps.iter().flat_map(|step| &step.secrets).collect();
    assert_eq!(secrets, ["YWxpY2U=", "c2VjcmV0"], "and not what comes after another command");
    assert_eq!(answered(&told)[2..], ["YWXPY2U= 500", "C2VJCMV0 500", "NOOP 250", "ABCD 500"]);
}

#[test]
fn addresses_beyond_ascii_rfc6531() {
    let told = smtp(
        r"
        S: 220 mail.example ESMTP
        C: EHLO xn--fsqu00a.example
        S: 250-mail.example
        S: 250-8BITMIME
        S: 250 SMTPUTF8
        C: MAIL FROM:<用户@例子.example> SMTPUTF8 BODY=8BITMIME
        S: 250 2.1.0 ok
        C: RCPT TO:<пользователь@пример.example>
        S: 553 5.6.7 not yet
        C: VRFY 用户@例子.example SMTPUTF8
        S: 252 <用户@例子.example>
        C: RCPT TO:<postmaster@mail.example>
        S: 250 ok
        C: DATA
        S: 354 go on
        C: Subject: 你好
        C: .
        S: 250 2.0.0 ok
    ",
    );
    let to = "пользователь@пример.example=553, postmaster@mail.example=250";
    assert_eq!(messages(&told), [format!("用户@例子.example > {to}: 17 accepted")]);
}

#[test]
fn etrn_rfc1985() {
    let told = smtp(
        "
        S: 220 sigurd.innosoft.com -- Server SMTP (PMDF V4.2-6 #1992)
        C: EHLO ymir.claremont.edu
        S: 250-sigurd.innosoft.com
        S: 250-EXPN
        S: 250 ETRN
        C: ETRN
        S: 500 Syntax Error
        C: ETRN localname
        S: 501 Syntax Error in Parameters
        C: ETRN uu.net
        S: 458 Unable to queue messages for node uu.net
        C: ETRN sigurd.innosoft.com
        S: 251 OK, no messages waiting for node sigurd.innosoft.com
        C: ETRN innosoft.com
        S: 253 OK, 14 pending messages for node innosoft.com started
        C: ETRN mysoft.com
        S: 459 Node mysoft.com not allowed: No DNS records for node.
        C: ETRN foo.bar
        S: 250 OK, queuing for node foo.bar started
        C: QUIT
        S: 221 Goodbye
    ",
    );
    let codes = [500, 501, 458, 251, 253, 459, 250].map(|code| format!("ETRN {code}"));
    assert_eq!(answered(&told)[1..8], codes);
    assert_eq!(arguments(&told, "ETRN")[4], "mysoft.com");
}

/// DELIVERBY (RFC 2852), MT-PRIORITY (RFC 6710), REQUIRETLS (RFC 8689), FUTURERELEASE (RFC 4865), LIMITS (RFC 9422).
#[test]
fn parameters_of_mail_stay_out_of_the_path() {
    let parameters = [
        "BY=120;R",
        "BY=-86400;NT RET=FULL",
        "SIZE=51234 MT-PRIORITY=6",
        "REQUIRETLS",
        "HOLDFOR=86400",
        "AUTH=e+3Dmc2@example.com BODY=BINARYMIME",
        "AUTH=<>",
        "XOORG=x.example",
    ];
    for parameter in parameters {
        let told = smtp(&format!(
            "{OPENING}
            C: MAIL FROM:<eljefe@bigbiz.com> {parameter}
            S: 250 <eljefe@bigbiz.com> sender ok
            C: RCPT TO:<topbanana@other.com> RRVS=2014-04-03T23:01:00Z
            S: 250 <topbanana@other.com> recipient ok
            C: DATA
            S: 354 go on
            C: .
            S: 250 ok
            "
        ));
        assert_eq!(messages(&told), ["eljefe@bigbiz.com > topbanana@other.com=250: 0 accepted"], "{parameter}");
        assert_eq!(arguments(&told, "MAIL"), [format!("FROM:<eljefe@bigbiz.com> {parameter}")]);
    }
    let told = smtp("S: 220 x\nC: EHLO a\nS: 250-x\nS: 250 LIMITS RCPTMAX=20 MAILMAX=5\n");
    assert_eq!(told.capabilities, ["LIMITS RCPTMAX=20 MAILMAX=5"]);
}

/// Postfix: a proxy names the client that it stands for. The server begins the session anew, and what was begun before
/// is gone.
#[test]
fn xclient_begins_anew() {
    let told = smtp(
        "
        S: 220 server.example.com ESMTP Postfix
        C: EHLO client.example.com
        S: 250-server.example.com
        S: 250-XFORWARD NAME ADDR PROTO HELO
        S: 250 XCLIENT NAME ADDR PROTO HELO LOGIN
        C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
        S: 235 in
        C: MAIL FROM:<before@x>
        S: 250 ok
        C: XCLIENT NAME=spike.porcupine.org ADDR=168.100.189.2
        S: 220 server.example.com ESMTP Postfix
        C: EHLO spike.porcupine.org
        S: 250 server.example.com
        C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
        S: 503 5.5.1 not now
        C: XFORWARD NAME=spike.porcupine.org ADDR=168.100.189.2 PROTO=ESMTP
        S: 250 Ok
        C: RCPT TO:<user@example.com>
        S: 503 need MAIL
        C: MAIL FROM:<wietse@porcupine.org>
        S: 250 Ok
        C: RCPT TO:<user@example.com>
        S: 250 Ok
        C: DATA
        S: 354 End data with <CR><LF>.<CR><LF>
        C: .
        S: 250 Ok: queued as CF1E52AAE7
    ",
    );
    assert_eq!(messages(&told), ["wietse@porcupine.org > user@example.com=250: 0 accepted"]);
    assert_eq!(told.credentials.len(), 2, "the second was not said to a session that was logged in");
}

/// Exchange's own STARTTLS and AUTH.
#[test]
fn x_anonymoustls_is_followed_by_tls() {
    let told = talk(
        Dialogue::new(Flavour::Smtp),
        r"
        S: 220 EX1.corp.example Microsoft ESMTP MAIL Service ready
        C: EHLO EX2.corp.example
        S: 250-EX1.corp.example Hello [192.0.2.9]
        S: 250-X-ANONYMOUSTLS
        S: 250-X-EXPS GSSAPI NTLM
        S: 250 XEXCH50
        C: X-ANONYMOUSTLS
        S: 220 2.0.0 SMTP server ready
        C| \x16\x03\x01\x00\x05\x01\x00\x00\x01\x00
    ",
    );
    assert_eq!(answered(&told), ["EHLO 250", "X-ANONYMOUSTLS 220"]);
    assert!(told.tls.contains(&TlsFact::StartTls));
    assert_eq!(told.steps.last().map(|step| step.kind), Some(Kind::Tls));
}

#[test]
fn content_by_reference_rfc4468() {
    let url =
        "imap://harry@gryffindor.example.com/outbox;uidvalidity=1078863300/;uid=25;urlauth=submit+harry:internal:91";
    let told = smtp(&format!(
        "{OPENING}
        C: MAIL FROM:<harry@gryffindor.example.com>
        S: 250 2.5.0 Address Ok.
        C: RCPT TO:<ron@gryffindor.example.com>
        S: 250 2.1.5 ron@gryffindor.example.com OK.
        C: BURL {url} LAST
        S: 250 2.5.0 Ok.
        C: MAIL FROM:<harry@gryffindor.example.com>
        S: 250 2.5.0 Address Ok.
        C: RCPT TO:<ron@gryffindor.example.com>
        S: 250 OK.
        C: BDAT 10
        C| To: Ron\\r\\n\\r
        S: 250 2.5.0 OK.
        C: BURL {url}
        S: 250 2.5.0 OK.
        C: BURL {url} LAST
        S: 554 5.6.0 URL resolution requires trust relationship
        C: MAIL FROM:<next@x>
        S: 250 OK.
        "
    ));
    // None of the first message's content was sent by the client; of the second message's, its beginning was.
    assert_eq!(messages(&told), ["harry@gryffindor.example.com > ron@gryffindor.example.com=250: 10… rejected"]);
    assert_eq!(answered(&told).last().map(String::as_str), Some("MAIL 250"));
}

/// RFC 2645, section 6: what comes after the turn is another session, with the sides exchanged.
#[test]
fn atrn_swaps_the_roles() {
    let told = smtp(
        "
        S: 220 EXAMPLE.NET on-demand mail relay server ready
        C: EHLO example.org
        S: 250-EXAMPLE.NET
        S: 250-AUTH CRAM-MD5 EXTERNAL
        S: 250 ATRN
        C: AUTH CRAM-MD5
        S: 334 MTg5Ni42OTcxNzA5NTJASVNQLkNPTQo=
        C: Zm9vYmFyLm5ldCBiOTEzYTYwMmM3ZWRhN2E0OTViNGU2ZTczMzRkMzg5MAo=
        S: 235 now authenticated as example.org
        C: ATRN example.org,example.com
        S: 250 OK now reversing the connection
        C: 220 example.org ready to receive email
        S: EHLO EXAMPLE.NET
        C: 250-example.org
        C: 250 SIZE
        S: MAIL FROM:<Lester.Tester@dot.foo.bar>
        C: 250 OK
        S: RCPT TO:<l.eva.msg@example.com>
        C: 250 OK, recipient accepted
        S: DATA
        C: 354 OK, send message text ending with <CRLF>.<CRLF>
        S: Subject: turned
        S: .
        C: 250 OK, message accepted
        S: QUIT
        C: 221 example.org closing connection
    ",
    );
    assert_eq!(told.commands(), ["EHLO", "AUTH", "ATRN", "EHLO", "MAIL", "RCPT", "DATA", "QUIT"]);
    assert_eq!(messages(&told), ["Lester.Tester@dot.foo.bar > l.eva.msg@example.com=250: 17 accepted"]);
    let turned = &told.steps[9..];
    assert_eq!((turned[0].from, turned[0].kind), (Side::Client, Kind::Greeting));
    assert_eq!((turned[1].from, turned[1].kind), (Side::Server, Kind::Command));
    assert!(turned.iter().all(|step| step.kind != Kind::Unknown && step.answers.is_none()));
    assert_eq!(told.banner.as_deref(), Some("EXAMPLE.NET on-demand mail relay server ready"));
    assert_eq!(told.client_name.as_deref(), Some("example.org"));
}

#[test]
fn a_pipelined_turn_and_back_again() {
    let told = smtp(
        r"
        S: 220 x
        C: HELO a
        S: 250 x
        C: TURN
        S| 250 ok\r\nHELO b\r\n
        C| 220 a\r\n250 a\r\n
        S: TURN
        C| 250 ok\r\nNOOP\r\n
        S| 220 x\r\n250 ok\r\n
        C: QUIT
        S: 221 bye
    ",
    );
    assert_eq!(told.commands(), ["HELO", "TURN", "HELO", "TURN", "NOOP", "QUIT"]);
    assert!(told.steps.iter().all(|step| step.kind != Kind::Unknown), "{:#?}", told.rows());
    let told = smtp("S: 220 x\nC: TURN\nS: 502 no\nC: NOOP\nS: 250 ok\n");
    assert_eq!(answered(&told), ["TURN 502", "NOOP 250"]);
}

#[test]
fn half_read_input_before_a_turn_is_reported() {
    let told = smtp(
        r"
        S: 220 x
        C| TURN\r\nNOOP\r\nRSE
        S: 250 ok
        S: HELO b
        C: 220 a
        C: 250 a
    ",
    );
    assert_eq!(told.rows()[2..5], ["3 C Command [NOOP] NOOP", "4 S Reply 250 ok -> 2", "5 C Unknown RSE"]);
    for script in [
        "S: 220 x\nC| TURN\\nL\nS| 250\n",
        "S: 220 x\nC: TURN\nS| 250-ok\\r\\n251-more\\r\\n\nS: QUIT\nC: 221 bye\n",
        "S: 220 x\nC: MAIL FROM:<a@x>\nC: RCPT TO:<b@x>\nC| BDAT 9\\r\\nhello\nS: 250 ok\nS: 250 ok\nC: TURN\nS: 250 ok\n",
        "S: 220 x\nC: TURN\nC: DATA\nC: Subject: x\nS: 250 ok\nS: 354 go\nC: .\nS: 250 ok\n",
    ] {
        let told = smtp(script);
        let bytes = |side| told.steps.iter().filter(|step| step.from == side).map(|step| step.bytes).sum::<u64>();
        assert_eq!([Side::Client, Side::Server].map(bytes), told.said, "{script}: {:#?}", told.rows());
        assert!(told.messages.iter().all(|message| message.complete.is_some()), "{script}");
    }
}
