//! What is wrong with a value of the command line. `view::locale` has the Chinese words.

/// What is wrong with a value of the command line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Bad {
    #[error(
        "`{0}` is no end of a connection: write an address, a network or a host's name, and a port if you like: 10.0.0.1, 10.0.0.0/8:25, [2001:db8::1]:25, mx.example.com, :587"
    )]
    End(String),
    #[error("`{0}` is no port: 1 to 65535 are")]
    Port(String),
    #[error("/{text}: a network of this kind has 0 to {most} bits")]
    Bits { text: String, most: u8 },
    #[error(
        "`{0}` is no time: write it as 2026-11-23T16:00:00Z, 2026-11-23T16:00:00+08:00, '2026-11-23 16:00', 2026-11-23 or 16:00 (the latter three in local time)"
    )]
    Moment(String),
    #[error("`{0}` is no number of a session, and no range: write 3, 1-3 or 7-")]
    Sessions(String),
    #[error("`{0}`: session numbers are at most {max}", max = u64::MAX)]
    TooLarge(String),
    #[error("`{text}`: a capture does not tell interfaces apart: leave out the zone and write {without}")]
    Zone { text: String, without: String },
    #[error(
        "{since} is later than {until}, so that no session can be meant: exchange them; for a night, write the dates as well"
    )]
    Reversed { since: String, until: String },
    #[error("`{0}` is no shard: write I/N for the I-th of N, as 2/3: N is 1 to 65536, and I is 1 to N")]
    Shard(String),
    #[error("write the numbers of two sessions as I,J, for example 1,3")]
    Two,
    #[error("write it as PROTOCOL=PORT, for example smtp=2526")]
    Hint,
    #[error(
        "no protocol is called `{0}`: smtp, lmtp, pop3 and imap are, and with TLS from the first byte smtps, pop3s and imaps"
    )]
    Protocol(String),
}
