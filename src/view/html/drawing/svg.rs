/*!
SVG text, written so that nothing off the wire can become markup.

Every text and every attribute value passes through here. There is no way to write a style or an event handler: the
page's Content-Security-Policy forbids both, and the look of a drawing is in `templates/drawing.css`, by class.
*/

use crate::view::{Lang, escape};
use std::fmt::{Display, Write};
use unicode_width::UnicodeWidthChar;

/// Something said in each language: English, Chinese.
pub type Both = [String; 2];

/// The languages, and how HTML names them.
const LANGS: [(Lang, &str); 2] = [(Lang::En, "en"), (Lang::Zh, "zh-CN")];

/// `say` in each language.
pub fn both(say: impl Fn(Lang) -> String) -> Both {
    LANGS.map(|(lang, _)| say(lang))
}

/// The same in each language.
pub fn same(text: &str) -> Both {
    [text.to_owned(), text.to_owned()]
}

/// `one` and `two`, with `between`.
pub fn joined(one: &Both, between: &str, two: &Both) -> Both {
    let [en, zh] = one;
    let [en_two, zh_two] = two;
    [format!("{en}{between}{en_two}"), format!("{zh}{between}{zh_two}")]
}

/// An element and its content so far.
#[derive(Debug, Default)]
pub struct Svg {
    out: String,
}

impl Svg {
    /// What has been written.
    pub fn finish(self) -> String {
        self.out
    }

    /// Opens `name`. An attribute whose value is empty is left out.
    pub fn open(&mut self, name: &'static str, attributes: &[(&'static str, &dyn Display)]) {
        self.tag(name, attributes);
        self.out.push('>');
    }

    /// Closes `name`, which is the element opened last.
    pub fn close(&mut self, name: &'static str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// `name` without content.
    fn empty(&mut self, name: &'static str, attributes: &[(&'static str, &dyn Display)]) {
        self.tag(name, attributes);
        self.out.push_str("/>");
    }

    fn tag(&mut self, name: &str, attributes: &[(&'static str, &dyn Display)]) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            let value = value.to_string();
            if !value.is_empty() {
                self.out.push(' ');
                self.out.push_str(name);
                self.out.push_str("=\"");
                self.escaped(&escape::line(&value));
                self.out.push('"');
            }
        }
    }

    /// A piece of a drawing: `width` wide, from `top` to `bottom` of the whole.
    pub fn sheet(&mut self, class: &'static str, [width, top, bottom]: [i64; 3], name: &Both) {
        let [en, zh] = name;
        let label = if en.is_empty() { String::new() } else { format!("{en} · {zh}") };
        let role = if en.is_empty() { "" } else { "group" };
        let view = format!("0 {top} {width} {}", bottom - top);
        self.open("svg", &[("class", &class), ("viewBox", &view), ("role", &role), ("aria-label", &label)]);
    }

    /// A path. `d` is made of numbers and the letters of paths.
    pub fn path(&mut self, class: &str, d: &str) {
        self.empty("path", &[("class", &class), ("d", &d)]);
    }

    /// Hatching, by a line as wide as what it covers: its dashes are the strokes.
    pub fn hatch(&mut self, d: &str, width: i64) {
        self.empty("path", &[("class", &"d-hatch"), ("stroke-width", &width), ("d", &d)]);
    }

    /// A rectangle.
    pub fn rect(&mut self, class: &str, [x, y, width, height]: [i64; 4]) {
        self.empty(
            "rect",
            &[("class", &class), ("x", &x), ("y", &y), ("width", &width.max(0)), ("height", &height.max(0))],
        );
    }

    /// A text on one line, its baseline at `y`.
    pub fn text(&mut self, class: &str, [x, y]: [i64; 2], text: &str) {
        if !text.is_empty() {
            self.open("text", &[("class", &class), ("x", &x), ("y", &y)]);
            self.escaped(&escape::line(text));
            self.close("text");
        }
    }

    /// A text in every language; the page shows one of them.
    pub fn words(&mut self, class: &str, [x, y]: [i64; 2], words: &Both) {
        if let [en, zh] = words
            && en == zh
        {
            return self.text(class, [x, y], en);
        }
        for ((_, lang), text) in LANGS.iter().zip(words).filter(|(_, text)| !text.is_empty()) {
            self.open("text", &[("class", &class), ("x", &x), ("y", &y), ("lang", lang)]);
            self.escaped(&escape::line(text));
            self.close("text");
        }
    }

    /// A group for each language with its title, and what `draw` draws in it.
    pub fn titled(&mut self, titles: &Both, draw: impl Fn(&mut Self)) {
        for ((_, lang), title) in LANGS.iter().zip(titles) {
            self.open("g", &[("lang", lang)]);
            self.title(title);
            draw(self);
            self.close("g");
        }
    }

    /// What the element opened last is called, and shows under the pointer. May have several lines.
    pub fn title(&mut self, text: &str) {
        self.open("title", &[]);
        self.escaped(&escape::block(text));
        self.close("title");
    }

    fn escaped(&mut self, text: &str) {
        for found in text.chars() {
            match found {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                // No characters of XML.
                '\u{fffe}' | '\u{ffff}' => self.out.push('\u{fffd}'),
                _ => self.out.push(found),
            }
        }
    }
}

/// A line of a path, written to the end of `d`.
pub fn line(d: &mut String, [x, y]: [i64; 2], [to_x, to_y]: [i64; 2]) {
    // Writing to a String cannot fail.
    let _ = match (x == to_x, y == to_y) {
        (true, _) => write!(d, "M{x} {y}V{to_y}"),
        (_, true) => write!(d, "M{x} {y}H{to_x}"),
        _ => write!(d, "M{x} {y}L{to_x} {to_y}"),
    };
}

/// Columns that `text` takes in a font of fixed width, escaped as it is written.
pub fn columns(text: &str) -> usize {
    escape::line(text).chars().map(|found| found.width().unwrap_or(0)).sum()
}

/// `text` escaped, and cut to so many columns.
pub fn fitted(text: &str, most: usize) -> String {
    // Characters without a width could be many.
    let (head, cut) = escape::cut(text, most.saturating_mul(2));
    let head = escape::line(head);
    let (mut kept, mut taken) = (String::new(), 0);
    for found in head.chars() {
        taken += found.width().unwrap_or(0);
        if taken > most {
            break;
        }
        kept.push(found);
    }
    if cut || kept.len() < head.len() {
        while !kept.is_empty() && columns(&kept) + 1 > most {
            kept.pop();
        }
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{Svg, columns, fitted};

    #[test]
    fn texts_are_cut_to_their_columns() {
        assert_eq!(fitted("MAIL FROM:<a@b>", 20), "MAIL FROM:<a@b>");
        assert_eq!(fitted("MAIL FROM:<a@b>", 9), "MAIL FRO…");
        assert_eq!(fitted("请求命令完成", 6), "请求…");
        assert_eq!(fitted("a\u{202e}b", 40), "a<U+202E>b");
        assert_eq!(fitted("", 3), "");
        let marks = format!("e{}", "\u{301}".repeat(100_000));
        assert!(fitted(&marks, 10).len() < 100, "marks without a width are bounded, too");
        assert_eq!(columns("\u{1b}请"), 3);
    }

    #[test]
    fn nothing_becomes_markup() {
        let mut svg = Svg::default();
        svg.text("d-\"x", [1, 2], "</text><script>'\"&\u{ffff}\u{1b}");
        assert_eq!(
            svg.finish(),
            "<text class=\"d-&quot;x\" x=\"1\" y=\"2\">&lt;/text&gt;&lt;script&gt;&#39;&quot;&amp;\u{fffd}␛</text>"
        );
    }
}
