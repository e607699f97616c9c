/*!
From bytes off the wire to characters.

Declared charsets are looked up by the names that mail uses. Where none is declared, text is UTF-8 if it can be; else
its charset is guessed. Commands, replies, addresses and user names are taken to be in GB18030 (the usual undeclared
charset of Chinese mail) or in windows-1252 (that of the rest). In prose (a subject, the name of a person or of a file)
the letters decide, where there are enough of them. A guess may be wrong: three letters of Greek without a declaration
come out as accented Latin ones. Bytes that the charset does not have become U+FFFD; nothing here fails.
*/

mod seven_bit;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS, UTF_8, WINDOWS_1252};
use std::borrow::Cow;
use std::ops::Range;

/// Bytes above 0x7F that prose must have before its letters decide its charset: with fewer, the detector errs.
const TELLING: usize = 4;
/// The same where the bytes could be Chinese in GB 2312: texts of up to seven Chinese characters, the detector often
/// takes for Korean or Japanese.
const TELLING_BESIDE_GB: usize = 16;
/// Bytes of prose from which its charset is guessed: enough for a subject. The detector reads 8 MB a second.
const LOOKED_AT: usize = 512;

/// A charset that was declared by name.
#[derive(Clone, Copy)]
pub enum Charset {
    /// A charset of the WHATWG's Encoding Standard.
    Standard(&'static Encoding),
    /// Another one that mail uses: UTF-7 (RFC 2152), HZ (RFC 1843), code page 850.
    Other(fn(&[u8]) -> String),
}

impl Charset {
    /// The charset called `name`, with or without the language of RFC 2231 (`utf-8*en`). `None` where the name says
    /// nothing of bytes above 0x7F: an unknown charset, or US-ASCII.
    pub fn named(name: &[u8]) -> Option<Self> {
        let name = name.split(|&b| b == b'*').next().unwrap_or_default();
        let name = std::str::from_utf8(name.trim_ascii()).ok()?.to_ascii_lowercase();
        match name.as_str() {
            "us-ascii" | "ascii" | "ansi_x3.4-1968" | "iso646-us" | "" => None,
            "utf-7" | "utf7" | "unicode-1-1-utf-7" => Some(Self::Other(utf_7)),
            "cp850" | "ibm850" => Some(Self::Other(code_page_850)),
            "hz-gb-2312" | "hz" => Some(Self::Other(seven_bit::hz)),
            "cp936" | "ms936" | "windows-936" => Some(Self::Standard(GBK)),
            "cp932" => Some(Self::Standard(SHIFT_JIS)),
            "cp949" => Some(Self::Standard(EUC_KR)),
            "cp950" => Some(Self::Standard(BIG5)),
            name => Encoding::for_label_no_replacement(name.as_bytes()).map(Self::Standard),
        }
    }

    /// `bytes` as text.
    pub fn decode(self, bytes: &[u8]) -> String {
        match self {
            // A byte order mark decides over the name: that is how UTF-16 is declared.
            Self::Standard(encoding) => encoding.decode(bytes).0.into_owned(),
            Self::Other(decode) => decode(bytes),
        }
    }
}

fn utf_7(bytes: &[u8]) -> String {
    let decoded = charset::Charset::for_label(b"utf-7").map(|utf_7| utf_7.decode_without_bom_handling(bytes).0);
    decoded.unwrap_or_else(|| String::from_utf8_lossy(bytes)).into_owned()
}

fn code_page_850(bytes: &[u8]) -> String {
    oem_cp::decode_string_complete_table(bytes, &oem_cp::code_table::DECODING_TABLE_CP850)
}

/// `bytes` as text, in a charset that was not declared. For what is compared or repeated as it is, like a command or a
/// user name: the same bytes are the same text everywhere.
pub fn text(bytes: &[u8]) -> String {
    shown(bytes).into_owned()
}

/// As [`text`], in the memory of `bytes` where they can be shown as they are.
pub fn shown(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => decode(bytes, guess(bytes)),
    }
}

/// As [`text`], in the memory of `bytes` where they are UTF-8.
pub fn text_of(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(mut text) => {
            text.shrink_to_fit();
            text
        }
        Err(other) => text(other.as_bytes()),
    }
}

/// `bytes` as text, where they are ASCII, and nothing in them may begin an escape of a charset of seven bits.
fn plain(bytes: &[u8]) -> Option<&str> {
    let may_escape = !bytes.is_ascii() || memchr::memchr2(0x1b, b'~', bytes).is_some();
    if may_escape { None } else { std::str::from_utf8(bytes).ok() }
}

/// `bytes` as text: prose whose charset was not declared.
fn prose(bytes: &[u8]) -> String {
    if let Some(text) = seven_bit::undeclared(bytes) {
        return text;
    }
    decode(bytes, guess_by_letters(bytes)).into_owned()
}

/// Prose as text, in the charset called `name` if it is known, else in one that is guessed.
pub fn text_in(bytes: &[u8], name: Option<&[u8]>) -> String {
    match name.and_then(Charset::named) {
        Some(charset) => charset.decode(bytes),
        None => prose(bytes),
    }
}

/// Prose as text where the charset called `name` is declared for something else in the message: raw header fields are
/// usually in the charset of the body. `bytes` are UTF-8 if they are valid in it, else in that charset if they are
/// valid in it, else in a guessed one.
pub fn text_beside(bytes: &[u8], name: Option<&[u8]>) -> String {
    if let Some(text) = plain(bytes) {
        return text.to_owned();
    }
    // ISO-2022-JP has seven bits, so it is valid UTF-8: its escapes give it away.
    let is_utf8 = std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0x1b);
    match name.filter(|_| !is_utf8).and_then(Charset::named) {
        Some(Charset::Standard(encoding)) if encoding != UTF_8 => encoding
            .decode_without_bom_handling_and_without_replacement(bytes)
            .map_or_else(|| prose(bytes), Cow::into_owned),
        _ => prose(bytes),
    }
}

/// `bytes` as text like [`text`]; the byte ranges in `ranges` become ranges of that text. A range that reaches beyond
/// the end is cut there; a range that splits a character is widened to the whole of it.
pub fn text_and_ranges<'r>(bytes: &[u8], ranges: impl Iterator<Item = &'r mut Range<usize>>) -> String {
    let ranges = ranges.map(|range| within(bytes, range));
    if let Ok(valid) = std::str::from_utf8(bytes) {
        for range in ranges {
            *range = valid.floor_char_boundary(range.start)..valid.ceil_char_boundary(range.end);
        }
        return valid.to_owned();
    }
    let ranges: Vec<&mut Range<usize>> = ranges.collect();
    let encoding = guess(bytes);
    // Lengths change: decode from cut to cut. The cuts are where tokens begin and end, so no character spans one.
    let mut cuts: Vec<usize> = ranges.iter().flat_map(|range| [range.start, range.end]).collect();
    cuts.push(bytes.len());
    cuts.sort_unstable();
    cuts.dedup();
    let mut decoded = String::with_capacity(bytes.len());
    let mut places = Vec::with_capacity(cuts.len());
    let mut from = 0;
    for &cut in &cuts {
        decoded.push_str(&decode(bytes.get(from..cut).unwrap_or_default(), encoding));
        places.push(decoded.len());
        from = cut;
    }
    let place = |at: usize| cuts.binary_search(&at).ok().and_then(|i| places.get(i)).copied().unwrap_or(decoded.len());
    for range in ranges {
        *range = place(range.start)..place(range.end);
    }
    decoded
}

/// `range`, cut at the end of `bytes`.
fn within<'r>(bytes: &[u8], range: &'r mut Range<usize>) -> &'r mut Range<usize> {
    range.end = range.end.min(bytes.len());
    range.start = range.start.min(range.end);
    range
}

fn decode<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
    encoding.decode_without_bom_handling(bytes).0
}

/// The charset that undeclared prose is taken to be in.
fn guess_by_letters(bytes: &[u8]) -> &'static Encoding {
    let shape = guess(bytes);
    let telling = if shape == GB18030 { TELLING_BESIDE_GB } else { TELLING };
    if shape == UTF_8 || bytes.iter().filter(|byte| !byte.is_ascii()).take(telling).count() < telling {
        return shape;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..LOOKED_AT).unwrap_or(bytes), bytes.len() <= LOOKED_AT);
    detector.guess(None, Utf8Detection::Deny)
}

/// The charset that undeclared text is taken to be in, by the shape of its bytes alone.
fn guess(bytes: &[u8]) -> &'static Encoding {
    match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8,
        // The text ends within a character and has non-ASCII ones before it: the line bound has cut UTF-8.
        Err(e) if e.error_len().is_none() && bytes.get(..e.valid_up_to()).is_some_and(|b| !b.is_ascii()) => UTF_8,
        Err(_) if looks_like_gb(bytes) => GB18030,
        Err(_) => WINDOWS_1252,
    }
}

/// True where all bytes above 0x7F can be read as GBK pairs and most of these pairs are of GB 2312, whose both bytes
/// are above 0xA0. (A lone accented letter and the ASCII letter after it can be a pair too, but never of GB 2312.)
fn looks_like_gb(bytes: &[u8]) -> bool {
    let (mut pairs, mut gb2312) = (0_usize, 0_usize);
    let mut rest = bytes.iter();
    while let Some(&lead) = rest.next() {
        if lead < 0x80 {
            continue;
        }
        let Some(&trail) = rest.next() else { break };
        if !(0x81..=0xFE).contains(&lead) || !(0x40..=0xFE).contains(&trail) || trail == 0x7F {
            return false;
        }
        pairs += 1;
        if (0xA1..=0xF7).contains(&lead) && trail >= 0xA1 {
            gb2312 += 1;
        }
    }
    gb2312 * 2 > pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn undeclared_text_is_guessed() {
        assert_eq!(text("Привет 你好".as_bytes()), "Привет 你好");
        assert_eq!(text(b"See What\x92s Next"), "See What\u{2019}s Next");
        assert_eq!(text(b"gar\xe7on, \xe0 la fran\xe7aise"), "garçon, à la française");
        assert_eq!(text(b"\xce\xb4\xb1\xe0\xc2\xeb\xd6\xf7\xcc\xe2"), "未编码主题");
        assert_eq!(text(b"\xe9\x46\xbb\xf9\xc8\xcb"), "镕基人", "GBK beyond GB 2312");
        assert_eq!(text("Прив".as_bytes().split_last().unwrap().1), "При\u{fffd}", "cut within a character");
        assert_eq!(text(b"\xe9"), "é");
    }

    /// `text` in the charset called `name`.
    fn written(text: &str, name: &str) -> Vec<u8> {
        Encoding::for_label(name.as_bytes()).expect("a charset").encode(text).0.into_owned()
    }

    /// mail-parser's decoder, to compare another with.
    fn mail_parsers(name: &[u8]) -> fn(&[u8]) -> String {
        mail_parser::decoders::charsets::map::charset_decoder(name).expect("a charset that it has")
    }

    #[test]
    fn the_charset_of_undeclared_prose_is_guessed_by_its_letters() {
        for (name, text) in [
            ("koi8-r", "Отчёт о лабораторной работе"),
            ("windows-1251", "Ваш заказ отправлен"),
            ("iso-8859-7", "Γιώργος Παπαδόπουλος"),
            ("iso-8859-2", "Zażółć gęślą jaźń"),
            ("windows-1252", "Rückmeldung zur Prüfung: Größe, Straße"),
            ("windows-1255", "דוח מעבדה ברשתות"),
            ("big5", "關於召開網路實驗課程"),
            ("euc-kr", "네트워크 실험 수업 보고서"),
            ("shift_jis", "ネットワーク実験の報告書"),
            ("euc-jp", "こんにちは、今夜会いましょう"),
            ("gb18030", "关于召开网络实验课程总结会议的通知"),
            ("gb18030", "张伟"),
            ("gb18030", "附件 report 2026 年度"),
            ("windows-1252", "José"),
        ] {
            assert_eq!(text_in(&written(text, name), None), text, "{name}");
        }
    }

    #[test]
    fn outside_prose_letters_do_not_decide_the_charset() {
        let name = written("Γιώργος Παπαδόπουλος", "iso-8859-7");
        assert_eq!(text(&name), decode(&name, guess(&name)));
        assert_eq!(text_and_ranges(&name, std::iter::empty()), text(&name), "a user name, alone and in its command");
        assert_ne!(text(&name), text_in(&name, None));
    }

    /// A run of Base64 in UTF-7 ends with `-`, or with a character that is not of Base64, which is then kept (RFC 2152).
    #[test]
    fn utf_7_is_read_as_mail_parser_reads_it() {
        let theirs = mail_parsers(b"utf-7");
        for sent in ["", "Hello, World+ACE-", "Hi Mom -+Jjo--!", "+ZeVnLIqe-", "Item 3 is +AKM-1.", "a+2D3eAA-b", "x-y"]
        {
            assert_eq!(utf_7(sent.as_bytes()), theirs(sent.as_bytes()), "{sent}");
        }
        // Where mail-parser differs from the standard.
        for (sent, meant, read) in [("1 +- 1", "1 + 1", "1 +- 1"), ("+Ti0 a", "中 a", "中a"), ("+Ti0", "中", "")] {
            assert_eq!((&*utf_7(sent.as_bytes()), &*theirs(sent.as_bytes())), (meant, read), "{sent}");
        }
        assert_eq!(utf_7(b"caf\xe9 +"), "caf\u{fffd} \u{fffd}", "not of UTF-7");
    }

    #[test]
    fn code_page_850_is_read_as_mail_parser_reads_it() {
        let theirs = mail_parsers(b"cp850");
        for byte in 0..=u8::MAX {
            assert_eq!(code_page_850(&[byte]), theirs(&[byte]), "{byte:#04x}");
        }
    }

    #[test]
    fn a_declaration_beside_text_is_better_than_a_guess() {
        let beside = |name: &str, bytes: &[u8]| text_beside(bytes, Some(name.as_bytes()));
        assert_eq!(beside("koi8-r", b"\xcf\xd4\xde\xa3\xd4"), "отчёт");
        assert_eq!(beside("big5", b"\xb3\xf8\xa7i"), "報告");
        assert_eq!(beside("iso-2022-jp", b"\x1b$BF|\x1b(B"), "日");
        assert_eq!(beside("koi8-r", "отчёт".as_bytes()), "отчёт", "UTF-8 all the same");
        assert_eq!(beside("shift_jis", b"gar\xe7on\xff"), text(b"gar\xe7on\xff"), "not in that charset");
        assert_eq!(beside("utf-8", b"\xd6\xd0\xce\xc4"), "中文", "nor in that");
        assert_eq!(text_beside(b"\xd6\xd0\xce\xc4", None), "中文");
    }

    #[test]
    fn charsets_by_the_names_that_mail_uses() {
        let named = |name: &str, bytes: &[u8]| text_in(bytes, Some(name.as_bytes()));
        assert_eq!(named("GB2312", b"\xd6\xd0"), "中");
        assert_eq!(named("cp936", b"\xd6\xd0"), "中");
        assert_eq!(named("iso-8859-1*en", b"\xe9"), "é");
        assert_eq!(named("KOI8-R", b"\xf0\xd2\xc9"), "При");
        assert_eq!(named("Big5", b"\xa4\xa4"), "中");
        assert_eq!(named("iso-2022-jp", b"\x1b$BF|\x1b(B"), "日");
        assert_eq!(named("utf-16", b"\xfe\xff\x4e\x2d"), "中");
        assert_eq!(named("utf-7", b"+Ti0-"), "中");
        assert_eq!(named("cp850", b"\x82"), "é");
        assert_eq!(named("us-ascii", "é".as_bytes()), "é", "not ASCII at all");
        assert_eq!(named("no-such", b"\xd6\xd0\xce\xc4"), "中文");
    }

    #[test]
    fn ranges_follow_the_text() {
        let wire = b"LOGIN \xd6\xd0\xce\xc4 \xc3\xdc\xc2\xeb";
        let mut ranges = [6..wire.len(), 11..15, 3..3, 11..900];
        let decoded = text_and_ranges(wire, ranges.iter_mut());
        assert_eq!(decoded, "LOGIN 中文 密码");
        let shown: Vec<&str> = ranges.iter().map(|range| &decoded[range.clone()]).collect();
        assert_eq!(shown, ["中文 密码", "密码", "", "密码"]);
    }

    #[test]
    fn a_range_takes_in_whole_characters() {
        let mut ranges = [2..3, 0..2];
        let decoded = text_and_ranges("a中".as_bytes(), ranges.iter_mut());
        assert_eq!(ranges.map(|range| decoded[range].to_owned()), ["中", "a中"]);
    }

    proptest! {
        #[test]
        fn what_is_written_in_utf_7_is_read(text in "[ -*,-~\n\u{a0}-\u{ffff}\u{1f300}-\u{1f5ff}]{0,40}") {
            // Each character that is not ASCII in a run of its own.
            let mut sent = String::new();
            for letter in text.chars() {
                let units = letter.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()).collect::<Vec<_>>();
                match letter.is_ascii() {
                    true => sent.push(letter),
                    false => sent += &format!("+{}-", data_encoding::BASE64_NOPAD.encode(&units)),
                }
            }
            prop_assert_eq!(utf_7(sent.as_bytes()), &*text);
            let theirs = mail_parsers(b"utf-7");
            prop_assert_eq!(theirs(sent.as_bytes()), text);
        }

        #[test]
        fn prose_of_any_bytes_is_text(bytes: Vec<u8>) {
            text_in(&bytes, None);
            text_in(&bytes, Some(b"utf-7"));
            text_in(&bytes, Some(b"cp850"));
        }

        #[test]
        fn ranges_are_always_ranges_of_the_text(
            bytes: Vec<u8>,
            pairs in proptest::collection::vec((0_usize..90, 0_usize..90), 0..6),
        ) {
            let mut ranges: Vec<_> = pairs.iter().map(|&(a, b)| a..b).collect();
            let decoded = text_and_ranges(&bytes, ranges.iter_mut());
            for range in ranges {
                prop_assert!(decoded.get(range).is_some());
            }
        }
    }
}
