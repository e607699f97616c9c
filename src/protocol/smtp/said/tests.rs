use super::{Said, discards, has_address, has_words, of};

#[test]
fn well_known_words_of_servers() {
    let cases = [
        ("554 SMTP synchronization error", Said::OutOfTurn),
        ("503 5.5.0 <DATA>: Data command rejected: Improper use of SMTP command pipelining", Said::OutOfTurn),
        ("221 2.7.0 Error: I can break rules, too. Goodbye.", Said::NoMailCommand),
        ("521 5.5.2 mx.example.test Error: bare <LF> received", Said::BareLineEnd),
        ("451 See http://pobox.com/~djb/docs/smtplf.html.", Said::BareLineEnd),
        ("550 Please send messages with CRLF line endings", Said::BareLineEnd),
        ("501 5.5.2 Stray LF in message", Said::BareLineEnd),
        ("550 5.7.10 Please use TLS", Said::EncryptionFirst),
        ("550 AUTH only allowed over TLS", Said::EncryptionFirst),
        ("421 4.7.0 mx.example.test Error: too many errors", Said::TooManyErrors),
        ("502 5.5.1 Too many unrecognized commands, goodbye.", Said::TooManyErrors),
        ("450 4.2.0 <bob@example.test>: Recipient address rejected: Greylisted, see later", Said::Greylisted),
        ("504 5.5.2 <x>: Helo command rejected: need fully-qualified hostname", Said::BadName),
        ("550 5.1.8 <a@example.test>: Sender address rejected: User unknown", Said::BadSender),
        ("554 5.7.1 <bob@example.test>: Relay access denied", Said::RelayDenied),
        ("550 5.7.1 Relaying denied. Proper authentication required.", Said::RelayDenied),
        ("530 5.7.0 Must issue a STARTTLS command first", Said::EncryptionFirst),
        ("430 Authentication required", Said::LoginFirst),
        ("502 Polite people say HELO first", Said::HelloFirst),
        ("500 Error: EHLO not allowed in LMTP server", Said::Lhlo),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.example.test", Said::Blocklisted),
        ("550 5.1.1 bob... User unknown", Said::NoSuchMailbox),
        ("552 5.2.2 <bob@example.test> Mailbox is full", Said::MailboxFull),
        ("452 4.2.2 Over quota", Said::MailboxFull),
        ("552 5.3.4 Message size exceeds fixed limit", Said::TooLarge),
        ("421 4.4.2 mx.example.test Error: timeout exceeded", Said::Timeout),
        ("421 4.7.0 mx.example.test Error: too many connections from 192.0.2.1", Said::TooManyConnections),
        ("553 5.7.1 <a@example.test>: Sender address rejected: not logged in", Said::LoginFirst),
        ("503-All RCPT commands were rejected with this error:\n503-unknown user here\n503 no", Said::NoRecipients),
        ("451 Please try again later", Said::TryLater),
        ("502 5.5.2 Error: command not recognized", Said::UnknownCommand),
        ("421 Error: too many unauthenticated commands", Said::TooManyBeforeLogin),
        ("554 Too many nonmail commands", Said::TooManyCommands),
        ("521 5.3.2 Service currently unavailable", Said::Unavailable),
        ("521 mx.example.test does not accept mail", Said::NoMailHere),
        ("554 5.7.1 We do not accept mail from dynamic addresses", Said::Policy),
        ("a1 BAD No mailbox selected (0.001 + 0.000 secs).", Said::SelectFirst),
        ("a1 BAD CLOSE: Must select a mailbox first.", Said::SelectFirst),
        ("550 No mailbox of that name", Said::NoSuchMailbox),
        ("503 Bad command sequence", Said::OutOfOrder),
        ("503 5.5.1 Invalid command: Command not supported", Said::NotImplemented),
        ("501 5.5.2 Bad command", Said::InvalidCommand),
        ("554 Syntax error - your mail software violates RFC 821.", Said::Syntax),
        ("500 5.5.2 Syntax error, command unrecognized", Said::UnknownCommand),
        (
            "450 4.1.1 <x@hole.example.test>: Recipient address rejected: unverified address: connect to \
             192.0.2.1[192.0.2.1]:25: Connection timed out",
            Said::NotVerified,
        ),
        ("451 Could not complete recipient verify callout", Said::NotVerified),
        ("451 4.4.1 connect to 192.0.2.1[192.0.2.1]:25: Connection timed out", Said::NextHop),
        (
            "550-5.7.26 This mail is unauthenticated, and has been blocked. The sender must\n\
             550 5.7.26 authenticate with at least one of SPF or DKIM.",
            Said::SenderNotAuthentic,
        ),
        ("530 5.7.0 Authentication required", Said::LoginFirst),
        ("450 4.2.1 The user you are trying to contact is receiving mail too quickly.", Said::RateLimit),
        ("452 Mailbox size limit exceeded", Said::MailboxFull),
        ("452 4.2.2 The recipient's inbox is out of storage space.", Said::MailboxFull),
    ];
    for (text, said) in cases {
        assert_eq!(of(text.as_bytes()), Some(said), "{text}");
    }
}

#[test]
fn what_the_client_said_is_not_the_servers_word() {
    for text in [
        "550 <user.unknown@example.test>: no",
        "550 <greylist>: no",
        "550 greylist@example.test: no",
        "550 greylist... no",
        "421 timeout.example.test closing",
        "500 \"too many errors\": what",
        "451 antivirus found nothing to say",
        "554 no",
        "",
        "554 < \"",
    ] {
        assert_eq!(of(text.as_bytes()), None, "{text}");
    }
    assert_eq!(of("554 <greylist\nis over> now".as_bytes()), Some(Said::Greylisted));
}

#[test]
fn a_code_and_a_host_are_no_words() {
    for text in ["521", "521 mx.example.test", "521 5.3.2 mx.example.test ESMTP", "521-a\r\n521 "] {
        assert!(!has_words(text.as_bytes()), "{text}");
    }
    assert!(has_words(b"521 5.5.1 Protocol error"));
}

#[test]
fn a_yes_is_no_address() {
    for (text, has) in [("250 Ok", false), ("250 2.0.0 Ok", false), ("250 2.1.5 <a@b>", true), ("250 <bob>", true)] {
        assert_eq!(has_address(text.as_bytes()), has, "{text}");
    }
}

#[test]
fn what_is_thrown_away_is_told_by_its_words() {
    assert!(discards(b"250 2.7.0 Ok, discarded, id=00123-01 - INFECTED: Eicar-Test-Signature"));
    assert!(discards(b"250 Message discarded"));
    assert!(!discards(b"250 2.0.0 Ok: queued as <discarded>"));
    assert!(!discards(b"250 2.0.0 Ok: queued as 75CA999649A"));
}
