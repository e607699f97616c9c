//! The tables as they print, and that nothing breaks them.

use super::*;
use crate::view::testing::{lab_pop3, lab_smtp, report};
use unicode_width::UnicodeWidthStr;

fn printed(width: usize, lang: Lang, show: Show, sessions: Vec<Session>) -> String {
    let report = report(&sessions);
    let options = Options { style: Style { width, colour: false }, show, lang, text_limit: 1_000 };
    let mut table = Table::new(Vec::new(), options);
    sessions.into_iter().try_for_each(|session| table.session(session)).unwrap();
    table.finish(&report).unwrap();
    String::from_utf8(table.into_inner()).unwrap()
}

#[test]
fn show() {
    for lang in [Lang::Zh, Lang::En] {
        for width in [80, 120] {
            println!("{}", printed(width, lang, Show::ALL, vec![lab_smtp(), lab_pop3()]));
        }
    }
    let _ = "".width();
}
