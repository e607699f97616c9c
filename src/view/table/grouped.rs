/*!
The findings of all sessions by kind, the most severe first: how often each was found, with which servers, where it was
seen first, what the occurrences say, and once what it means and what to do about it. What only several sessions together
show stands among them.
*/

use super::grid::Row;
use super::{Options, cell, heading};
use crate::session::model::Severity;
use crate::verdict::{AcrossReport, Evidence, FindingAcross, Group};
use crate::view::locale::{self, FindingWords, Label};
use crate::view::packet::shown;
use std::cmp::Reverse;
use std::io::{self, Write};

/// Packet numbers shown as the evidence in one session.
const PACKETS: usize = 6;
/// Sessions shown as evidence of a finding that spans several.
const SESSIONS: usize = 4;
/// Characters of what an occurrence says.
const SAID: usize = 300;
/// The widest column of what was seen how often: an IPv4 address with its port.
const SEEN: usize = 21;

/// Writes the table, or that nothing was found. `sessions`: so many were looked at. `verdict_follows`: the verdict says
/// what was looked for.
pub fn write(
    out: &mut dyn Write,
    options: &Options,
    across: &AcrossReport,
    sessions: u64,
    verdict_follows: bool,
) -> io::Result<()> {
    writeln!(out)?;
    heading::banner(out, options.style, options.label(Label::Findings))?;
    let mut rows: Vec<(Severity, u64, Row)> = Vec::with_capacity(across.findings.len() + across.groups.len());
    rows.extend(across.findings.iter().map(|finding| (finding.severity, u64::MAX, spanning(options, finding))));
    rows.extend(across.groups.iter().map(|group| (group.severity, group.count, kind(options, group))));
    if rows.is_empty() {
        return match verdict_follows {
            true => Ok(()),
            false => heading::paragraph(out, options.style, &locale::nothing_found(options.lang, sessions, 0)),
        };
    }
    // What spans sessions explains what is found in each of them, so it stands first among what is as severe.
    rows.sort_by_key(|(severity, count, _)| Reverse((*severity, *count)));
    let rows: Vec<Row> = rows.into_iter().map(|(_, _, row)| row).collect();
    let titles = [Label::Severity, Label::Finding, Label::Seen].map(|label| options.label(label));
    heading::table(out, options.style, &titles, &rows, &[8, 0, SEEN])
}

/// The findings of a rule.
fn kind(options: &Options, group: &Group) -> Row {
    let FindingWords { title, detail, remedy, reference } = locale::rule(options.lang, group.id);
    let mut text = vec![title.to_owned(), detail.into_owned()];
    text.extend(group.occurrences.iter().filter_map(|(session, facts)| {
        let said = cell::cut(locale::occurrence(options.lang, group.id, facts)?, SAID);
        // A packet's number says little without its session.
        let of = format!("{} {session}", options.label(Label::Session));
        Some(if group.sessions > 1 { options.colon(&of, &said) } else { said })
    }));
    if group.more > 0 {
        text.push(format!("… +{}", group.more));
    }
    text.push(options.named(Label::Remedy, remedy));
    text.extend(reference.map(|reference| options.named(Label::Reference, reference)));
    let mut seen = vec![locale::how_often(options.lang, group.count, group.sessions)];
    seen.extend(group.named.iter().map(ToString::to_string));
    match group.servers.saturating_sub(group.named.len() as u64) {
        0 => {}
        more => seen.push(locale::more_servers(options.lang, more)),
    }
    seen.push(evidence(options, &group.first));
    Row::new([locale::severity(options.lang, group.severity).to_owned(), text.join("\n"), seen.join("\n")])
}

/// A finding that spans sessions.
fn spanning(options: &Options, finding: &FindingAcross) -> Row {
    let FindingWords { title, detail, remedy, reference } = locale::finding_across(options.lang, finding);
    let mut text = vec![title.to_owned(), detail.into_owned(), options.named(Label::Remedy, remedy)];
    text.extend(reference.map(|reference| options.named(Label::Reference, reference)));
    let mut seen = vec![locale::how_often(options.lang, 1, finding.evidence.len() as u64)];
    seen.extend(finding.evidence.iter().take(SESSIONS).map(|one| evidence(options, one)));
    if finding.evidence.len() > SESSIONS {
        seen.push(format!("… +{}", finding.evidence.len() - SESSIONS));
    }
    Row::new([locale::severity(options.lang, finding.severity).to_owned(), text.join("\n"), seen.join("\n")])
}

/// `Session 2: 12, 15`.
fn evidence(options: &Options, evidence: &Evidence) -> String {
    let mut packets: Vec<String> = evidence.packets.iter().take(PACKETS).map(|&packet| shown(packet)).collect();
    if evidence.packets.len() > PACKETS {
        packets.push("…".to_owned());
    }
    let session = format!("{} {}", options.label(Label::Session), evidence.session.id);
    let count = evidence.packets.len() as u64;
    match packets.is_empty() {
        true => session,
        false => options.colon(&session, &locale::of_packets(options.lang, count, &packets.join(", "))),
    }
}
