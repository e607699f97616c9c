//! The conversations of the tests of networks and captures.

/// A conversation, and the server's port.
#[derive(Debug, Clone, Copy)]
pub struct Conversation {
    pub name: &'static str,
    pub port: u16,
    pub script: &'static str,
}

/// Each conversation carries a message, and no two replies in it are equal: a reply given to the wrong command shows.
pub const CONVERSATIONS: [Conversation; 16] = [
    Conversation {
        name: "smtp, a pipelining client",
        port: 25,
        script: r"
        S: 220 mx.netlab ESMTP
        C: EHLO cslabc39
        S: 250-mx.netlab
        S: 250-PIPELINING
        S: 250 AUTH PLAIN
        C: AUTH PLAIN AGdyb3VwN18zAGdyb3VwN18z
        S: 235 2.7.0 ok
        C: MAIL FROM:<group7_3@JServer.Netlab>
        C: RCPT TO:<alice@JServer.Netlab>
        C: RCPT TO:<nobody@JServer.Netlab>
        C: DATA
        S: 250 2.1.0 sender
        S: 250 2.1.5 alice
        S: 550 5.1.1 nobody
        S: 354 go on
        C: Subject: a test
        C| \r\n
        C: ..dots
        C: body
        C: .
        S: 250 2.0.0 queued
        C: MAIL FROM:<second@netlab>
        C: RCPT TO:<bob@JServer.Netlab>
        C: DATA
        S: 250 second sender
        S: 250 bob
        S: 354 go on again
        C: Subject: another\r\n\r\nand its body
        C: .
        S: 250 queued again
        C: QUIT
        S: 221 2.0.0 bye",
    },
    Conversation {
        name: "smtp, a client that waits for each reply",
        port: 25,
        script: r"
        S: 220 mx.netlab ESMTP
        C: EHLO cslabc39
        S: 250-mx.netlab
        S: 250 AUTH LOGIN
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: Z3JvdXA3XzM=
        S: 334 UGFzc3dvcmQ6
        C: c2VjcmV0MTI=
        S: 235 2.7.0 ok
        C: MAIL FROM:<group7_3@JServer.Netlab>
        S: 250 2.1.0 sender
        C: RCPT TO:<alice@JServer.Netlab>
        S: 250 2.1.5 alice
        C: DATA
        S: 354 go on
        C: Subject: a test\r\n\r\nHELP\r\nis what the body says
        C: .
        S: 250 2.0.0 queued
        C: NOOP
        S: 250 idle
        C: QUIT
        S: 221 2.0.0 bye",
    },
    Conversation {
        name: "smtp, chunks",
        port: 25,
        script: r"
        S: 220 mx.netlab ESMTP
        C: EHLO cslabc39
        S: 250-mx.netlab
        S: 250 CHUNKING
        C: MAIL FROM:<a@netlab>
        S: 250 sender
        C: RCPT TO:<b@netlab>
        S: 250 recipient
        C: BDAT 17
        C| Subject: a test\r\n
        S: 250 first chunk
        C: BDAT 15
        C| \r\nQUIT\r\nof it\r\n
        S: 250 second chunk
        C: BDAT 6 LAST
        C| more\r\n
        S: 250 queued
        C: QUIT
        S: 221 bye",
    },
    Conversation {
        name: "smtp, chunks in a row",
        port: 25,
        script: r"
        S: 220 mx.netlab ESMTP
        C: EHLO cslabc39
        S: 250-mx.netlab
        S: 250-PIPELINING
        S: 250 CHUNKING
        C: MAIL FROM:<a@netlab>\r\nRCPT TO:<b@netlab>\r\nBDAT 17\r\nSubject: a test\r\nBDAT 8 LAST\r\n\r\nbody
        C| MAIL FROM:<c@netlab>\r\nRCPT TO:<d@netlab>\r\nBDAT 9 LAST\r\n\r\nagain\r\n
        S: 250 sender
        S: 250 recipient
        S: 250 first chunk
        S: 250 queued
        S: 250 second sender
        S: 250 second recipient
        S: 250 queued again
        C: QUIT
        S: 221 bye",
    },
    Conversation {
        name: "lmtp",
        port: 24,
        script: r"
        S: 220 mx.netlab LMTP
        C: LHLO cslabc39
        S: 250-mx.netlab
        S: 250 PIPELINING
        C: MAIL FROM:<a@netlab>\r\nRCPT TO:<b@netlab>\r\nRCPT TO:<c@netlab>\r\nDATA
        S: 250 sender
        S: 250 b
        S: 250 c
        S: 354 go on
        C: Subject: a test\r\n\r\n..dots\r\nbody
        C: .
        S: 250 delivered to b
        S: 452 c is full
        C: MAIL FROM:<d@netlab>
        S: 250 second sender
        C: RCPT TO:<e@netlab>
        S: 250 e
        C: DATA
        S: 354 go on again
        C: Subject: another\r\n\r\nbody
        C: .
        S: 250 delivered to e
        C: QUIT
        S: 221 bye",
    },
    Conversation {
        name: "pop3, sizes told",
        port: 110,
        script: r"
        S: +OK POP3 ready
        C: USER group7_3
        S: +OK name
        C: PASS secret12
        S: +OK logged in
        C: LIST
        S: +OK 2 messages
        S: 1 34
        S: 2 27
        S: .
        C: RETR 1
        S: +OK 34 octets
        S: Subject: a test\r\n\r\n..dots\r\n+OK body
        S: .
        C: RETR 2
        S: +OK 27 octets
        S: Subject: another\r\n\r\nbody
        S: .
        C: DELE 1
        S: +OK gone
        C: QUIT
        S: +OK bye",
    },
    Conversation {
        name: "pop3, sizes not told",
        port: 110,
        script: r"
        S: +OK POP3 ready
        C: AUTH PLAIN
        S: +
        C: AGdyb3VwN18zAHNlY3JldDEy
        S: +OK logged in
        C: RETR 1
        S: +OK message follows
        S: Subject: a test\r\n\r\nbody\r\nmore
        S: .
        C: TOP 2 1
        S: +OK top follows
        S: Subject: another\r\n\r\nfirst line
        S: .
        C: RETR 2
        S: +OK second follows
        S: Subject: another\r\n\r\nfirst line\r\nsecond line
        S: .
        C: QUIT
        S: +OK bye",
    },
    Conversation {
        name: "pop3, a pipelining client",
        port: 110,
        script: r"
        S: +OK POP3 ready
        C: USER group7_3
        C: PASS secret12
        S: +OK name
        S: +OK logged in
        C: STAT\r\nRETR 1\r\nRETR 2\r\nDELE 1
        S: +OK 2 61
        S: +OK 33 octets
        S: Subject: a test\r\n\r\n..dots\r\nthe body
        S: .
        S: +OK 27 octets
        S: Subject: another\r\n\r\nbody
        S: .
        S: +OK gone
        C: QUIT
        S: +OK bye",
    },
    Conversation {
        name: "imap, fetched",
        port: 143,
        script: r"
        S: * OK ready
        C: a1 LOGIN {8}
        S: + user?
        C| group7_3
        C:  {8}
        S: + password?
        C: secret12
        S: a1 OK logged in
        C: a2 SELECT INBOX
        S: * 2 EXISTS
        S: a2 OK [READ-WRITE] done
        C: a3 FETCH 1 (UID BODY[])
        S: * 1 FETCH (UID 7 BODY[] {29}
        S| Subject: a test\r\n\r\n.dots\r\nbody\r\n
        S: )
        S: a3 OK first
        C: a4 UID FETCH 7:8 (FLAGS BODY.PEEK[])
        S: * 1 FETCH (BODY[] {29}
        S| Subject: a test\r\n\r\n.dots\r\nbody\r\n
        S:  FLAGS () UID 7)
        S: * 2 FETCH (FLAGS (\\Seen) UID 8 BODY[] {32}
        S| Subject: another\r\n\r\n* 3 FETCH ()\r\n
        S: )
        S: a4 OK both
        C: a5 LOGOUT
        S: * BYE
        S: a5 OK bye",
    },
    Conversation {
        name: "imap, several literals in a response, and quoted strings",
        port: 143,
        script: r#"
        S: * OK ready
        C: a1 LOGIN "group7_3" "secret12"
        S: a1 OK logged in
        C: a2 SELECT INBOX
        S: a2 OK done
        C: a3 FETCH 1 (ENVELOPE BODY[HEADER] BODY[TEXT])
        S: * 1 FETCH (ENVELOPE (NIL {6}
        S| a test
        S:  NIL) BODY[HEADER] {19}
        S| Subject: a test\r\n\r\n
        S:  BODY[TEXT] {6}
        S| body\r\n
        S: )
        S: * 2 FETCH (BODY[1] "quoted body" BODY[TEXT]<0> {5}
        S| parti
        S:  UID 3)
        S: a3 OK fetched
        C: a4 LOGOUT
        S: a4 OK bye"#,
    },
    Conversation {
        name: "imap, appended",
        port: 143,
        script: r"
        S: * OK ready
        C: a1 AUTHENTICATE PLAIN
        S: +
        C: AGdyb3VwN18zAHNlY3JldDEy
        S: a1 OK logged in
        C: a2 APPEND Sent (\\Seen) {23}
        S: + go on
        C| Subject: a test\r\n\r\nbody
        C:
        S: a2 OK [APPENDUID 1 5] appended
        C: a3 NOOP
        S: a3 OK nothing
        C: a4 APPEND {4}
        S: + name?
        C: Sent {24}
        S: + message?
        C| Subject: another\r\n\r\nbody
        C:
        S: a4 OK appended again
        C: a5 LOGOUT
        S: a5 OK bye",
    },
    Conversation {
        name: "imap, appended without waiting",
        port: 143,
        script: r"
        S: * OK ready
        C: a1 LOGIN {8+}\r\ngroup7_3 {8+}\r\nsecret12
        S: a1 OK logged in
        C: a2 APPEND Sent {23+}
        C| Subject: a test\r\n\r\nbody
        C:
        C: a3 APPEND Sent {24+}
        C| Subject: another\r\n\r\nbody
        C:  (\\Seen) {23+}
        C| a9 NOOP\r\n\r\na third one
        C:
        C: a4 NOOP
        S: a2 OK appended
        S: a3 OK [APPENDUID 1 6:7] appended both
        S: a4 OK nothing
        C: a5 LOGOUT
        S: a5 OK bye",
    },
    Conversation {
        name: "imap, several in flight",
        port: 143,
        script: r"
        S: * PREAUTH ready
        C: a1 SELECT INBOX\r\na2 FETCH 1 BODY[]\r\na3 FETCH 2 RFC822
        S: * 2 EXISTS
        S: a1 OK selected
        S: * 1 FETCH (BODY[] {29}\r\nSubject: a test\r\n\r\n.dots\r\nbody\r\n)
        S: * 2 FETCH (RFC822 {22}\r\nSubject: another\r\n\r\n)\r\n)
        S: a3 OK second
        S: a2 OK first
        C: a4 LOGOUT
        S: a4 OK bye",
    },
    Conversation {
        name: "smtp, long lines",
        port: 25,
        script: r"
        S: 220 mx.netlab ESMTP
        C: EHLO cslabc39
        S: 250-mx.netlab
        S: 250 AUTH PLAIN
        C: AUTH PLAIN AGdyb3VwN18zAGdyb3VwN18z
        S: 235 2.7.0 ok
        C: MAIL FROM:<group7_3@JServer.Netlab>
        S: 250 2.1.0 sender
        C: RCPT TO:<alice@JServer.Netlab>
        S: 250 2.1.5 alice
        C: DATA
        S: 354 go on
        C: Subject: a test of the network
        C| \r\n
        C: The first line of the text is long enough to be cut into several pieces.
        C: ..dots, and more of the text so that there is something to lose.
        C: .
        S: 250 2.0.0 queued
        C: QUIT
        S: 221 2.0.0 bye",
    },
    Conversation {
        name: "pop3, a long line",
        port: 110,
        script: r"
        S: +OK ready
        C: USER group7_3
        S: +OK name
        C: PASS secret
        S: +OK logged in
        C: LIST
        S: +OK 1 message
        S: 1 88
        S: .
        C: RETR 1
        S: +OK 88 octets
        S: Subject: a test
        S| \r\n
        S: The text of the message, long enough to be cut into several pieces.
        S: .
        C: QUIT
        S: +OK bye",
    },
    Conversation {
        name: "imap, a long literal",
        port: 143,
        script: r"
        S: * OK ready
        C: a1 LOGIN group7_3 secret
        S: a1 OK logged in
        C: a2 SELECT INBOX
        S: * 1 EXISTS
        S: a2 OK [READ-WRITE] done
        C: a3 FETCH 1 (UID BODY[])
        S: * 1 FETCH (UID 7 BODY[] {62}
        S| Subject: a test\r\n\r\nThe text of the message, of some length.\r\n
        S| \x0a
        S: )
        S: a3 OK fetched
        C: a4 LOGOUT
        S: * BYE
        S: a4 OK bye",
    },
];
