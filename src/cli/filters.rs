//! Which sessions are shown, as it is typed.

use crate::protocol::Protocol;
use crate::verdict::filter::{Bad, End, Moment, Pattern, SessionFilter};
use clap::Args;
use jiff::tz::TimeZone;
use std::ops::RangeInclusive;

/// The heading of these options in the help.
pub(super) const HEADING: &str = "Which sessions";

/// Which sessions are shown, as it is typed.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct FilterArgs {
    /// Show only sessions with these numbers, as 1-3,7 or 9-.
    #[arg(long = "session", value_name = "N", value_delimiter = ',', value_parser = numbers, help_heading = HEADING)]
    sessions: Vec<Asked<RangeInclusive<u64>>>,
    /// Show only sessions of these protocols, separated by commas.
    #[arg(long = "protocol", value_name = "PROTOCOL", value_delimiter = ',', ignore_case = true, value_parser = clap::builder::PossibleValuesParser::new(["smtp", "lmtp", "pop3", "imap"]), help_heading = HEADING)]
    protocols: Vec<String>,
    /// Show only sessions of this client: an address, a network (10.0.0.0/8) or what it called itself, and a port after a
    /// colon if you like. Of several, any.
    #[arg(long = "client", value_name = "ADDRESS", value_parser = end, help_heading = HEADING)]
    clients: Vec<Asked<End>>,
    /// Show only sessions with this server: an address, a network or a name, and a port if you like: mx.example.com,
    /// 10.0.0.0/8:25, :587, `[2001:db8::1]:143`. A name is one of its greeting, its certificate, or asked for in TLS (SNI).
    #[arg(long = "server", value_name = "ADDRESS", value_parser = end, help_heading = HEADING)]
    servers: Vec<Asked<End>>,
    /// Show only sessions in which this user logged in, or tried to. Without its @, a name fits at any domain; `*` stands for
    /// any characters. (`read` and `explain` also take it as --user.)
    #[arg(long = "login", value_name = "NAME", help_heading = HEADING)]
    pub(super) logins: Vec<String>,
    /// Show only sessions with mail from this sender (MAIL FROM, or the From of the header): bob@example.com, bob,
    /// @example.com, *.example.com, or <> for the empty one. Of 'Bob <bob@example.com>', the address counts, and not the name.
    #[arg(long = "from", value_name = "ADDRESS", help_heading = HEADING)]
    senders: Vec<String>,
    /// Show only sessions with mail to this recipient (RCPT TO, accepted or not, or the To or Cc of the header).
    #[arg(long = "to", value_name = "ADDRESS", help_heading = HEADING)]
    recipients: Vec<String>,
    /// Show only sessions with a message that has this text in its subject.
    #[arg(long = "subject", value_name = "TEXT", help_heading = HEADING)]
    subjects: Vec<String>,
    /// Show only sessions in which something failed: not where it went well in the end, as a log-in that was refused before
    /// one that was accepted.
    #[arg(long, help_heading = HEADING)]
    failed: bool,
    /// Show only sessions that were not over at this time: RFC 3339, or in local time '2026-11-23 16:00', 2026-11-23, or
    /// 16:00 on the day on which the session began.
    #[arg(long, value_name = "TIME", value_parser = moment, help_heading = HEADING)]
    since: Option<Asked<Moment>>,
    /// Show only sessions that had begun by this time: 16:00 includes that minute, a date that day.
    #[arg(long, value_name = "TIME", value_parser = moment, help_heading = HEADING)]
    until: Option<Asked<Moment>>,
}

/// What was typed, and what it means.
#[derive(Debug, Clone)]
struct Asked<T> {
    text: String,
    value: T,
}

impl<T> Asked<T> {
    fn new(text: &str, value: T) -> Self {
        Self { text: text.to_owned(), value }
    }
}

impl FilterArgs {
    /// The filter, with times in `zone` where they name none.
    pub(super) fn resolve(self, zone: &dyn Fn() -> TimeZone) -> SessionFilter {
        let mut told = Vec::new();
        let mut tell = |option: &str, text: &str| {
            let is_plain =
                text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.,:@/+".contains(&b)) && !text.is_empty();
            let quote = if is_plain { "" } else { "'" };
            told.push(format!("--{option} {quote}{text}{quote}"));
        };
        let mut ends = |option: &str, asked: Vec<Asked<End>>| -> Vec<End> {
            asked.iter().for_each(|end| tell(option, &end.text));
            asked.into_iter().map(|end| end.value).collect()
        };
        let (clients, servers) = (ends("client", self.clients), ends("server", self.servers));
        let mut patterns = |option: &str, asked: Vec<String>, read: fn(&str) -> Pattern| -> Vec<Pattern> {
            asked.iter().for_each(|text| tell(option, text));
            asked.iter().map(|text| read(text)).collect()
        };
        let users = patterns("login", self.logins, Pattern::new);
        let senders = patterns("from", self.senders, Pattern::address);
        let recipients = patterns("to", self.recipients, Pattern::address);
        let subjects = patterns("subject", self.subjects, Pattern::new);
        let mut moment = |option: &str, asked: Option<Asked<Moment>>| {
            let asked = asked?;
            tell(option, &asked.text);
            Some(Moment::parse(&asked.text, &zone()).unwrap_or(asked.value))
        };
        let (since, until) = (moment("since", self.since), moment("until", self.until));
        if !self.protocols.is_empty() {
            tell("protocol", &self.protocols.join(","));
        }
        if !self.sessions.is_empty() {
            tell("session", &self.sessions.iter().map(|asked| asked.text.as_str()).collect::<Vec<_>>().join(","));
        }
        if self.failed {
            told.push("--failed".to_owned());
        }
        let protocols = self.protocols.iter().map(|name| name.to_lowercase());
        SessionFilter {
            protocols: protocols.filter_map(|name| name.parse::<Protocol>().ok()).collect(),
            sessions: self.sessions.into_iter().map(|asked| asked.value).collect(),
            clients,
            servers,
            users,
            senders,
            recipients,
            subjects,
            failed: self.failed,
            since,
            until,
            told,
        }
    }
}

fn end(text: &str) -> Result<Asked<End>, Bad> {
    text.parse().map(|end| Asked::new(text, end))
}

/// The zone is not known yet, and does not matter to whether it can be read.
fn moment(text: &str) -> Result<Asked<Moment>, Bad> {
    Moment::parse(text, &TimeZone::UTC).map(|moment| Asked::new(text, moment))
}

/// A number that no session has, because it is too large to be one.
pub(super) fn is_too_large(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u64>().is_err()
}

fn numbers(text: &str) -> Result<Asked<RangeInclusive<u64>>, Bad> {
    if text.splitn(2, '-').any(is_too_large) {
        return Err(Bad::TooLarge(text.to_owned()));
    }
    let number = |text: &str| text.trim().parse::<u64>().ok().filter(|&number| number > 0);
    let range = match text.split_once('-') {
        None => number(text).map(|number| number..=number),
        Some((from, to)) if to.trim().is_empty() => number(from).map(|from| from..=u64::MAX),
        Some((from, to)) => number(from).zip(number(to)).map(|(from, to)| from..=to),
    };
    let range = range.filter(|range| !range.is_empty()).ok_or_else(|| Bad::Sessions(text.to_owned()))?;
    Ok(Asked::new(text, range))
}

#[cfg(test)]
mod tests {
    use super::{Bad, numbers};

    #[test]
    fn numbers_and_ranges() {
        for (text, range) in [("3", 3..=3), ("1-3", 1..=3), (" 7 - 9 ", 7..=9), ("7-", 7..=u64::MAX)] {
            assert_eq!(numbers(text).unwrap().value, range, "{text}");
        }
        for text in ["", "0", "x", "3-1", "-3", "1-2-3", "0-2"] {
            assert!(matches!(numbers(text), Err(Bad::Sessions(_))), "{text}");
        }
        assert_eq!(numbers("18446744073709551615").unwrap().value, u64::MAX..=u64::MAX);
        for text in
            ["18446744073709551616", "1-18446744073709551616", "99999999999999999999-", "99999999999999999999-x"]
        {
            assert!(matches!(numbers(text), Err(Bad::TooLarge(_))), "{text}");
        }
    }
}
