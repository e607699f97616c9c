//! Findings: what is wrong, weak or worth knowing in a session.

use super::grid::Row;
use super::{Options, cell, heading};
use crate::session::model::{Finding, Session};
use crate::view::display_filter;
use crate::view::locale::{self, FindingWords, Label};
use crate::view::packet::shown;
use std::io::{self, Write};

/// Packet numbers shown as a finding's evidence.
const EVIDENCE: usize = 8;

/// Writes the findings of a session, the most severe first.
pub fn session(out: &mut dyn Write, options: &Options, session: &Session) -> io::Result<()> {
    heading::title(out, options.style, options.label(Label::Findings))?;
    let titles = [Label::Severity, Label::Finding, Label::Evidence].map(|label| options.label(label));
    let mut findings: Vec<_> = session.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let rows: Vec<Row> = findings
        .into_iter()
        .map(|finding| {
            let FindingWords { title, detail, remedy, reference } = locale::finding(options.lang, finding);
            let mut text = vec![title.to_owned(), detail.into_owned(), options.named(Label::Remedy, remedy)];
            text.extend(reference.map(|reference| options.named(Label::Reference, reference)));
            if options.show.filters {
                text.extend(filters(options, session, finding));
            }
            let of_steps = finding.steps.iter().filter_map(|&n| session.step(n)).map(cell::numbers);
            let evidence = of_steps.chain(finding.packets.iter().map(|&packet| shown(packet)));
            Row::new([locale::severity(options.lang, finding.severity).to_owned(), text.join("\n"), few(evidence)])
        })
        .collect();
    heading::table(out, options.style, &titles, &rows, &[8, 0, 12])
}

/// The display filters that select the packets of `finding`: one for each file, with its number unless it is the first.
fn filters(options: &Options, session: &Session, finding: &Finding) -> Vec<String> {
    let named = |(source, filter): (usize, String)| {
        let of = if source > 0 { format!(" {}:", source + 1) } else { String::new() };
        options.named(Label::DisplayFilter, &format!("{of}{filter}"))
    };
    display_filter::of_finding(session, finding).into_iter().map(named).collect()
}

/// The first [`EVIDENCE`] numbers, and `…` if there are more.
fn few(mut numbers: impl Iterator<Item = String>) -> String {
    let mut shown: Vec<String> = numbers.by_ref().take(EVIDENCE).collect();
    if numbers.next().is_some() {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}
