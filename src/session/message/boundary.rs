/*!
Line ends that wait for the next line, and the delimiters of multiparts (RFC 2046, section 5.1.1):

```text
delimiter := CRLF "--" boundary            (the CRLF is part of it, and no content)
close-delimiter := delimiter "--"
```
*/

/// How a line ended, as far as it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum End {
    #[default]
    None,
    Cr,
    Lf,
    CrLf,
}

impl End {
    /// A piece of a line, without and with its end.
    fn split(piece: &[u8]) -> (&[u8], Self) {
        if let Some(text) = piece.strip_suffix(b"\r\n") {
            (text, Self::CrLf)
        } else if let Some(text) = piece.strip_suffix(b"\n") {
            (text, Self::Lf)
        } else if let Some(text) = piece.strip_suffix(b"\r") {
            (text, Self::Cr)
        } else {
            (piece, Self::None)
        }
    }
}

/// A line without its end.
pub fn without_end(line: &[u8]) -> &[u8] {
    End::split(line).0
}

/// What lines consist of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told<'a> {
    /// Bytes of a line.
    Text(&'a [u8]),
    /// Its end, as sent.
    End(&'static [u8]),
}

impl<'a> Told<'a> {
    /// The bytes, of a line or of its end.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Self::Text(bytes) | Self::End(bytes) => bytes,
        }
    }
}

/// Holds the last line end back: it belongs to the content unless a delimiter follows.
#[derive(Debug, Default)]
pub struct LastEnd(End);

impl LastEnd {
    /// The next piece of a line: at most one line end, at its end.
    pub fn push<'a>(&mut self, piece: &'a [u8], mut tell: impl FnMut(Told<'a>)) {
        let (text, end) = End::split(piece);
        if self.0 == End::Cr && text.is_empty() && end == End::Lf {
            self.0 = End::CrLf;
            return;
        }
        self.flush(&mut tell);
        if !text.is_empty() {
            tell(Told::Text(text));
        }
        self.0 = end;
    }

    /// No delimiter follows.
    pub fn flush<'a>(&mut self, tell: impl FnOnce(Told<'a>)) {
        match std::mem::take(&mut self.0) {
            End::None => {}
            End::Cr => tell(Told::Text(b"\r")),
            End::Lf => tell(Told::End(b"\n")),
            End::CrLf => tell(Told::End(b"\r\n")),
        }
    }

    /// A delimiter follows, or new content begins.
    pub fn discard(&mut self) {
        self.0 = End::None;
    }
}

/// White space allowed between a delimiter and the end of its line.
const PADDING: usize = 256;

/// True where `line`, as far as it has come, may be a delimiter; the longest one has `longest` bytes.
pub fn may_be_delimiter(line: &[u8], longest: usize) -> bool {
    (line.starts_with(b"--") || line == b"-") && line.len() <= longest + b"--\r\n".len() + PADDING
}

/// What a line is to a multipart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// The next part follows.
    Next,
    /// There are no more parts.
    Close,
}

/// Reads `line` as a delimiter of the multipart whose delimiters begin with `dashed` (`--` and the boundary).
///
/// RFC 2046 lets a delimiter be followed by anything; nobody sends that, while boundaries that begin with another one
/// are common. So nothing may follow but white space.
pub fn delimiter(line: &[u8], dashed: &[u8]) -> Option<Delimiter> {
    let rest = line.strip_prefix(dashed)?;
    let (rest, delimiter) = match rest.strip_prefix(b"--") {
        Some(rest) => (rest, Delimiter::Close),
        None => (rest, Delimiter::Next),
    };
    rest.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).then_some(delimiter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pieces: &[&'static str]) -> String {
        let (mut last, mut told) = (LastEnd::default(), String::new());
        for piece in pieces {
            last.push(piece.as_bytes(), |t| told.push_str(&format!("{}|", t.bytes().escape_ascii())));
        }
        told
    }

    #[test]
    fn the_last_line_end_waits() {
        assert_eq!(told(&["a\r\n"]), "a|");
        assert_eq!(told(&["a\r\n", "b\n", "\n", "c"]), r"a|\r\n|b|\n|\n|c|");
        assert_eq!(told(&["a\r", "\n", "b"]), r"a|\r\n|b|");
        assert_eq!(told(&["a\r", "b\r\n", "c"]), r"a|\r|b|\r\n|c|");
        assert_eq!(told(&["\r", "\r", "\n", "c"]), r"\r|\r\n|c|");
    }

    #[test]
    fn delimiters() {
        for (line, found) in [
            ("--b\r\n", Some(Delimiter::Next)),
            ("--b \t\n", Some(Delimiter::Next)),
            ("--b", Some(Delimiter::Next)),
            ("--b--\r\n", Some(Delimiter::Close)),
            ("--b-- ", Some(Delimiter::Close)),
            ("--bb\r\n", None),
            ("--b-\r\n", None),
            ("-b\r\n", None),
            (" --b\r\n", None),
        ] {
            assert_eq!(delimiter(line.as_bytes(), b"--b"), found, "{line:?}");
            assert!(found.is_none() || may_be_delimiter(line.as_bytes(), 3));
        }
        assert!(may_be_delimiter(b"-", 3));
        assert!(!may_be_delimiter(&[b'-'; 1_000], 3));
    }
}
