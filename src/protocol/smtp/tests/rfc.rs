//! RFC 5321, appendix D, and RFC 2033, section 4.2, word for word.

use super::*;

#[test]
fn rfc5321_d_1_a_typical_transaction() {
    let told = smtp(
        r"
        S: 220 foo.com Simple Mail Transfer Service Ready
        C: EHLO bar.com
        S: 250-foo.com greets bar.com
        S: 250-8BITMIME
        S: 250-SIZE
        S: 250-DSN
        S: 250 HELP
        C: MAIL FROM:<Smith@bar.com>
        S: 250 OK
        C: RCPT TO:<Jones@foo.com>
        S: 250 OK
        C: RCPT TO:<Green@foo.com>
        S: 550 No such user here
        C: RCPT TO:<Brown@foo.com>
        S: 250 OK
        C: DATA
        S: 354 Start mail input; end with <CRLF>.<CRLF>
        C: Blah blah blah...
        C: ...etc. etc. etc.
        C: .
        S: 250 OK
        C: QUIT
        S: 221 foo.com Service closing transmission channel
    ",
    );
    assert_eq!(
        told.rows(),
        [
            "1 S Greeting 220 foo.com Simple Mail Transfer Service Ready",
            "2 C Command [EHLO] EHLO bar.com",
            "3 S Reply 250-foo.com greets bar.com\\n250-8BITMIME\\n250-SIZE\\n250-DSN\\n250 HELP -> 2",
            "4 C Command [MAIL] MAIL FROM:<Smith@bar.com>",
            "5 S Reply 250 OK -> 4",
            "6 C Command [RCPT] RCPT TO:<Jones@foo.com>",
            "7 S Reply 250 OK -> 6",
            "8 C Command [RCPT] RCPT TO:<Green@foo.com>",
            "9 S Reply 550 No such user here -> 8",
            "10 C Command [RCPT] RCPT TO:<Brown@foo.com>",
            "11 S Reply 250 OK -> 10",
            "12 C Command [DATA] DATA",
            "13 S Continuation 354 Start mail input; end with <CRLF>.<CRLF> -> 12",
            "14 C Data ",
            "15 S Reply 250 OK -> 14",
            "16 C Command [QUIT] QUIT",
            "17 S Reply 221 foo.com Service closing transmission channel -> 16",
        ]
    );
    assert_eq!(
        messages(&told),
        ["Smith@bar.com > Jones@foo.com=250, Green@foo.com=550, Brown@foo.com=250: 37 accepted"]
    );
    // The dots of the second line were stuffed.
    assert_eq!(told.messages[0].content, b"Blah blah blah...\r\n..etc. etc. etc.\r\n");
    assert_eq!(told.messages[0].start.steps, [4, 6, 8, 10, 12]);
    let outcome = told.messages[0].outcome.as_ref().expect("an outcome");
    assert_eq!((outcome.steps.as_slice(), outcome.reply.as_deref()), ([14, 15].as_slice(), Some(b"250 OK".as_slice())));
    assert_eq!((told.steps[13].bytes, told.steps[13].packets.as_slice()), (41, [18, 19, 20].as_slice()));
    assert_eq!(told.capabilities, ["8BITMIME", "SIZE", "DSN", "HELP"]);
    assert_eq!(told.client_name.as_deref(), Some("bar.com"));
    assert_eq!(told.banner.as_deref(), Some("foo.com Simple Mail Transfer Service Ready"));
}

#[test]
fn rfc5321_d_2_an_aborted_transaction() {
    let told = smtp(
        r"
        S: 220 foo.com Simple Mail Transfer Service Ready
        C: EHLO bar.com
        S: 250-foo.com greets bar.com
        S: 250-8BITMIME
        S: 250-SIZE
        S: 250-DSN
        S: 250 HELP
        C: MAIL FROM:<Smith@bar.com>
        S: 250 OK
        C: RCPT TO:<Jones@foo.com>
        S: 250 OK
        C: RCPT TO:<Green@foo.com>
        S: 550 No such user here
        C: RSET
        S: 250 OK
        C: QUIT
        S: 221 foo.com Service closing transmission channel
    ",
    );
    assert_eq!(told.commands(), ["EHLO", "MAIL", "RCPT", "RCPT", "RSET", "QUIT"]);
    assert_eq!(answered(&told), ["EHLO 250", "MAIL 250", "RCPT 250", "RCPT 550", "RSET 250", "QUIT 221"]);
    assert!(told.messages.is_empty());
}

#[test]
fn rfc5321_d_3_a_relayed_mail_with_a_source_route() {
    let told = smtp(
        r"
        S: 220 foo.com Simple Mail Transfer Service Ready
        C: EHLO bar.com
        S: 250 foo.com greets bar.com
        C: MAIL FROM:<JQP@bar.com>
        S: 250 OK
        C: RCPT TO:<@foo.com:Jones@XYZ.COM>
        S: 250 OK
        C: DATA
        S: 354 Start mail input; end with <CRLF>.<CRLF>
        C: Received: from bar.com by foo.com ; Thu, 21 May 1998
        C:     05:33:29 -0700
        C: Date: Thu, 21 May 1998 05:33:22 -0700
        C: From: John Q. Public <JQP@bar.com>
        C: Subject: The Next Meeting of the Board
        C: To: Jones@xyz.com
        C| \r\n
        C: Bill:
        C: The next meeting of the board of directors will be
        C: on Tuesday.
        C:                         John.
        C: .
        S: 250 OK
        C: QUIT
        S: 221 foo.com Service closing transmission channel
    ",
    );
    assert_eq!(messages(&told), ["JQP@bar.com > @foo.com:Jones@XYZ.COM=250: 313 accepted"]);
}

#[test]
fn rfc5321_d_4_verifying_and_sending() {
    let told = smtp(
        r"
        S: 220 foo.com Simple Mail Transfer Service Ready
        C: EHLO bar.com
        S: 250-foo.com greets bar.com
        S: 250-8BITMIME
        S: 250 VRFY
        C: VRFY Crispin
        S: 250 Mark Crispin <Admin.MRC@foo.com>
        C: MAIL FROM:<EAK@bar.com>
        S: 250 OK
        C: RCPT TO:<Admin.MRC@foo.com>
        S: 250 OK
        C: DATA
        S: 354 Start mail input; end with <CRLF>.<CRLF>
        C: Blah blah blah...
        C: .
        S: 250 OK
        C: QUIT
        S: 221 foo.com Service closing transmission channel
    ",
    );
    let expected = ["EHLO 250", "VRFY 250", "MAIL 250", "RCPT 250", "DATA 354", "QUIT 221"];
    assert_eq!(answered(&told), expected);
    assert_eq!(messages(&told), ["EAK@bar.com > Admin.MRC@foo.com=250: 19 accepted"]);
}

#[test]
fn rfc2033_lmtp_answers_content_once_for_each_recipient() {
    let told = lmtp(
        r"
        S: 220 foo.edu LMTP server ready
        C: LHLO foo.edu
        S: 250-foo.edu
        S: 250-PIPELINING
        S: 250 SIZE
        C: MAIL FROM:<chris@bar.com>
        S: 250 OK
        C: RCPT TO:<pat@foo.edu>
        S: 250 OK
        C: RCPT TO:<jones@foo.edu>
        S: 550 No such user here
        C: RCPT TO:<green@foo.edu>
        S: 250 OK
        C: DATA
        S: 354 Start mail input; end with <CRLF>.<CRLF>
        C: Blah blah blah...
        C: .
        S: 250 OK
        S: 452 <green@foo.edu> is temporarily over quota
        C: QUIT
        S: 221 foo.edu closing connection
    ",
    );
    let message = "chris@bar.com > pat@foo.edu=250/250, jones@foo.edu=550, green@foo.edu=250/452: 19 partly";
    assert_eq!(messages(&told), [message]);
    assert_eq!(answered(&told).last().map(String::as_str), Some("QUIT 221"));
    assert_eq!(told.capabilities, ["PIPELINING", "SIZE"]);
    assert_eq!(
        told.rows()[14..17],
        [
            "15 S Reply 250 OK -> 14",
            "16 S Reply 452 <green@foo.edu> is temporarily over quota -> 14",
            "17 C Command [QUIT] QUIT",
        ]
    );
}
