//! What is known of messages: their MIME fields, and whether what was fetched is what was sent.

use super::page::{Answer, Cell, Evidence, block, line, packet_list};
use crate::session::model::Match;
use crate::verdict::ChangeKind;
use crate::verdict::explain::{Crossing, Explanation, Pairing, Told};
use crate::view::locale::explain::{self as words, word};
use crate::view::locale::mime::MimeFact;
use crate::view::locale::question::{Question, Word};
use crate::view::{Lang, locale};

/// Where a message crossed.
fn place(lang: Lang, crossing: &Crossing) -> String {
    let protocol = locale::protocol(lang, crossing.session.protocol);
    words::crossing(lang, crossing.session.id, protocol, crossing.message, crossing.direction)
}

fn packets(lang: Lang, crossing: &Crossing) -> String {
    format!("{} {}", word(lang, Word::Packets).to_lowercase(), packet_list(&crossing.packets).join(", "))
}

/// `name: value`, as the language writes it.
fn named(lang: Lang, name: &str, value: &str) -> String {
    match lang {
        Lang::En => format!("{name}: {value}"),
        Lang::Zh => format!("{name}：{value}"),
    }
}

pub(super) fn mime(lang: Lang, it: &Explanation) -> Answer {
    let messages = &it.messages;
    let mime = messages.list.iter().filter(|told| told.has_mime).count() as u64;
    let says = match messages.count() {
        0 => vec![word(lang, Word::NoMessages).to_owned()],
        all => {
            let mut says = vec![words::messages(lang, all, mime)];
            let rebuilt = |told: &Told| told.has_mime && !told.lines.as_sent;
            if messages.list.iter().any(rebuilt) {
                says.push(word(lang, Word::ReadNotSent).to_owned());
            }
            says
        }
    };
    let mut evidence: Vec<Evidence> = messages.list.iter().map(|told| message(lang, told)).collect();
    if let Some(last) = evidence.last_mut() {
        last.more = messages.more;
    }
    Answer { id: "mime", question: words::question(lang, Question::Mime), says, evidence }
}

fn message(lang: Lang, told: &Told) -> Evidence {
    let mut title = match lang {
        Lang::En => format!("{}, {}", place(lang, &told.place), packets(lang, &told.place)),
        Lang::Zh => format!("{}，{}", place(lang, &told.place), packets(lang, &told.place)),
    };
    if let Some(first) = title.get(..1).map(str::to_uppercase) {
        title.replace_range(..1, &first);
    }
    if !told.elsewhere.list.is_empty() {
        let again: Vec<String> = told.elsewhere.list.iter().map(|crossing| place(lang, crossing)).collect();
        let more = if told.elsewhere.more > 0 { format!("; … +{}", told.elsewhere.more) } else { String::new() };
        let words = format!("{} {}{more}", word(lang, Word::SameAsElsewhere), again.join("; "));
        title = match lang {
            Lang::En => format!("{title}; {words}"),
            Lang::Zh => format!("{title}；{words}"),
        };
    }
    let mut rows: Vec<Vec<Cell>> = vec![vec![who(lang, told).into(), undated(lang, told).into()]];
    for field in &told.lines.fields {
        rows.push(vec![block(field).into(), meaning(lang, field, told).into()]);
    }
    if !told.has_mime && told.header_seen {
        rows.push(vec![word(lang, Word::NoMimeFields).into(), word(lang, Word::HandWritten).into()]);
    }
    for (depth, part) in &told.parts.list {
        let mut said = part.media.clone();
        for detail in [&part.charset, &part.encoding].into_iter().flatten() {
            said = format!("{said}; {detail}");
        }
        let indent = "  ".repeat(depth.saturating_sub(1));
        let shown = format!("{indent}{}", named(lang, word(lang, Word::Part), &line(&said)));
        rows.push(vec![shown.into(), part_meaning(lang, &part.media, part.encoding.as_deref()).into()]);
    }
    if told.parts.more > 0 {
        rows.push(vec![format!("… +{}", told.parts.more).into(), "".into()]);
    }
    if !told.attachments.list.is_empty() {
        let names: Vec<String> = told.attachments.list.iter().map(|name| line(name)).collect();
        rows.push(vec![named(lang, word(lang, Word::Attachment), &names.join(", ")).into(), "".into()]);
    }
    Evidence {
        id: "message",
        title: Some(title),
        columns: vec![("field", word(lang, Word::Field)), ("meaning", word(lang, Word::Meaning))],
        rows,
        more: 0,
    }
}

fn who(lang: Lang, told: &Told) -> String {
    let fields = [(Word::From, &told.from), (Word::To, &told.to), (Word::Subject, &told.subject)];
    let lines = fields.map(|(name, value)| {
        let value = value.as_deref().map_or_else(|| word(lang, Word::NoFrom).to_owned(), line);
        named(lang, word(lang, name), &value)
    });
    lines.join("\n")
}

/// What a message that was written by hand mostly has not.
fn undated(lang: Lang, told: &Told) -> &'static str {
    let is_known_not_to_be = told.header_seen && !told.dated;
    if is_known_not_to_be { word(lang, Word::NotDated) } else { "" }
}

fn part_meaning(lang: Lang, media: &str, encoding: Option<&str>) -> String {
    let mut lines = vec![locale::content_type(lang, media).to_owned()];
    lines.extend(encoding.map(|encoding| locale::transfer_encoding(lang, encoding).to_owned()));
    lines.join("\n")
}

/// What a header field about MIME means.
fn meaning(lang: Lang, field: &str, told: &Told) -> String {
    let name = field.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
    match name.as_str() {
        "mime-version" => locale::mime_fact(lang, MimeFact::Version).to_owned(),
        "content-type" => {
            let mut lines = Vec::new();
            lines.extend(
                told.media.as_deref().map(|media| named(lang, &line(media), locale::content_type(lang, media))),
            );
            let fact = |name: &str, fact| named(lang, name, locale::mime_fact(lang, fact));
            lines.extend(told.boundary.as_ref().map(|_| fact("boundary", MimeFact::Boundary)));
            lines.extend(told.charset.as_ref().map(|_| fact("charset", MimeFact::Charset)));
            lines.join("\n")
        }
        "content-transfer-encoding" => {
            let encoding = told.encoding.as_deref().unwrap_or_default();
            locale::transfer_encoding(lang, encoding).to_owned()
        }
        "content-disposition" => word(lang, Word::Disposition).to_owned(),
        "content-id" => word(lang, Word::ContentId).to_owned(),
        "content-description" | "content-language" => word(lang, Word::Description).to_owned(),
        name => locale::header_field(lang, name).unwrap_or_default().to_owned(),
    }
}

pub(super) fn same(lang: Lang, it: &Explanation) -> Answer {
    let pairs = &it.same.pairs;
    let identical = pairs.iter().filter(|pair| pair.is_identical()).count() as u64;
    let is_traced = |pair: &&Pairing| {
        pair.complete && pair.change.as_ref().is_some_and(|change| change.kind == ChangeKind::TraceFieldsAdded)
    };
    let traced = pairs.iter().filter(is_traced).count() as u64;
    let says = vec![words::same(lang, &it.same, [identical, traced, pairs.len() as u64])];
    let mut evidence = Vec::new();
    if !pairs.is_empty() {
        evidence.push(Evidence {
            id: "pairs",
            title: None,
            columns: vec![
                ("sent", word(lang, Word::Sent)),
                ("fetched", word(lang, Word::Fetched)),
                ("proof", word(lang, Word::Proof)),
            ],
            rows: pairs.iter().map(|pair| row(lang, pair)).collect(),
            more: it.same.more,
        });
    }
    Answer { id: "same-message", question: words::question(lang, Question::SameMessage), says, evidence }
}

fn row(lang: Lang, pair: &Pairing) -> Vec<Cell> {
    let side = |at: usize| {
        pair.crossings.get(at).map_or_else(String::new, |crossing| {
            let bytes = locale::bytes(lang, crossing.size);
            format!("{}\n{}\n{bytes}", place(lang, crossing), packets(lang, crossing))
        })
    };
    vec![side(0).into(), side(1).into(), proof(lang, pair).into()]
}

fn proof(lang: Lang, pair: &Pairing) -> String {
    let mut lines = Vec::new();
    if let Some(subject) = &pair.subject {
        lines.push(named(lang, word(lang, Word::Subject), &line(subject)));
    }
    if let Some(id) = &pair.message_id {
        lines.push(named(lang, "Message-ID", &line(id)));
    }
    let [one, other] = pair.digests.map(|digest| data_encoding::HEXLOWER.encode(&digest));
    if pair.is_identical() {
        lines.push(word(lang, Word::Identical).to_owned());
        lines.push(named(lang, "SHA-256", &one));
        return lines.join("\n");
    }
    match &pair.change {
        _ if !pair.complete => lines.push(word(lang, Word::NotWhole).to_owned()),
        Some(change) => {
            lines.push(locale::change(lang, change.kind, change.body, change.bytes_added));
            let fields: Vec<String> = change.fields.iter().map(|name| line(name)).collect();
            if !fields.is_empty() {
                lines.push(fields.join(", "));
            }
        }
        None => {
            lines.push(word(lang, Word::OnlyLineEnds).to_owned());
            for ends in pair.line_ends.into_iter().flatten() {
                lines.push(locale::line_ends(lang, ends).to_owned());
            }
        }
    }
    if let Some(by) = pair.by.filter(|by| *by == Match::MessageId) {
        lines.push(locale::matched(lang, by).to_owned());
    }
    let short = |digest: &str| digest.chars().take(12).collect::<String>();
    lines.push(named(lang, "SHA-256", &format!("{}… → {}…", short(&one), short(&other))));
    lines.join("\n")
}
