/*!
What a text was, once it has streamed by: digests by which it is known again in another encoding, or with something added
at its end.

A text is decoded from its transfer encoding, and each of its lines loses the white space at its end. Kept are a digest of
all of it without the empty lines at its end, and digests of its beginning up to each of its first and of its last lines.
A longer text with a digest of the shorter one among these begins with that text.
*/

use super::boundary::Told;
use super::transfer::Transfer;
use crate::limits::{PRINTED_BYTES, of_list};
use crate::session::model::{PRINTED_LINES, TextPrint};
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher};

/// Prints a text as it comes.
#[derive(Debug)]
pub struct Printing {
    transfer: Transfer,
    /// The line under way, decoded.
    line: Vec<u8>,
    hasher: DefaultHasher,
    /// Bytes so far, decoded.
    bytes: usize,
    /// Empty lines that wait: at the end they do not count.
    empty: u32,
    lines: u32,
    first: Vec<u64>,
    last: VecDeque<u64>,
    /// Too long, or with bytes missing.
    spoilt: bool,
}

impl Printing {
    pub fn new(transfer: Transfer) -> Self {
        Self {
            transfer,
            line: Vec::new(),
            hasher: DefaultHasher::new(),
            bytes: 0,
            empty: 0,
            lines: 0,
            first: Vec::new(),
            last: VecDeque::new(),
            spoilt: false,
        }
    }

    #[cfg(test)]
    fn is_spoilt(&self) -> bool {
        self.spoilt
    }

    /// Line ends do nothing but separate lines of the encoding.
    pub fn ignores_line_ends(&self) -> bool {
        self.spoilt || self.transfer.ignores_line_ends()
    }

    /// Bytes on the heap.
    pub fn weight(&self) -> usize {
        of_list(&self.line) + of_list(&self.first) + crate::limits::of_queue(&self.last)
    }

    /// The next bytes of a line, or its end. `out` is room to decode into.
    pub fn told(&mut self, told: Told<'_>, out: &mut Vec<u8>) {
        if self.spoilt {
            return;
        }
        out.clear();
        match told {
            Told::Text(bytes) => self.transfer.decode(bytes, out),
            Told::End(end) => self.transfer.line_end(end, out),
        }
        self.decoded(out);
    }

    /// Bytes are missing here: the text is not known.
    pub fn gap(&mut self) {
        self.spoil();
    }

    fn spoil(&mut self) {
        self.spoilt = true;
        (self.line, self.first, self.last) = Default::default();
    }

    fn decoded(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
        if self.bytes > PRINTED_BYTES {
            return self.spoil();
        }
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.line_ends();
            }
        }
    }

    fn line_ends(&mut self) {
        let line = self.line.trim_ascii_end();
        if line.is_empty() {
            self.empty += 1;
            return self.line.clear();
        }
        for _ in 0..std::mem::take(&mut self.empty) {
            self.hasher.write(b"\n");
            self.lines += 1;
            note(&mut self.first, &mut self.last, &self.hasher);
        }
        self.hasher.write(line);
        self.hasher.write(b"\n");
        self.lines += 1;
        note(&mut self.first, &mut self.last, &self.hasher);
        self.line.clear();
    }

    /// The text has ended. Absent where it was too long, is not whole, or has nothing in it.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Option<TextPrint> {
        if !self.spoilt {
            out.clear();
            self.transfer.end(out);
            self.decoded(out);
        }
        if self.spoilt {
            return None;
        }
        self.line_ends();
        let print = TextPrint {
            digest: self.hasher.finish(),
            lines: self.lines,
            bytes: self.bytes as u64,
            first: self.first.into(),
            last: self.last.into_iter().collect(),
        };
        (print.lines > 0).then_some(print)
    }
}

fn note(first: &mut Vec<u64>, last: &mut VecDeque<u64>, hasher: &DefaultHasher) {
    let digest = hasher.finish();
    if first.len() < PRINTED_LINES {
        first.push(digest);
        return;
    }
    if last.len() >= PRINTED_LINES {
        last.pop_front();
    }
    last.push_back(digest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(encoding: Option<&str>, lines: &[&str]) -> TextPrint {
        let (mut printing, mut out) = (Printing::new(Transfer::named(encoding)), Vec::new());
        for line in lines {
            printing.told(Told::Text(line.as_bytes()), &mut out);
            printing.told(Told::End(b"\r\n"), &mut out);
        }
        printing.finish(&mut out).expect("a print")
    }

    #[test]
    fn an_encoding_makes_no_difference() {
        let plain = print(None, &["Grüße", "", "aus dem Süden  ", "", ""]);
        for (encoding, lines) in [
            ("quoted-printable", &["Gr=C3=BC=C3=9Fe", "", "aus dem S=", "=C3=BCden"][..]),
            ("base64", &["R3LDvMOfZQ0KDQphdXMgZGVt", "IFPDvGRlbg0K"][..]),
        ] {
            let other = print(Some(encoding), lines);
            assert_eq!((other.digest, other.lines), (plain.digest, plain.lines), "{encoding}");
            assert!(!other.goes_on(&plain) && !plain.goes_on(&other));
        }
        assert_ne!(print(None, &["Gruss", "", "aus dem Süden"]).digest, plain.digest);
    }

    #[test]
    fn a_text_that_goes_on_is_known() {
        let text: Vec<String> = (0..1_000).map(|n| format!("line {n}")).collect();
        let text: Vec<&str> = text.iter().map(String::as_str).collect();
        for length in [1, 5, 20, 900] {
            let short = print(None, &text[..length]);
            let longer = print(None, &[&text[..length], &["", "-- ", "a footer"]].concat());
            assert!(longer.goes_on(&short) && !short.goes_on(&longer), "{length}");
            let other = print(None, &[&["another"], &text[1..length], &["", "a footer"]].concat());
            assert!(!other.goes_on(&short), "{length}");
        }
        assert!(!print(None, &text).goes_on(&print(None, &text[..500])), "what was added is too long to be sure");
    }

    #[test]
    fn a_text_that_is_too_long_or_not_whole_has_no_print() {
        let (mut printing, mut out) = (Printing::new(Transfer::Identity), Vec::new());
        printing.told(Told::Text(&vec![b'x'; PRINTED_BYTES + 1]), &mut out);
        assert!(printing.is_spoilt() && printing.weight() == 0 && printing.finish(&mut out).is_none());
        let mut printing = Printing::new(Transfer::Identity);
        printing.told(Told::Text(b"x"), &mut out);
        printing.gap();
        assert!(printing.finish(&mut out).is_none());
    }
}
