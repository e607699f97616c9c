//! The lines of a session, turn by turn. Names, addresses and passwords are made up; the domains are RFC 2606's.

use super::frames::Random;
use data_encoding::{BASE64, BASE64_MIME};
use mailtap::flow::Side;
use mailtap::flow::Side::{Client, Server};
use mailtap::protocol::Protocol;

/// What a session consists of.
#[derive(Debug, Clone, Copy)]
pub struct Script {
    /// SMTP, POP3 or IMAP.
    pub protocol: Protocol,
    /// Bytes of the message's attachment, decoded; without one, nothing is sent or fetched.
    pub attachment: Option<usize>,
}

impl Script {
    /// The port that the server listens on.
    pub fn port(self) -> u16 {
        match self.protocol {
            Protocol::Smtp => 25,
            Protocol::Lmtp => 24,
            Protocol::Pop3 => 110,
            Protocol::Imap => 143,
        }
    }

    /// The bytes of turn `turn` of session `n`, and the side that sends them; `None` where the session is over.
    pub fn turn(self, n: usize, turn: usize, seed: u64) -> Option<(Side, Vec<u8>)> {
        match self.protocol {
            Protocol::Smtp | Protocol::Lmtp => self.smtp(n, turn, seed),
            Protocol::Pop3 => self.pop3(n, turn, seed),
            Protocol::Imap => self.imap(n, turn, seed),
        }
    }

    fn smtp(self, n: usize, turn: usize, seed: u64) -> Option<(Side, Vec<u8>)> {
        let turn = if self.attachment.is_none() && turn >= 5 { turn + 10 } else { turn };
        Some(match turn {
            0 => (Server, b"220 mx.example.net ESMTP ready\r\n".to_vec()),
            1 => (Client, format!("EHLO host{n}.example.org\r\n").into_bytes()),
            2 => (
                Server,
                b"250-mx.example.net\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n"
                    .to_vec(),
            ),
            3 => (Client, format!("AUTH PLAIN {}\r\n", BASE64.encode(login(n).as_bytes())).into_bytes()),
            4 => (Server, b"235 2.7.0 Authentication successful\r\n".to_vec()),
            5 => (Client, format!("MAIL FROM:<sender{n}@example.org>\r\n").into_bytes()),
            6 => (Server, b"250 2.1.0 Ok\r\n".to_vec()),
            7 => (Client, format!("RCPT TO:<reader{n}@example.net>\r\n").into_bytes()),
            8 => (Server, b"250 2.1.5 Ok\r\n".to_vec()),
            9 => (Client, format!("RCPT TO:<nobody{n}@example.net>\r\n").into_bytes()),
            10 => (Server, b"550 5.1.1 User unknown\r\n".to_vec()),
            11 => (Client, b"DATA\r\n".to_vec()),
            12 => (Server, b"354 End data with <CR><LF>.<CR><LF>\r\n".to_vec()),
            13 => (Client, [self.message(n, seed), b".\r\n".to_vec()].concat()),
            14 => (Server, format!("250 2.0.0 Ok: queued as Q{n:08X}\r\n").into_bytes()),
            15 => (Client, b"QUIT\r\n".to_vec()),
            16 => (Server, b"221 2.0.0 Bye\r\n".to_vec()),
            _ => return None,
        })
    }

    fn pop3(self, n: usize, turn: usize, seed: u64) -> Option<(Side, Vec<u8>)> {
        let turn = if self.attachment.is_none() && turn >= 7 { turn + 6 } else { turn };
        Some(match turn {
            0 => (Server, b"+OK POP3 ready\r\n".to_vec()),
            1 => (Client, format!("USER reader{n}\r\n").into_bytes()),
            2 => (Server, b"+OK\r\n".to_vec()),
            3 => (Client, format!("PASS secret{n}\r\n").into_bytes()),
            4 => (Server, b"+OK Logged in.\r\n".to_vec()),
            5 => (Client, b"STAT\r\n".to_vec()),
            6 => (Server, b"+OK 1 70000\r\n".to_vec()),
            7 => (Client, b"LIST\r\n".to_vec()),
            8 => (Server, b"+OK 1 messages:\r\n1 70000\r\n.\r\n".to_vec()),
            9 => (Client, b"RETR 1\r\n".to_vec()),
            10 => (Server, [b"+OK message follows\r\n".to_vec(), self.message(n, seed), b".\r\n".to_vec()].concat()),
            11 => (Client, b"DELE 1\r\n".to_vec()),
            12 => (Server, b"+OK Marked to be deleted.\r\n".to_vec()),
            13 => (Client, b"QUIT\r\n".to_vec()),
            14 => (Server, b"+OK Logging out.\r\n".to_vec()),
            _ => return None,
        })
    }

    fn imap(self, n: usize, turn: usize, seed: u64) -> Option<(Side, Vec<u8>)> {
        let turn = if self.attachment.is_none() && turn >= 5 { turn + 2 } else { turn };
        Some(match turn {
            0 => (Server, b"* OK [CAPABILITY IMAP4rev1 LITERAL+ IDLE] ready\r\n".to_vec()),
            1 => (Client, format!("a1 LOGIN reader{n} secret{n}\r\n").into_bytes()),
            2 => (Server, b"a1 OK Logged in\r\n".to_vec()),
            3 => (Client, b"a2 SELECT INBOX\r\n".to_vec()),
            4 => (
                Server,
                b"* FLAGS (\\Answered \\Seen)\r\n* 1 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 7] ok\r\na2 OK [READ-WRITE] done\r\n"
                    .to_vec(),
            ),
            5 => (Client, b"a3 UID FETCH 1 (FLAGS BODY.PEEK[])\r\n".to_vec()),
            6 => {
                let message = self.message(n, seed);
                let begin = format!("* 1 FETCH (UID 1 FLAGS () BODY[] {{{}}}\r\n", message.len()).into_bytes();
                (Server, [begin, message, b")\r\na3 OK Fetch completed\r\n".to_vec()].concat())
            }
            7 => (Client, b"a4 LOGOUT\r\n".to_vec()),
            8 => (Server, b"* BYE Logging out\r\na4 OK Logout completed\r\n".to_vec()),
            _ => return None,
        })
    }

    /// A message in two parts: a line of text, and an attachment of random bytes in base64.
    pub fn message(self, n: usize, seed: u64) -> Vec<u8> {
        let mut random = Random::new(seed ^ (n as u64).wrapping_mul(0x5851_f42d_4c95_7f2d));
        let attachment = BASE64_MIME.encode(&random.bytes(self.attachment.unwrap_or(0)));
        format!(
            "From: \"Sender {n}\" <sender{n}@example.org>\r\n\
             To: <reader{n}@example.net>\r\n\
             Subject: =?utf-8?Q?Letter_n=C2=B0_{n}?=\r\n\
             Message-ID: <letter{n}@example.org>\r\n\
             Date: Mon, 01 Jan 2024 00:00:00 +0000\r\n\
             User-Agent: corpus\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=\"part-{n}\"\r\n\
             \r\n\
             --part-{n}\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\
             \r\n\
             See http://example.org/{n} and the attachment.\r\n\
             --part-{n}\r\n\
             Content-Type: application/octet-stream; name=\"file{n}.bin\"\r\n\
             Content-Disposition: attachment; filename=\"file{n}.bin\"\r\n\
             Content-Transfer-Encoding: base64\r\n\
             \r\n\
             {attachment}\
             --part-{n}--\r\n"
        )
        .into_bytes()
    }
}

fn login(n: usize) -> String {
    format!("\0reader{n}\0secret{n}")
}
