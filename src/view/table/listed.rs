//! A session as one row of the list.

use super::listing::{Sort, bytes, user, worst};
use super::width::width;
use super::{Options, cell};
use crate::session::model::{Session, TlsMode, Transaction};
use crate::verdict::upshot;
use crate::view::address::{self, canonical};
use crate::view::clock::Clock;
use crate::view::locale::{self, Label};
use std::borrow::Cow;
use std::net::SocketAddr;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Most characters of an address or a user's name.
const FIELD: usize = 100;
/// A cell: some words are the same for many sessions.
pub type Cell = Cow<'static, str>;

/// What stands where there is nothing.
const NOTHING: &str = "–";

/// The cells: number, protocol, time, ends, sender and recipients, outcome, TLS, user, bytes, findings. `widths` are those
/// of the columns: of several ways to say a thing, the fullest that fits is taken.
pub fn cells(options: &Options, session: &Session, widths: &[usize; 10]) -> [Cell; 10] {
    let [_, _, time, ends, mail, _, tls, login, size, _] = *widths;
    [
        itoa::Buffer::new().format(session.id).to_owned().into(),
        locale::protocol(options.lang, session.protocol).into(),
        began(options, session, time).into(),
        between(session, ends).into(),
        carried(session, mail),
        locale::upshot(options.lang, upshot(session)).into(),
        encrypted(session, tls),
        user(session).map_or(Cell::Borrowed(NOTHING), |user| {
            fullest(login, [user, local(user)].into_iter().map(|name| cell::line(name, FIELD))).into()
        }),
        amount(bytes(session), size).into(),
        worst(session).map_or(Cell::Borrowed(NOTHING), |(severity, count)| {
            [locale::severity(options.lang, severity), " ", itoa::Buffer::new().format(count)].concat().into()
        }),
    ]
}

/// The first of `ways` that fits, or else the last, shortened. Those after it are not made.
pub fn fullest(columns: usize, ways: impl IntoIterator<Item = String>) -> String {
    let mut last = String::new();
    for way in ways {
        if width(&way) <= columns {
            return way;
        }
        last = way;
    }
    shortened(&last, columns).0.into_owned()
}

/// `text`, with an ellipsis in place of what does not fit in `width` columns, and the columns that it takes.
pub fn shortened(text: &str, columns: usize) -> (Cow<'_, str>, usize) {
    let whole = width(text);
    if whole <= columns {
        return (text.into(), whole);
    }
    let mut shown = String::new();
    let mut used = 0;
    for found in text.chars() {
        used += found.width().unwrap_or_default();
        // A column is left for the ellipsis.
        if used >= columns {
            break;
        }
        shown.push(found);
    }
    shown.truncate(shown.trim_end().len());
    if columns > 0 {
        shown.push('…');
    }
    let used = width(&shown);
    (shown.into(), used)
}

/// The date as far as there is room, and the time.
fn began(options: &Options, session: &Session, width: usize) -> String {
    let Some(time) = session.transport.first.time.known() else {
        return fullest(width, [options.label(Label::NoTime).to_owned(), NOTHING.to_owned()]);
    };
    let whole = options.time.second(options.lang, time);
    if matches!(options.time, Clock::Relative(_)) {
        // Without its fraction, where there is no room for it.
        let fraction = |c: char| c == '.' || c.is_ascii_digit();
        let shorter =
            whole.split_once('.').map(|(whole, rest)| format!("{whole}{}", rest.trim_start_matches(fraction)));
        return fullest(width, [Some(whole.clone()), shorter].into_iter().flatten());
    }
    // The offset from UTC stands in the title, or with the day.
    let whole = whole.char_indices().nth("2009-12-08 06:00:00".len()).map_or(&*whole, |(end, _)| whole.split_at(end).0);
    let from = |at: usize| whole.get(at..).unwrap_or_default();
    let short = from("2009-".len());
    let shortest = match tells_days(options) {
        true => from("2009-12-08 ".len()),
        // To the minute.
        false => short.get(.."12-08 06:00".len()).unwrap_or_default(),
    };
    fullest(width, [whole, short, shortest].into_iter().map(str::to_owned))
}

/// Whether the lines come in the order of their times, so that a day can be told once, above its lines.
pub fn tells_days(options: &Options) -> bool {
    !matches!(options.time, Clock::Relative(_)) && matches!(options.list.sort, None | Some(Sort::Time))
}

/// Client and server, with their ports where there is room, and where the addresses are equal.
fn between(session: &Session, width: usize) -> String {
    let [client, server] = [session.transport.endpoints.client, session.transport.endpoints.server].map(canonical);
    // With the ports that are asked for. Every line of a long list has such a text.
    let joined = |client_port: bool, arrow: &str, server_port: bool| {
        let mut both = String::with_capacity(64);
        let push = |text: &mut String, end: SocketAddr, port: bool| match port {
            true => address::push_end(text, end),
            false => address::push(text, end.ip()),
        };
        push(&mut both, client, client_port);
        both.push_str(arrow);
        push(&mut both, server, server_port);
        both
    };
    let both = || joined(true, " → ", true);
    if client.ip() == server.ip() {
        // The address once is enough; of the ports, the server's says the most, and would be what is cut off.
        let (from, to) = (client.port(), server.port());
        let ways: [&dyn Fn() -> String; 5] = [
            &both,
            &|| joined(true, "→", true),
            &|| format!("{client} → :{to}"),
            &|| format!("{client}→:{to}"),
            &|| format!(":{from}→:{to}"),
        ];
        return fullest(width, ways.into_iter().map(|way| way()));
    }
    let (from, to) = (client.ip(), server.ip());
    // Addresses of IPv6 share the room.
    let half = width.saturating_sub(1) / 2;
    let shared = || format!("{}→{}", shortened(&from.to_string(), half).0, shortened(&to.to_string(), half).0);
    let ways: [&dyn Fn() -> String; 5] = [
        &both,
        &|| joined(false, " → ", true),
        &|| joined(false, " → ", false),
        &|| joined(false, "→", false),
        &shared,
    ];
    fullest(width, ways.into_iter().map(|way| way()))
}

/// Sender and first recipient of what was sent, and how many further recipients there are.
fn carried(session: &Session, columns: usize) -> Cell {
    let Some(first) = session.transactions.first() else { return NOTHING.into() };
    let from = match first.from.as_deref() {
        Some("") => "<>",
        from => from.unwrap_or("?"),
    };
    let recipients = |transaction: &Transaction| transaction.to.len();
    let all: usize = session.transactions.iter().map(recipients).sum();
    let to = session.transactions.iter().flat_map(|transaction| &transaction.to).next();
    let to = to.map_or(NOTHING, |to| to.address.as_str());
    let more = if all > 1 { format!(" +{}", all - 1) } else { String::new() };
    let whole = format!("{} → {}{more}", cell::line(from, FIELD), cell::line(to, FIELD));
    if width(&whole) <= columns {
        return whole.into();
    }
    // Without their domains both ends share the room, and the count stays.
    let [from, to] = [from, to].map(|address| cell::line(local(address), FIELD));
    let room = columns.saturating_sub(" → ".width() + more.width());
    let half = room / 2;
    let (of_from, of_to) = match (from.width(), to.width()) {
        (short, _) if short <= half => (short, room - short),
        (_, short) if short <= half => (room - short, short),
        _ => (half, room - half),
    };
    format!("{} → {}{more}", shortened(&from, of_from).0, shortened(&to, of_to).0).into()
}

/// An address without its domain.
fn local(address: &str) -> &str {
    match address.rsplit_once('@') {
        Some((local, _)) if !local.is_empty() => local,
        _ => address,
    }
}

/// The version, or how it began.
fn encrypted(session: &Session, width: usize) -> Cell {
    let tls = &session.tls;
    let mode = match tls.mode {
        TlsMode::None => return NOTHING.into(),
        TlsMode::StartTls => "STARTTLS",
        TlsMode::Implicit => "TLS",
    };
    match tls.version.as_deref() {
        Some(version) => {
            let version = cell::line(version, FIELD);
            let number = version.trim_start_matches("TLS ").to_owned();
            fullest(width, [version, number]).into()
        }
        None => fullest(width, [mode, "TLS"].map(str::to_owned)).into(),
    }
}

/// Bytes in a few digits: `1706`, `28.3k`, `1.2M`.
fn amount(bytes: u64, width: usize) -> String {
    let mut scaled = bytes as f64;
    let mut unit = "";
    for next in ["k", "M", "G", "T"] {
        if scaled < 1_000.0 {
            break;
        }
        scaled /= 1_000.0;
        unit = next;
    }
    let ways: [&dyn Fn() -> String; 3] =
        [&|| itoa::Buffer::new().format(bytes).to_owned(), &|| format!("{scaled:.1}{unit}"), &|| {
            format!("{scaled:.0}{unit}")
        }];
    fullest(width.min(7), ways.into_iter().map(|way| way()))
}

#[cfg(test)]
mod tests {
    use super::{amount, between, carried, shortened};
    use crate::view::testing::lab_smtp;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn what_does_not_fit_is_shortened() {
        assert_eq!(shortened("abcdef", 6).0, "abcdef");
        assert_eq!(shortened("abcdef", 5), ("abcd…".into(), 5));
        assert_eq!(shortened("登录被拒", 6), ("登录…".into(), 5));
        assert_eq!(shortened("登录被拒", 0), ("".into(), 0));
        assert_eq!([1_706, 28_341, 123_456_789].map(|bytes| amount(bytes, 5)), ["1706", "28341", "123M"]);
    }

    #[test]
    fn ports_are_shown_where_the_addresses_say_nothing() {
        let mut session = lab_smtp();
        assert_eq!(between(&session, 45), "172.16.0.73:1893 → 172.16.0.253:25");
        assert_eq!(between(&session, 24), "172.16.0.73→172.16.0.253");
        let endpoints = &mut session.transport.endpoints;
        for end in [&mut endpoints.client, &mut endpoints.server] {
            end.set_ip([127, 0, 0, 1].into());
        }
        assert_eq!(between(&session, 24), "127.0.0.1:1893 → :25");
        assert_eq!(between(&session, 18), "127.0.0.1:1893→:25");
        assert_eq!(between(&session, 12), ":1893→:25");
        assert_eq!(between(&session, 30), "127.0.0.1:1893 → 127.0.0.1:25");
    }

    #[test]
    fn further_recipients_are_counted_in_any_room() {
        let mut session = lab_smtp();
        let addressee = |address: &str| crate::session::model::Addressee {
            address: address.to_owned(),
            code: None,
            step: None,
            final_code: None,
            final_step: None,
            outcome: crate::session::model::Outcome::Accepted,
        };
        session.transactions = vec![crate::session::model::Transaction {
            n: 1,
            from: Some("somebody@example.org".to_owned()),
            to: ["one@example.org", "two@example.org", "three@example.org"].map(addressee).into(),
            size_said: None,
            size_limit: None,
            outcome: crate::session::model::Outcome::Accepted,
            reply: None,
            message: None,
            steps: Vec::new(),
        }];
        for width in 11..60 {
            let shown = carried(&session, width);
            assert!(shown.ends_with(" +2") && shown.width() <= width, "{width}: {shown}");
        }
        assert_eq!(carried(&session, 60), "somebody@example.org → one@example.org +2");
        assert_eq!(carried(&session, 20), "somebody → one +2");
    }
}
