/*!
uuencoded files in the text of a message, as they were sent before MIME and still are:

```text
begin 644 data.bin
M)5!$1BTQ+C0*…
`
end
```
*/

/// The longest `begin` line looked at.
const BEGIN_BYTES: usize = 1_024;
/// The longest line of data: a length and 84 characters (63 bytes), with room for a check character or two.
const DATA_BYTES: usize = 96;

/// Finds uuencoded files in text that comes piece by piece.
#[derive(Debug, Default)]
pub struct Scanner {
    state: State,
    line: Vec<u8>,
    /// The line is too long, or known not to matter: the rest of it is passed over.
    skip_line: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Text,
    /// After `begin`; `data` once a line of data was read: until then it may be prose.
    File { name: Vec<u8>, data: bool },
}

/// What a line of text amounted to.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A file begins here: the first line of its data is `Scanner::data`.
    Begin(Vec<u8>),
    /// More data of it, to be found in `Scanner::data`.
    Data,
    /// The file has ended: by `end`, or by a line that is not data (then `whole` is false).
    End {
        /// By `end`.
        whole: bool,
    },
}

impl Scanner {
    /// The next bytes of a line, without its end.
    pub fn text(&mut self, bytes: &[u8]) {
        if self.skip_line {
            return;
        }
        let bound = match self.state {
            State::Text => BEGIN_BYTES,
            State::File { .. } => DATA_BYTES,
        };
        let kept = bound.saturating_sub(self.line.len());
        if let State::Text = self.state {
            // Prose, nearly always: known by its first bytes.
            let first = if self.line.is_empty() { bytes } else { &self.line };
            let known = first.len().min(BEGIN.len());
            if first.get(..known) != BEGIN.get(..known) {
                self.skip_line = true;
                self.line.clear();
                return;
            }
        }
        self.line.extend_from_slice(bytes.get(..kept).unwrap_or(bytes));
        self.skip_line = bytes.len() > kept;
    }

    /// A line has ended. What it decodes to is put into `data`.
    pub fn line_end(&mut self, data: &mut Vec<u8>) -> Option<Found> {
        let too_long = std::mem::take(&mut self.skip_line);
        let line = std::mem::take(&mut self.line);
        let found = self.line_read(if too_long { None } else { Some(&line) }, data);
        // The buffer serves the next line.
        self.line = line;
        self.line.clear();
        found
    }

    fn line_read(&mut self, line: Option<&[u8]>, data: &mut Vec<u8>) -> Option<Found> {
        if let State::File { name, data: begun } = &mut self.state {
            if let Some(line) = line {
                let first = !*begun;
                if !first && line.trim_ascii_end() == b"end" {
                    self.state = State::Text;
                    return Some(Found::End { whole: true });
                }
                if !(first && line.is_empty()) && data_line(line, data) {
                    *begun = true;
                    return Some(if first { Found::Begin(std::mem::take(name)) } else { Found::Data });
                }
            }
            let begun = *begun;
            self.state = State::Text;
            return begun.then_some(Found::End { whole: false });
        }
        if let Some(name) = line.and_then(begin_line) {
            self.state = State::File { name: name.to_vec(), data: false };
        }
        None
    }

    /// Bytes are missing here: a file that had begun ends.
    pub fn gap(&mut self) -> Option<Found> {
        self.line.clear();
        self.skip_line = true;
        self.end()
    }

    /// The text has ended: a file that had begun ends too.
    pub fn end(&mut self) -> Option<Found> {
        match std::mem::take(&mut self.state) {
            State::File { data: true, .. } => Some(Found::End { whole: false }),
            _ => None,
        }
    }
}

const BEGIN: &[u8] = b"begin ";

/// `begin`, the file's mode in three or four octal digits, and its name.
fn begin_line(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(BEGIN)?.trim_ascii_start();
    let digits = rest.iter().take_while(|b| (b'0'..=b'7').contains(b)).count();
    let (mode, name) = rest.split_at_checked(digits)?;
    let name = name.strip_prefix(b" ")?.trim_ascii();
    (matches!(mode.len(), 3 | 4) && !name.is_empty()).then_some(name)
}

/// A line of data: a character for its length, then four for every three bytes, of which trailing ones may be missing
/// where they were spaces. Appends what it decodes to, or returns false and appends nothing.
fn data_line(line: &[u8], data: &mut Vec<u8>) -> bool {
    // A line of length 0 is one space, and the space may have been lost on the way.
    let (&length, digits) = line.split_first().unwrap_or((&b' ', b""));
    let Some(length) = value(length).map(usize::from) else { return false };
    let wanted = length.div_ceil(3) * 4;
    let (digits, rest) = digits.split_at_checked(wanted).unwrap_or((digits, b""));
    // Some encoders add a check character; prose goes on for longer, and has lower-case letters, which are no digits.
    if rest.len() > 2 || digits.iter().any(|&b| value(b).is_none()) {
        return false;
    }
    let from = data.len();
    let digit = |i: usize| digits.get(i).copied().and_then(value).unwrap_or(0);
    for group in 0..wanted / 4 {
        let [a, b, c, d] = [0, 1, 2, 3].map(|i| digit(group * 4 + i));
        data.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
    }
    data.truncate(from + length);
    true
}

/// The value of a digit: space (or `` ` ``) to `_`.
fn value(byte: u8) -> Option<u8> {
    (b' '..=b'`').contains(&byte).then(|| byte.wrapping_sub(b' ') & 0x3F)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names, contents and wholeness of the files in `text`, read in pieces of `size` bytes.
    fn files(text: &str, size: usize) -> Vec<(String, Vec<u8>, bool)> {
        let (mut scanner, mut files, mut data): (_, Vec<(String, Vec<u8>, bool)>, _) =
            (Scanner::default(), Vec::new(), Vec::new());
        for line in text.lines() {
            line.as_bytes().chunks(size).for_each(|piece| scanner.text(piece));
            data.clear();
            match scanner.line_end(&mut data) {
                Some(Found::Begin(name)) => {
                    files.push((String::from_utf8(name).unwrap(), data.clone(), false));
                }
                Some(Found::Data) => files.last_mut().unwrap().1.append(&mut data),
                Some(Found::End { whole }) => files.last_mut().unwrap().2 = whole,
                None => {}
            }
        }
        scanner.end();
        files
    }

    #[test]
    fn files_in_text() {
        let cat = ("cat.txt".to_owned(), b"Cat".to_vec(), true);
        for size in [1, 3, 1_000] {
            assert_eq!(files("hi\nbegin 644 cat.txt\n#0V%T\n`\nend\nbye\n", size), std::slice::from_ref(&cat));
            assert_eq!(files("begin 0644 cat.txt\n#0V%T\n \nend", size), std::slice::from_ref(&cat));
            assert_eq!(
                files("begin 644 cat.txt\n#0V%T\nend", size),
                std::slice::from_ref(&cat),
                "no empty line of data"
            );
            assert_eq!(files("begin 644 a b.txt\n`\nend\n", size), [("a b.txt".to_owned(), Vec::new(), true)]);
        }
    }

    #[test]
    fn a_file_cut_short_is_not_whole() {
        assert_eq!(files("begin 644 c\n#0V%T\n", 9), [("c".to_owned(), b"Cat".to_vec(), false)]);
        assert_eq!(files("begin 644 c\n#0V%T\nand then it went on\n", 9), [("c".to_owned(), b"Cat".to_vec(), false)]);
    }

    #[test]
    fn prose_is_no_file() {
        for text in ["begin 644 words with prose\nwhich goes on\nend\n", "begin\nend\n", "begin 999 x\n#0V%T\nend\n"] {
            assert_eq!(files(text, 5), []);
        }
    }
}
