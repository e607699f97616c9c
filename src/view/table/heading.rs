//! The heading of a session, the titles of tables, and tables that are written in one go.

use super::grid::{self, Grid, Row};
use super::wrap::wrap;
use super::{Options, Style, cell, stalls};
use crate::capture::Time;
use crate::protocol::event::Kind;
use crate::session::model::{Session, Tls};
use crate::verdict::conclusion;
use crate::view::Lang;
use crate::view::address::canonical;
use crate::view::clock::Clock;
use crate::view::display_filter;
use crate::view::locale::{self, Label};
use anstyle::{Effects, Style as Colour};
use std::io::{self, Write};
use std::net::SocketAddr;
use unicode_width::UnicodeWidthStr;

/// Most characters of a name, or of a list of names.
const LONGEST: usize = 200;

/// A line that begins a part of the output: `━━ text ━━━━━`.
pub fn banner(out: &mut dyn Write, style: Style, text: &str) -> io::Result<()> {
    let mut lines: Vec<String> = wrap(text, style.width.saturating_sub(4)).split('\n').map(str::to_owned).collect();
    if let Some(last) = lines.last_mut() {
        let fill = "━".repeat(style.width.saturating_sub(last.width() + 4));
        *last = format!("{last} {fill}");
    }
    lines.iter().try_for_each(|line| bold(out, style, &format!("━━ {line}")))
}

/// The title of a table.
pub fn title(out: &mut dyn Write, style: Style, text: &str) -> io::Result<()> {
    writeln!(out)?;
    wrap(text, style.width).split('\n').try_for_each(|line| bold(out, style, line))
}

/// A line below a table, wrapped where the terminal is narrow: what its signs mean, how many rows are left out.
pub fn note(out: &mut dyn Write, style: Style, text: &str) -> io::Result<()> {
    wrap(text, style.width).split('\n').try_for_each(|line| writeln!(out, "{line}"))
}

fn bold(out: &mut dyn Write, style: Style, text: &str) -> io::Result<()> {
    let effect = if style.colour { Colour::new().effects(Effects::BOLD) } else { Colour::new() };
    writeln!(out, "{effect}{text}{effect:#}")
}

/// Names and their values, one below the other.
pub fn pairs(out: &mut dyn Write, style: Style, pairs: Vec<(&str, String)>) -> io::Result<()> {
    let rows: Vec<Row> = pairs.into_iter().map(|(name, value)| Row::new([name.to_owned(), value])).collect();
    named(out, style, &rows)
}

/// Rows of a name and a value.
pub fn named(out: &mut dyn Write, style: Style, rows: &[Row]) -> io::Result<()> {
    let names = rows.iter().filter_map(|row| row.cells.first()).map(|name| name.width()).max().unwrap_or_default();
    Grid::plain(style, &[names, style.width]).rows(out, rows)
}

/// A session's number, protocol and endpoints, its times and packets, how it ended, and its TLS.
pub fn session(out: &mut dyn Write, options: &Options, session: &Session) -> io::Result<()> {
    begin(out, options, session)?;
    pairs(out, options.style, facts(options, session))?;
    if session.steps.iter().all(|step| step.kind == Kind::Gap) {
        paragraph(out, options.style, options.label(Label::NothingSaid))?;
    }
    Ok(())
}

/// What is known of a session as a whole: names and values.
pub fn facts(options: &Options, session: &Session) -> Vec<(&'static str, String)> {
    let transport = &session.transport;
    let lang = options.lang;
    let mut facts = ends(options, session);
    facts.push((options.label(Label::Started), began(options, transport.first.time, Clock::moment)));
    if let Some(duration) = transport.duration() {
        facts.push((options.label(Label::Duration), locale::duration(lang, duration)));
    }
    facts.push((options.label(Label::Packets), transport.counters.packets.to_string()));
    facts.extend(stalls::facts(options, session));
    let mut end = locale::end(lang, transport.end).to_owned();
    if !transport.from_start {
        end = format!("{end}\n{}", options.label(Label::FromTheMiddle));
    }
    facts.push((options.label(Label::HowItEnded), end));
    if let Some(subflows) = transport.counters.subflows {
        let another_way = transport.may_have_gone_another_way();
        facts.push((options.label(Label::MultipathTcp), locale::subflows(lang, subflows.seen, another_way)));
    }
    // Where there was no connection, nothing crossed in the clear.
    if !transport.end.is_unconnected() {
        facts.push((options.label(Label::Tls), tls(options, &session.tls)));
    }
    if options.show.details {
        facts.push((options.label(Label::Verdict), locale::verdict(lang, &conclusion::of_session(session))));
    }
    if options.show.filters {
        facts.push((options.label(Label::DisplayFilter), display_filter::of_session(session)));
    }
    facts
}

/// The line that begins a session.
pub fn begin(out: &mut dyn Write, options: &Options, session: &Session) -> io::Result<()> {
    writeln!(out)?;
    let protocol = locale::protocol(options.lang, session.protocol);
    banner(out, options.style, &format!("{} {} · {protocol}", options.label(Label::Session), session.id))
}

/// The endpoints by address and, if known, by name, and the server's banner.
pub fn ends(options: &Options, session: &Session) -> Vec<(&'static str, String)> {
    let endpoints = &session.transport.endpoints;
    let with_name = |end: SocketAddr, name: &Option<String>| match name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => format!("{} ({})", canonical(end), cell::line(name, LONGEST)),
        None => canonical(end).to_string(),
    };
    let mut facts = vec![
        (options.label(Label::Client), with_name(endpoints.client, &session.client_name)),
        (options.label(Label::Server), canonical(endpoints.server).to_string()),
    ];
    if let Some(via) = session.via {
        let via = locale::via(options.lang, via);
        let client = session.client_address.map(|client| format!("{} ({via})", client.to_canonical()));
        facts.insert(1, (options.label(Label::BehindProxy), client.unwrap_or_else(|| via.to_owned())));
    }
    if let Some(banner) = session.banner.as_deref().filter(|banner| !banner.is_empty()) {
        facts.push((options.label(Label::Banner), options.block(banner)));
    }
    let software =
        [(Label::ClientSoftware, &session.client_software), (Label::ServerSoftware, &session.server_software)];
    for (label, software) in software {
        if let Some(software) = software {
            facts.push((options.label(label), locale::software(options.lang, software)));
        }
    }
    facts
}

/// The moment of a packet as `shown` shows it, or that the capture does not have it.
pub fn began(options: &Options, time: Time, shown: fn(Clock, Lang, Time) -> String) -> String {
    let known = time.known().map(|time| shown(options.time, options.lang, time));
    known.unwrap_or_else(|| options.label(Label::NoTime).to_owned())
}

/// TLS in words: how it began, and what is known of it.
pub fn tls(options: &Options, tls: &Tls) -> String {
    let mut lines = vec![locale::tls_mode(options.lang, tls.mode, tls.decrypted).to_owned()];
    if tls.decrypted {
        lines.push(locale::tls::decrypted_by(options.lang, &tls.decryption).to_owned());
    } else if let Some(fault) = tls.decryption.fault {
        lines.push(locale::tls::key_fault(options.lang, fault).to_owned());
        let random = tls.decryption.client_random.as_deref().map(locale::tls::random);
        lines.extend(random.map(|random| options.named(Label::ClientRandom, &random)));
    }
    let mut fact = |label, value: &str| {
        if !value.is_empty() {
            lines.push(options.named(label, &cell::line(value, LONGEST)));
        }
    };
    let told = |text: &Option<String>| text.clone().unwrap_or_default();
    fact(Label::TlsVersion, &told(&tls.version));
    fact(Label::Cipher, &told(&tls.cipher));
    fact(Label::TlsServerName, &told(&tls.server_name));
    fact(Label::Alpn, &told(&tls.alpn));
    fact(Label::Ja4, &told(&tls.ja4));
    if let Some(certificate) = &tls.certificate {
        fact(Label::CertificateSubject, &certificate.subject);
        fact(Label::CertificateNames, &certificate.names.join(", "));
        fact(Label::CertificateIssuer, &certificate.issuer);
        fact(Label::NotBefore, &certificate.not_before);
        fact(Label::NotAfter, &certificate.not_after);
        fact(Label::Sha256, &certificate.sha256);
    }
    lines.join("\n")
}

/// Writes a whole table. `limits` are the columns' maximum widths (0: no maximum); a column with a maximum keeps its
/// width while others can shrink.
pub fn table(out: &mut dyn Write, style: Style, titles: &[&str], rows: &[Row], limits: &[usize]) -> io::Result<()> {
    let mut natural = grid::naturals(titles, rows);
    let mut firm = vec![0; natural.len()];
    for ((natural, firm), limit) in natural.iter_mut().zip(&mut firm).zip(limits).filter(|(_, limit)| **limit > 0) {
        *natural = (*limit).min(*natural);
        *firm = *natural;
    }
    let mut grid = Grid::new(style, &natural, &firm);
    grid.head(out, titles)?;
    grid.rows(out, rows)?;
    grid.foot(out)
}

/// A paragraph, wrapped to the width of the terminal.
pub fn paragraph(out: &mut dyn Write, style: Style, text: &str) -> io::Result<()> {
    Grid::plain(style, &[style.width]).rows(out, &[Row::new([text.to_owned()])])
}
