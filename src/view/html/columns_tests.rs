//! The page shows what people read of the columns, in the words of every format.

use super::{Html, Options};
use crate::view::clock::Clock;
use crate::view::columns::{AnyTable, Credentials, Journeys, Messages, Reading, SEPARATOR, Sessions, Value};
use crate::view::locale::{self, Label};
use crate::view::testing::{everything, lab_pop3, lab_smtp, report};
use crate::view::{Lang, View};

/// What a reader sees of `value`.
fn seen(value: &Value<'_>) -> Vec<String> {
    match value {
        Value::None => Vec::new(),
        Value::Text(text) => text.split(SEPARATOR).map(|item| crate::view::escape::line(item).into_owned()).collect(),
        Value::Integer(number) => vec![number.to_string()],
        Value::Number(number) => vec![number.to_string()],
        Value::Boolean(value) => vec![value.to_string()],
        Value::Time(time) => vec![Clock::Utc.second(Lang::En, *time)],
        Value::Texts(items) => items.iter().map(|item| crate::view::escape::line(item).into_owned()).collect(),
        Value::Integers(items) => items.iter().flatten().map(u64::to_string).collect(),
    }
}

#[test]
fn what_people_read_of_a_row_is_on_the_page() {
    let sessions = [everything(), lab_smtp(), lab_pop3()];
    let report = report(&sessions);
    let mut view = Html::new(Vec::new(), Options::default()).unwrap();
    sessions.iter().try_for_each(|session| view.session(session.clone())).unwrap();
    view.finish(&report).unwrap();
    let page = String::from_utf8(view.into_inner()).unwrap();
    // What follows is for programs.
    let (page, _) = page.split_once("application/x-ndjson").expect("the data of the page");
    let page = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&amp;", "&")]
        .iter()
        .fold(page.to_owned(), |page, (escaped, sign)| page.replace(escaped, sign));
    let tables: [&dyn AnyTable; 4] = [&Sessions, &Credentials, &Messages, &Journeys];
    let mut missing = Vec::new();
    for lang in [Lang::En, Lang::Zh] {
        let reading = Reading { lang, ..Default::default() };
        for table in tables {
            let titles: Vec<&str> = table.columns(lang).iter().filter_map(|column| column.title).collect();
            let mut rows = 0;
            let mut sink = |values: &[Value<'_>]| {
                rows += 1;
                // The page says in sentences which messages are the same.
                let same = locale::label(lang, Label::SameAs);
                for (title, value) in titles.iter().zip(values).filter(|(title, _)| **title != same) {
                    let absent = |text: &String| !page.contains(text.as_str());
                    missing.extend(seen(value).into_iter().filter(absent).map(|text| (table.name(), *title, text)));
                    missing.extend((!page.contains(title)).then(|| (table.name(), *title, String::new())));
                }
                Ok(())
            };
            sessions.iter().try_for_each(|session| table.session_shown(&reading, session, &mut sink)).unwrap();
            table.report_shown(&reading, &report, &mut sink).unwrap();
            assert!(rows > 0 || table.name() == "journeys", "{}", table.name());
        }
    }
    missing.dedup();
    assert!(missing.is_empty(), "{missing:#?}");
}
