/*!
Encoded words (RFC 2047), as they are really sent: adjacent, glued to other text, empty, with spaces inside, with a
character split between two of them, and beside raw 8-bit text.
*/

use super::transfer::{Base64, hex_digit};
use crate::session::text::{text_beside, text_in};

/// The longest charset name looked at, with its language.
const CHARSET_BYTES: usize = 64;

/// An encoded word, taken apart.
pub struct Word<'a> {
    charset: &'a [u8],
    /// True for `B`, false for `Q`.
    base64: bool,
    encoded: &'a [u8],
    /// Its length in the text.
    pub len: usize,
}

/// `value` (unfolded) with its encoded words decoded. White space between two of them is dropped (RFC 2047, section
/// 6.2), other white space is kept. `charset` is the one that the field's entity declares for its body: raw 8-bit text
/// is likely to be in it too.
pub fn decode_beside(value: &[u8], charset: Option<&[u8]>) -> String {
    let text = |bytes: &[u8]| text_beside(bytes, charset);
    let begin = |from: usize| {
        let rest = value.get(from..).unwrap_or_default();
        memchr::memchr_iter(b'=', rest).find(|at| rest.get(at + 1) == Some(&b'?'))
    };
    if begin(0).is_none() {
        return text(value);
    }
    let mut out = String::with_capacity(value.len());
    // The bytes of adjacent words in one charset are decoded together: mailers cut within characters.
    let mut run: Option<(&[u8], Vec<u8>)> = None;
    let (mut plain_from, mut at) = (0, 0);
    while let Some(found) = begin(at) {
        at += found;
        let Some(word) = value.get(at..).and_then(encoded_word) else {
            at += 2;
            continue;
        };
        let between = value.get(plain_from..at).unwrap_or_default();
        if run.is_none() || !between.iter().all(|b| is_space(*b)) {
            end_run(&mut run, &mut out);
            out.push_str(&text(between));
        }
        if run.as_ref().is_some_and(|(charset, _)| !charset.eq_ignore_ascii_case(word.charset)) {
            end_run(&mut run, &mut out);
        }
        word.decode_into(&mut run.get_or_insert_with(|| (word.charset, Vec::new())).1);
        at += word.len;
        plain_from = at;
    }
    end_run(&mut run, &mut out);
    out.push_str(&text(value.get(plain_from..).unwrap_or_default()));
    out
}

fn end_run(run: &mut Option<(&[u8], Vec<u8>)>, out: &mut String) {
    if let Some((charset, bytes)) = run.take() {
        out.push_str(&text_in(&bytes, Some(charset)));
    }
}

/// `encoded-word = "=?" charset "?" encoding "?" encoded-text "?="` at the beginning of `at`.
///
/// Looks no further than the next `=?` or `?=`, so that a caller that tries it at every `=?` takes linear time.
pub fn encoded_word(at: &[u8]) -> Option<Word<'_>> {
    let rest = at.strip_prefix(b"=?")?;
    let charset_len = rest.iter().take(CHARSET_BYTES + 1).position(|&b| b == b'?')?;
    let (charset, rest) = rest.split_at_checked(charset_len)?;
    if charset.is_empty() || charset.iter().any(|&b| b <= b' ') {
        return None;
    }
    let (base64, rest) = match rest {
        [b'?', b'B' | b'b', b'?', rest @ ..] => (true, rest),
        [b'?', b'Q' | b'q', b'?', rest @ ..] => (false, rest),
        _ => return None,
    };
    let mut end = 0;
    loop {
        end += memchr::memchr(b'?', rest.get(end..)?)?;
        match rest.get(end + 1) {
            Some(b'=') => break,
            // `=?`: another word begins, this one has no end.
            _ if end > 0 && rest.get(end - 1) == Some(&b'=') => return None,
            // A bare `?` must not stand in Q text, but sometimes does.
            _ => end += 1,
        }
    }
    let encoded = rest.get(..end)?;
    Some(Word { charset, base64, encoded, len: 2 + charset.len() + 3 + encoded.len() + 2 })
}

impl Word<'_> {
    fn decode_into(&self, out: &mut Vec<u8>) {
        if self.base64 {
            let mut base64 = Base64::default();
            base64.decode(self.encoded, out);
            base64.end(out);
            return;
        }
        let mut rest = self.encoded;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match (byte, after) {
                (b'_', _) => out.push(b' '),
                (b'=', [high, low, after @ ..]) => match (hex_digit(*high), hex_digit(*low)) {
                    (Some(high), Some(low)) => {
                        out.push(high << 4 | low);
                        rest = after;
                    }
                    _ => out.push(byte),
                },
                _ => out.push(byte),
            }
        }
    }
}

/// White space as RFC 5322 has it, and what folding leaves where line ends are wrong.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::decode_beside;

    fn decode(value: &[u8]) -> String {
        decode_beside(value, None)
    }

    #[test]
    fn as_they_are_really_sent() {
        for (wire, shown) in [
            ("plain  text", "plain  text"),
            ("=?UTF-8?B?5Lit5paH5Li76aKY?=", "中文主题"),
            ("=?gb2312?B?tdq2/rfi08q8/g==?=", "第二封邮件"),
            ("=?GBK?Q?=E9=46=BB=F9=C8=CB?=", "镕基人"),
            ("=?utf-8?q?caf=C3=A9_au_lait?=", "café au lait"),
            ("=?koi8-r?B?8NLJ18XU?= =?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=", "Привет日本語"),
            ("=?utf-8?q?a?=\t  =?utf-8?q?b?=", "ab"),
            ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
            ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
            ("x=?utf-8?q?a?=y", "xay"),
            ("[=?utf-8?q?=C3?= =?UTF-8?q?=A9?=]", "[é]"),
            ("=?utf-8?q?=C3?= =?utf-8?b?qQ==?=", "é"),
            ("=?utf-8?q??= =?utf-8?q?b?=", "b"),
            ("a =?utf-8?q??= b", "a  b"),
            ("=?utf-8?Q?Why=3F not so?=", "Why? not so"),
            ("=?utf-8?Q?Really??=", "Really?"),
            ("=?utf-8?Q?who?me?=", "who?me"),
            ("=?utf-8*en?q?=C3=A9?=", "é"),
            ("=?utf-8?q?=C3=A9", "=?utf-8?q?=C3=A9"),
            ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
            ("=?=?utf-8?q?a?=", "=?a"),
            ("=?utf-8?q?a=?utf-8?q?b?=", "=?utf-8?q?ab"),
            ("=?utf-8?q?a=zz=4?=", "a=zz=4"),
            ("=?utf-8?b?YQ?=", "a"),
        ] {
            assert_eq!(decode(wire.as_bytes()), shown, "{wire}");
        }
    }

    #[test]
    fn raw_bytes_beside_them() {
        assert_eq!(decode(b"gar\xe7on =?utf-8?q?=C3=A9?="), "garçon é");
        assert_eq!(decode(b"\xd6\xd0\xce\xc4"), "中文");
    }

    #[test]
    fn time_is_linear() {
        for piece in ["=?", "=?a?q?", "=?a?q?x ", "=?a?b?=", "?=?", "=?aaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            let long = piece.repeat(2_000_000 / piece.len());
            let begun = std::time::Instant::now();
            decode(long.as_bytes());
            assert!(begun.elapsed().as_secs() < 10, "{piece}");
        }
    }
}
