//! What only Exchange servers send, and only to each other.

use super::*;

/// Exchange's own: a line, another kind of AUTH, and counted octets that look like commands.
#[test]
fn commands_between_exchange_servers() {
    let session = |between: &str| {
        smtp(&format!(
            r"{OPENING}
            C: X-LINK2STATE LAST CHUNK={{00000029}} MULTI (5) ({{00000010}}
            S: 200 LAST CHUNK={{0000002f}} MULTI (5) ({{0000002b}} RESP
            C: MAIL FROM:<a@x>
            S: 250 2.1.0 Ok
            C: RCPT TO:<b@y>
            S: 250 2.1.5 Ok
            C: XEXCH50 21 2
            {between}
            C: DATA
            S: 354 go
            C: hi
            C: .
            S: 250 taken
            C: QUIT
            S: 221 bye
        "
        ))
    };
    let octets = r"C| QUIT\r\nDATA\r\n\0\x01\x02\xff\r\n.\r";
    for between in [
        format!("S: 354 Send binary data\n{octets}\nC| \\n\nS: 250 XEXCH50 OK"),
        "S: 354 Send binary data\nC| QUIT\\r\\nDA\nC~ 13\nS: 250 XEXCH50 OK".to_owned(),
        "S: 504 Need to authenticate first".to_owned(),
    ] {
        let told = session(&between);
        assert_eq!(told.commands()[1..], ["X-LINK2STATE", "MAIL", "RCPT", "XEXCH50", "DATA", "QUIT"], "{between}");
        assert_eq!(messages(&told), ["a@x > b@y=250: 4 accepted"], "{between}");
    }
    let told = session(&format!("S: 354 Send binary data\n{octets}\nC| \\n\nS: 250 XEXCH50 OK"));
    assert_eq!(
        told.rows()[9..14],
        [
            "10 C Command [XEXCH50] XEXCH50 21 2",
            "11 S Reply 354 Send binary data -> 10",
            "12 C Data ",
            "13 S Reply 250 XEXCH50 OK -> 12",
            "14 C Command [DATA] DATA",
        ]
    );
    // The replies are missing: the bytes themselves decide.
    let told = session(
        r"S~ 23
C| \0\x01\x02\xff\r\nDATA\r\nQUIT\r\nx\r\n
S: 250 XEXCH50 OK",
    );
    assert_eq!(told.stood_for(), told.said);
    assert_eq!(messages(&told), ["a@x > b@y=250: 4 accepted"]);
    let told = smtp(&format!("{OPENING}C: XEXCH50 9 1\nS: 354 go\nC| 1234"));
    assert_eq!((told.steps.last().map(|s| (s.kind, s.bytes)), told.stood_for()), (Some((Kind::Data, 4)), told.said));
}
