/*!
A conversation as text, for tests. The dialogues' tests use it, and so do those of the whole program (`tests/support`),
which include this file.

A script is lines of
- `C: text`, `S: text`: the text and CR LF, in a packet of its own;
- `C| text`, `S| text`: the text alone, without a line end; `\r`, `\n`, `\t`, `\0`, `\\` and `\xHH` are escapes in both;
- `C~ 12`, `S~ 12`: a gap of 12 bytes;
- empty lines and lines that begin with `#`: nothing.
*/

use super::Side;

/// A line of a script.
pub enum Line {
    /// A side sends these bytes.
    Said(Side, Vec<u8>),
    /// This many bytes that a side sent are missing.
    Missing(Side, u64),
}

/// The lines of a script, in order.
///
/// # Panics
/// Where a line is not in one of these forms.
pub fn lines(script: &str) -> impl Iterator<Item = Line> {
    let lines = script.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let side = match line.as_bytes()[0] {
            b'C' => Side::Client,
            b'S' => Side::Server,
            _ => panic!("not a line of a script: {line:?}"),
        };
        let text = line.get(3..).unwrap_or("");
        match line.as_bytes()[1] {
            b'~' => Line::Missing(side, text.trim().parse().expect("a number of bytes")),
            b':' => Line::Said(side, [&unescape(text)[..], b"\r\n"].concat()),
            b'|' => Line::Said(side, unescape(text)),
            _ => panic!("not a line of a script: {line:?}"),
        }
    })
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next() {
                Some(b'r') => b'\r',
                Some(b'n') => b'\n',
                Some(b't') => b'\t',
                Some(b'0') => 0,
                Some(b'x') => {
                    let digits = [rest.next().expect("a digit"), rest.next().expect("a digit")];
                    u8::from_str_radix(std::str::from_utf8(&digits).expect("ascii"), 16).expect("hex")
                }
                Some(other) => other,
                None => b'\\',
            },
            other => other,
        });
    }
    bytes
}
