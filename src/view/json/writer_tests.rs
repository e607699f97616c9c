//! The writer against serde_json, whose bytes it must write.

use super::text;
use super::writer::write;
use crate::protocol::Protocol;
use crate::verdict::rules;
use crate::view::json::TerminalSafe;
use crate::view::record::{self, Line, Options};
use crate::view::testing::{Talk, everything, lab_pop3, lab_smtp, report};
use crate::view::{Lang, escape, schema};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Serialize, Serializer};
use serde_json::ser::CompactFormatter;
use serde_json::{Number, Value};
use std::collections::{BTreeMap, HashMap};

fn by_serde_json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut out = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, TerminalSafe(CompactFormatter)))?;
    Ok(out)
}

fn written(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut out = Vec::new();
    write(value, &mut out)?;
    Ok(out)
}

/// Writes `value` both ways, and returns what both wrote.
fn the_same(value: &impl Serialize) -> String {
    let shown = String::from_utf8(written(value).unwrap()).unwrap();
    assert_eq!(shown, String::from_utf8(by_serde_json(value).unwrap()).unwrap());
    shown
}

/// Text with many of the characters at which the look stops, at all distances.
fn any_text() -> impl Strategy<Value = String> {
    let stops = prop_oneof![
        Just('"'),
        Just('\\'),
        Just('\u{7f}'),
        Just('\u{9b}'),
        Just('\u{2028}'),
        Just('\u{202e}'),
        Just('\u{feff}'),
        Just('\u{e0041}'),
        Just('é'),
        Just('请'),
        Just('\u{10ffff}'),
        Just('\u{7e}'),
        Just('\u{20}'),
        Just('\u{80}'),
        prop::char::range('\0', ' '),
        any::<char>(),
    ];
    let pieces = prop_oneof![
        "[ -~]{0,70}",
        stops.prop_map(String::from),
        any::<String>(),
        "(\\\\u[0-9a-f]{4}){1,3}",
        "[一-龥]{0,20}",
    ];
    vec(pieces, 0..6).prop_map(|pieces| pieces.concat())
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number)),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(any_text(), inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// One of each kind that serde knows.
#[derive(Debug, Serialize)]
enum Kind {
    Unit,
    Newtype(f32),
    Tuple(i8, char),
    Empty(),
    Struct { text: String, nothing: (), absent: Option<u8> },
    Fields {},
}

#[derive(Debug, Serialize)]
struct Unit;

#[derive(Debug, Serialize)]
struct Wrapped(i128);

#[derive(Debug, Serialize)]
struct Pair(u16, Unit);

#[derive(Debug)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Name {
    Small,
    Large,
}

#[derive(Debug, Serialize)]
struct Flat {
    n: u128,
    #[serde(flatten)]
    more: BTreeMap<String, i16>,
    last: bool,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
enum Tagged {
    One(Flat),
    Two { at: u32 },
}

proptest! {
    #[test]
    fn any_text_is_written_as_serde_json_does(text in any_text()) {
        let shown = the_same(&text);
        prop_assert_eq!(escape::line(&shown), shown.as_str());
        prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text.as_str());
        prop_assert_eq!(text::is_plain(&text), shown == format!("\"{text}\"") && text.is_ascii());
    }

    #[test]
    fn any_value_is_written_as_serde_json_does(value in any_value()) {
        the_same(&value);
    }

    #[test]
    fn every_kind_is_written_as_serde_json_does(
        n in any::<(i8, u16, i32, u64)>(), (wide, narrow) in any::<(i128, f32)>(), texts in vec(any_text(), 0..3),
        found in any::<char>(), bytes in vec(any::<u8>(), 0..5), more in btree_map("[a-z]{1,4}", any::<i16>(), 0..3),
    ) {
        the_same(&(n, found, Wrapped(wide), Pair(n.1, Unit), Bytes(bytes), [Some(narrow), None], ()));
        the_same(&[Kind::Unit, Kind::Newtype(narrow), Kind::Tuple(n.0, found), Kind::Empty(), Kind::Fields {}]);
        for text in texts {
            the_same(&Kind::Struct { text, nothing: (), absent: None });
        }
        the_same(&Tagged::One(Flat { n: wide.unsigned_abs(), more, last: true }));
        the_same(&Tagged::Two { at: 1 });
    }

    #[test]
    fn any_key_is_written_or_refused_as_serde_json_does(
        text in any_text(), found in any::<char>(), n in any::<(i8, u64, i128)>(), yes in any::<bool>(), real in any::<f64>(),
    ) {
        the_same(&BTreeMap::from([(text, 1)]));
        the_same(&BTreeMap::from([(found, 1)]));
        the_same(&BTreeMap::from([(n.0, 1), (n.0.wrapping_add(1), 2)]));
        the_same(&BTreeMap::from([(n.1, [n.2])]));
        the_same(&BTreeMap::from([(n.2, ())]));
        the_same(&HashMap::from([(yes, Name::Large)]));
        the_same(&BTreeMap::from([(Some(Name::Small), 1)]));
        let key = Pairs(vec![(real, 1)]);
        prop_assert_eq!(written(&key).ok(), by_serde_json(&key).ok());
    }

    #[test]
    fn a_session_of_any_words_is_written_as_serde_json_does(
        lines in vec((any::<bool>(), any_text()), 0..8), limit in 0..200_usize, subject in any_text(), chinese in any::<bool>(),
    ) {
        let mut talk = Talk::new(Protocol::Smtp).s("220 ready");
        for (client, line) in &lines {
            talk = if *client { talk.c(&format!("NOOP {line}")) } else { talk.s(&format!("250 {line}")) };
        }
        let mut session = talk.session;
        session.messages = everything().messages;
        session.messages.iter_mut().for_each(|message| message.header.subject = Some(subject.clone()));
        session.banner = Some(subject);
        let lang = if chinese { Lang::Zh } else { Lang::En };
        the_same(&Line::Session(record::Session::new(&session, Options { lang, text_limit: limit })));
    }
}

/// A map of keys that need no order.
struct Pairs<K, V>(Vec<(K, V)>);

impl<K: Serialize, V: Serialize> Serialize for Pairs<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

#[test]
fn every_character_is_written_as_serde_json_does() {
    // Each where words of eight begin and end.
    for found in (0..=0x0011_0000).filter_map(char::from_u32) {
        the_same(&found);
    }
    for found in (0..=0x3000).filter_map(char::from_u32) {
        for before in 0..17 {
            the_same(&format!("{0:.<before$}{found}{0:.<before$}", ""));
        }
    }
}

#[test]
fn what_cannot_be_a_key_is_refused() {
    fn refused(value: &impl Serialize) {
        assert!(by_serde_json(value).is_err());
        assert_eq!(written(value).unwrap_err().to_string(), "key must be a string");
    }
    refused(&Pairs(vec![((), 1)]));
    refused(&Pairs(vec![(None::<u8>, 1)]));
    refused(&Pairs(vec![([1, 2], 1)]));
    refused(&Pairs(vec![(Kind::Newtype(1.0), 1)]));
    refused(&Pairs(vec![(f64::NAN, 1)]));
    refused(&Pairs(vec![(Bytes(vec![1]), 1)]));
}

#[test]
fn the_lines_of_sessions_and_of_the_summary() {
    let sessions = [lab_smtp(), lab_pop3(), everything()];
    let report = report(&sessions);
    for lang in [Lang::En, Lang::Zh] {
        let options = Options { lang, ..Options::default() };
        for session in &sessions {
            the_same(&Line::Session(record::Session::new(session, options)));
        }
        the_same(&Line::Summary(record::LastLine::new(&report, options)));
    }
}

#[test]
fn a_line_is_appended() {
    let mut out = b"before ".to_vec();
    write(&"a\u{9b}", &mut out).unwrap();
    assert_eq!(out, br#"before "a\u009b""#);
}

#[test]
fn names_of_any_length_are_written() {
    #[derive(Serialize)]
    struct Lengths {
        n: u8,
        a_name_of_twenty_seven_bytes: u8,
        a_name_of_twenty_eight_bytes_: u8,
        a_name_of_more_than_twenty_nine: u8,
        last: u8,
    }
    let lengths = Lengths {
        n: 1,
        a_name_of_twenty_seven_bytes: 2,
        a_name_of_twenty_eight_bytes_: 3,
        a_name_of_more_than_twenty_nine: 4,
        last: 5,
    };
    the_same(&lengths);
    the_same(&[lengths]);
}

/// What is written without a look has nothing to escape. Purposes are looked at where they are made: `locale::purpose`.
#[test]
fn words_of_our_own_stand_as_they_are() {
    for rule in rules::catalogue() {
        for words in [rule.id, rule.words.en.title, rule.words.zh.title].into_iter().chain(rule.reference) {
            assert!(escape::stands_as_it_is(words), "{words:?} of {}", rule.id);
        }
    }
    fn look(schema: &Value, seen: &mut usize) {
        let children: Vec<&Value> = match schema {
            Value::Object(fields) => fields.values().collect(),
            Value::Array(items) => items.iter().collect(),
            _ => return,
        };
        for word in schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            assert!(escape::stands_as_it_is(word), "{word:?}");
            *seen += 1;
        }
        children.into_iter().for_each(|child| look(child, seen));
    }
    let mut seen = 0;
    look(&serde_json::from_str(&schema::schema()).unwrap(), &mut seen);
    assert!(seen > 100, "the words of all enums, not {seen}");
    for (words, stands) in [("a – b, 中文", true), ("\"", false), ("\\", false), ("\u{202e}", false), ("\n", false)]
    {
        assert_eq!(escape::stands_as_it_is(words), stands, "{words:?}");
    }
}
