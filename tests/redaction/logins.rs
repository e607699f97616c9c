//! Logins of all protocols, what may stand before them, and what must not be shown of them.

use data_encoding::BASE64;

const PASSWORD: &str = "Vx4kummelQz9w";

/// In base64.
pub fn base64(text: &str) -> String {
    BASE64.encode(text.as_bytes())
}

/// A login: the server's port, what is said, and what must not be shown.
pub struct Login {
    pub name: String,
    pub port: u16,
    pub script: String,
    pub secret: Vec<u8>,
}

/// The logins of all protocols.
pub fn logins() -> Vec<Login> {
    let mut all = Vec::new();
    for (protocol, port) in [("smtp", 25), ("lmtp", 24), ("pop3", 110), ("imap", 143)] {
        for (name, said, secret) in exchanges(protocol) {
            let script = [before(protocol), said, after(protocol).to_owned()].concat();
            all.push(Login { name: format!("{protocol} {port} {name}"), port, script, secret });
        }
    }
    all
}

fn before(protocol: &str) -> String {
    match protocol {
        "smtp" => "S: 220 mx.example.test ESMTP\nC: EHLO client.example.test\nS: 250-mx.example.test\nS: 250 AUTH PLAIN LOGIN\n",
        "lmtp" => "S: 220 mx.example.test LMTP\nC: LHLO client.example.test\nS: 250-mx.example.test\nS: 250 AUTH PLAIN LOGIN\n",
        "pop3" => "S: +OK ready <17.4@example.test>\n",
        _ => "S: * OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+] ready\n",
    }
    .to_owned()
}

fn after(protocol: &str) -> &'static str {
    match protocol {
        "smtp" | "lmtp" => {
            "C: MAIL FROM:<ada@example.test>\nS: 250 2.1.0 sender\nC: RCPT TO:<bob@example.test>\nS: 250 2.1.5 recipient\n\
             C: DATA\nS: 354 go on\nC: Subject: hello\nC| \\r\\n\nC: text\nC: .\nS: 250 2.0.0 queued\nC: QUIT\nS: 221 bye\n"
        }
        "pop3" => {
            "C: STAT\nS: +OK 1 21\nC: RETR 1\nS: +OK 21 octets\nS: Subject: hello\\r\\n\\r\\ntext\nS: .\nC: QUIT\nS: +OK bye\n"
        }
        _ => "C: b SELECT INBOX\nS: * 0 EXISTS\nS: b OK done\nC: c LOGOUT\nS: * BYE\nS: c OK done\n",
    }
}

/// What is said in each login, and its secret.
fn exchanges(protocol: &str) -> Vec<(&'static str, String, Vec<u8>)> {
    let ok = match protocol {
        "smtp" | "lmtp" => "235 2.7.0 welcome",
        "pop3" => "+OK welcome",
        _ => "a OK welcome",
    };
    let no = match protocol {
        "smtp" | "lmtp" => "535 5.7.8 no",
        "pop3" => "-ERR no",
        _ => "a NO no",
    };
    let auth = if protocol == "imap" { "a AUTHENTICATE" } else { "AUTH" };
    let go = if matches!(protocol, "smtp" | "lmtp") { "334 " } else { "+ " };
    let plain = base64(&format!("\0ada\0{PASSWORD}"));
    let password = base64(PASSWORD);
    let name = base64("ada@example.test");
    let digest = "9c1e5f0a7b3d2846e5a10c9f8b7d6e42";
    let cram = base64(&format!("ada {digest}"));
    let bearer = "ya29.Plover-KvTokq7Zx33_twelve";
    let proof = BASE64.encode(b"\x91\x07proof of twenty \xfe!");
    let first = base64("n,,n=ada,r=fyko");
    let challenge = base64("r=fykoXYZ,s=QSXCR+Q6sek8bf92,i=4096");
    let last = base64(&format!("c=biws,r=fykoXYZ,p={proof}"));
    let response = *b"kP\x01z9\xf0Qm!7W\x0fT\x80Lg3xR\x99Vj5N";
    let [ntlm_1, ntlm_2, ntlm_3] = ntlm(&response);
    let secret = || PASSWORD.as_bytes().to_vec();
    let mut all = vec![
        ("PLAIN at once", format!("C: {auth} PLAIN {plain}\nS: {ok}\n"), secret()),
        ("PLAIN", format!("C: {auth} PLAIN\nS: {go}\nC: {plain}\nS: {ok}\n"), secret()),
        ("PLAIN refused", format!("C: {auth} PLAIN\nS: {go}\nC: {plain}\nS: {no}\n"), secret()),
        (
            "LOGIN",
            format!("C: {auth} LOGIN\nS: {go}VXNlcm5hbWU6\nC: {name}\nS: {go}UGFzc3dvcmQ6\nC: {password}\nS: {ok}\n"),
            secret(),
        ),
        (
            "LOGIN refused",
            format!("C: {auth} LOGIN\nS: {go}VXNlcm5hbWU6\nC: {name}\nS: {go}UGFzc3dvcmQ6\nC: {password}\nS: {no}\n"),
            secret(),
        ),
        ("LOGIN at once", format!("C: {auth} LOGIN {name}\nS: {go}UGFzc3dvcmQ6\nC: {password}\nS: {ok}\n"), secret()),
        ("CRAM-MD5", format!("C: {auth} CRAM-MD5\nS: {go}PDEyQG14Pg==\nC: {cram}\nS: {ok}\n"), digest.into()),
        (
            "SCRAM",
            format!(
                "C: {auth} SCRAM-SHA-256 {first}\nS: {go}{challenge}\nC: {last}\nS: {go}dj1ab2U=\nC| \\r\\n\nS: {ok}\n"
            ),
            proof.into(),
        ),
        (
            "NTLM",
            format!("C: {auth} NTLM\nS: {go}\nC: {ntlm_1}\nS: {go}{ntlm_2}\nC: {ntlm_3}\nS: {no}\n"),
            response.to_vec(),
        ),
        (
            "XOAUTH2",
            format!("C: {auth} XOAUTH2 {}\nS: {ok}\n", base64(&format!("user=ada\x01auth=Bearer {bearer}\x01\x01"))),
            bearer.into(),
        ),
        (
            "OAUTHBEARER",
            format!(
                "C: {auth} OAUTHBEARER\nS: {go}\nC: {}\nS: {ok}\n",
                base64(&format!("n,a=ada,\x01host=mx\x01auth=Bearer {bearer}\x01\x01"))
            ),
            bearer.into(),
        ),
    ];
    let echoes = match protocol {
        "smtp" | "lmtp" => [
            format!("500 5.5.1 unrecognized: {PASSWORD}"),
            format!("535-5.7.8 not with\nS: 535 5.7.8 {password}"),
            format!("Error: {PASSWORD} is unknown"),
        ],
        "pop3" => {
            [format!("-ERR {PASSWORD}?"), format!("-ERR [AUTH] not {password}"), format!("ERR {PASSWORD} is wrong")]
        }
        _ => [
            format!("a BAD Unknown command {PASSWORD}"),
            format!("* BAD {PASSWORD}?\nS: a NO not {password}"),
            format!("a NO [AUTHENTICATIONFAILED] {PASSWORD} (0.001 + 0.000 secs)."),
        ],
    };
    for echo in echoes {
        all.push(("PLAIN echoed", format!("C: {auth} PLAIN\nS: {go}\nC: {plain}\nS: {echo}\n"), secret()));
        let typed =
            format!("C: {auth} LOGIN\nS: {go}VXNlcm5hbWU6\nC: {name}\nS: {go}UGFzc3dvcmQ6\nC: {PASSWORD}\nS: {echo}\n");
        all.push(("LOGIN typed and echoed", typed, secret()));
        match protocol {
            "pop3" => {
                all.push(("USER echoed", format!("C: USER ada\nS: +OK\nC: PASS {PASSWORD}\nS: {echo}\n"), secret()))
            }
            "imap" => all.push(("LOGIN echoed", format!("C: a LOGIN ada {PASSWORD}\nS: {echo}\n"), secret())),
            _ => all.push(("a password alone", format!("C: {PASSWORD}\nS: {echo}\n"), secret())),
        }
    }
    let welcome = format!("C: {auth} PLAIN\nS: {go}\nC: {plain}\nS: {ok} {PASSWORD}\n");
    all.push(("PLAIN welcomed", welcome, secret()));
    if protocol == "pop3" {
        all.push(("USER welcomed", format!("C: USER ada\nS: +OK\nC: PASS {PASSWORD}\nS: {ok} {PASSWORD}\n"), secret()));
        all.push(("USER", format!("C: USER ada\nS: +OK\nC: PASS {PASSWORD}\nS: {ok}\n"), secret()));
        all.push(("USER refused", format!("C: USER ada\nS: +OK\nC: PASS {PASSWORD}\nS: -ERR no\n"), secret()));
        all.push(("APOP", format!("C: APOP ada {digest}\nS: {ok}\n"), digest.into()));
    }
    if protocol == "imap" {
        all.push(("a password as the tag", format!("C: {PASSWORD}\nS: {PASSWORD} BAD unknown\n"), secret()));
        let length = PASSWORD.len();
        all.push(("LOGIN quoted", format!("C: a LOGIN \"ada\" \"{PASSWORD}\"\nS: {ok}\n"), secret()));
        all.push(("LOGIN atom", format!("C: a LOGIN ada {PASSWORD}\nS: {ok}\n"), secret()));
        let literal = format!("C: a LOGIN {{3}}\nS: + go\nC: ada {{{length}}}\nS: + go\nC: {PASSWORD}\nS: {ok}\n");
        all.push(("LOGIN literal", literal, secret()));
        let plus = format!("C: a LOGIN {{3+}}\nC: ada {{{length}+}}\nC: {PASSWORD}\nS: {ok}\n");
        all.push(("LOGIN literal+", plus, secret()));
    }
    all
}

/// The three messages of NTLM, in base64 (MS-NLMP, section 2.2.1).
fn ntlm(response: &[u8; 24]) -> [String; 3] {
    let field = |length: u8, at: u8| [length, 0, length, 0, at, 0, 0, 0];
    let negotiate = [b"NTLMSSP\0\x01\0\0\0\x07\x82\x08\xa2".as_slice(), &[0; 16]].concat();
    let challenge = [
        b"NTLMSSP\0\x02\0\0\0".as_slice(),
        &field(4, 48),
        b"\x05\x82\x89\xa2CHALLENG",
        &[0; 8],
        &field(0, 52),
        b"d\0m\0",
    ]
    .concat();
    let user = b"a\0d\0a\0";
    let fields = [field(0, 64), field(24, 64), field(0, 88), field(6, 88), field(0, 94), field(0, 94)];
    let authenticate =
        [b"NTLMSSP\0\x03\0\0\0".as_slice(), &fields.concat(), b"\x05\x82\x88\xa2", response, user].concat();
    [negotiate, challenge, authenticate].map(|message| BASE64.encode(&message))
}

/// What may stand before a dialogue.
pub const PREFIXES: [&str; 10] = [
    "C: PROXY TCP4 192.0.2.7 198.51.100.9 40000 25\n",
    r"C| \r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc63d\x09\x9c@\0\x19",
    "C: a stray line\n",
    "S: a stray line\n",
    "S: SSH-2.0-OpenSSH_9.2\n",
    "C| AUT\n",
    "C| \\r\\n\n",
    "C: CONNECT mx.example.test:25 HTTP/1.1\nC| \\r\\n\nS: HTTP/1.1 200 ok\nS| \\r\\n\n",
    "S: 4.7.0 not now\n",
    "C: NOOP\n",
];
