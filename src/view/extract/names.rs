/*!
File names for attachments: nothing off the wire decides in which directory a file is written.

The file name is the last component of the name that the sender gave, in Unicode's composed form, without characters
that could mislead a file system, a shell, a terminal or a reader's eye, cut to a length that every file system takes.
The index has the sender's exact name. The caller puts a number before the result: the number makes it unique, even on
file systems that ignore case, and keeps it from being a hidden file (`.bashrc`), an option (`-rf`) or a device (`CON`,
`nul.txt`).
*/

use crate::view::escape::is_hostile;
use unicode_normalization::UnicodeNormalization;

/// Most bytes of a name. The caller adds fewer than 60 before and after it; most file systems take 255.
const NAME_BYTES: usize = 120;
/// Most bytes of an extension that is kept when a name is cut.
const EXTENSION_BYTES: usize = 20;
/// Only so many characters at the end of a name are used: the extension is at the end.
const LOOKED_AT: usize = 4_096;

/// A safe file name made from the sender's `name`; `otherwise` if no part of `name` is usable.
pub fn safe(name: &str, otherwise: &str) -> String {
    let from = name.char_indices().rev().nth(LOOKED_AT - 1).map_or(0, |(at, _)| at);
    let name = name.get(from..).unwrap_or_default();
    // Composed first: composing can produce a forbidden character (U+037E becomes a semicolon).
    let composed: String = name.nfc().collect();
    let last = composed.trim_end_matches(is_separator).rsplit(is_separator).next().unwrap_or_default();
    let shown: String = last.chars().map(|found| if is_harmless(found) { found } else { '_' }).collect();
    let is_edge = |found: char| found == '.' || found == ' ';
    // Windows silently drops dots and spaces at the end of a name.
    let cut = cut(shown.trim_matches(is_edge));
    let name = cut.trim_matches(is_edge);
    // A name that consists of replacements alone is useless.
    if name.trim_matches('_').is_empty() { otherwise.to_owned() } else { name.to_owned() }
}

/// Extensions of media types that are sent without a file name: pictures of newsletters and signatures, and what else a
/// reader may want to open at once. No program is among them.
const EXTENSIONS: [(&str, &str); 28] = [
    ("application/gzip", "gz"),
    ("application/json", "json"),
    ("application/msword", "doc"),
    ("application/pdf", "pdf"),
    ("application/pgp-encrypted", "asc"),
    ("application/pgp-keys", "asc"),
    ("application/pgp-signature", "asc"),
    ("application/pkcs7-mime", "p7m"),
    ("application/pkcs7-signature", "p7s"),
    ("application/rtf", "rtf"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/x-pkcs7-mime", "p7m"),
    ("application/x-pkcs7-signature", "p7s"),
    ("application/xml", "xml"),
    ("application/zip", "zip"),
    ("audio/mpeg", "mp3"),
    ("image/bmp", "bmp"),
    ("image/gif", "gif"),
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("image/svg+xml", "svg"),
    ("image/tiff", "tif"),
    ("image/webp", "webp"),
    ("video/mp4", "mp4"),
];

/// The name of an attachment whose sender gave it none: `attachment`, with the extension of its media type if that is
/// known.
pub fn unnamed(content_type: &str) -> String {
    let known = EXTENSIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(content_type));
    match known {
        Some((_, extension)) => format!("attachment.{extension}"),
        None if content_type.starts_with("message/") => "attachment.eml".to_owned(),
        None => "attachment".to_owned(),
    }
}

/// True for a path separator of any system, and for characters that look like one, which some systems convert to one.
fn is_separator(found: char) -> bool {
    matches!(
        found,
        '/' | '\\'
            | '\u{2044}'
            | '\u{2215}'
            | '\u{2216}'
            | '\u{29f8}'
            | '\u{29f9}'
            | '\u{fe68}'
            | '\u{ff0f}'
            | '\u{ff3c}'
    )
}

fn is_harmless(found: char) -> bool {
    match found {
        ' ' | '.' | '_' | '-' | '+' | '@' | ',' | '=' | '(' | ')' | '[' | ']' | '#' => true,
        _ if found.is_ascii() => found.is_ascii_alphanumeric(),
        '\u{fffd}' => false,
        _ => !found.is_whitespace() && !is_hostile(found),
    }
}

/// `name` cut to [`NAME_BYTES`], with its extension kept.
fn cut(name: &str) -> String {
    if name.len() <= NAME_BYTES {
        return name.to_owned();
    }
    let extension = name.rfind('.').and_then(|dot| name.get(dot..)).filter(|found| found.len() <= EXTENSION_BYTES);
    let extension = extension.unwrap_or_default();
    let stem = name.get(..name.floor_char_boundary(NAME_BYTES.saturating_sub(extension.len()))).unwrap_or_default();
    format!("{stem}{extension}")
}

#[cfg(test)]
mod tests {
    use super::{EXTENSIONS, NAME_BYTES, safe, unnamed};
    use proptest::prelude::*;

    #[test]
    fn only_the_last_component_of_a_path_is_used() {
        for (name, file) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("/etc/passwd", "passwd"),
            ("C:\\x", "x"),
            ("C:autoexec.bat", "C_autoexec.bat"),
            ("\\\\host\\share\\a.txt", "a.txt"),
            ("dir/", "dir"),
            ("a\u{ff0f}b", "b"),
            ("..", "otherwise"),
            (".", "otherwise"),
            ("", "otherwise"),
            ("/", "otherwise"),
            ("...bashrc", "bashrc"),
            ("name. . ", "name"),
            ("stream.txt:hidden", "stream.txt_hidden"),
            ("%2e%2e%2fx", "_2e_2e_2fx"),
            ("$(id);`id`|x&.sh", "_(id)__id__x_.sh"),
            ("\0\r\n\t", "otherwise"),
            ("a\0b", "a_b"),
        ] {
            assert_eq!(safe(name, "otherwise"), file, "{name:?}");
        }
    }

    #[test]
    fn an_attachment_without_a_name_has_the_extension_of_its_type() {
        for (content_type, name) in [
            ("image/png", "attachment.png"),
            ("Application/PDF", "attachment.pdf"),
            ("message/rfc822", "attachment.eml"),
            ("application/octet-stream", "attachment"),
            ("image/../../x", "attachment"),
            ("", "attachment"),
        ] {
            assert_eq!(unnamed(content_type), name);
        }
        assert!(EXTENSIONS.is_sorted(), "each type once");
    }

    #[test]
    fn characters_that_mislead_the_eye_are_replaced() {
        assert_eq!(safe("invoice\u{202e}fdp.exe", "x"), "invoice_fdp.exe");
        assert_eq!(safe("pay\u{200b}pal\u{a0}.txt", "x"), "pay_pal_.txt");
        assert_eq!(safe("re\u{301}sume\u{301}.txt", "x"), "r\u{e9}sum\u{e9}.txt", "composed");
        assert_eq!(safe("\u{37e}a", "x"), "_a", "composed, it is a semicolon");
        assert_eq!(safe("实验报告.doc", "x"), "实验报告.doc");
        assert_eq!(safe("\u{fffd}\u{fffd}", "x"), "x");
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let long = safe(&format!("{}.pdf", "é".repeat(4_000)), "x");
        assert!(long.ends_with("é.pdf") && long.len() <= NAME_BYTES, "{long}");
        assert_eq!(safe(&format!("a.{}", "b".repeat(4_000)), "x").len(), NAME_BYTES);
    }

    proptest! {
        #[test]
        fn every_name_becomes_a_safe_one(name in any::<String>(), tail in "[./\\\\: ~\u{202e}a]{0,40}") {
            let name = safe(&format!("{name}{tail}"), "otherwise");
            prop_assert!(!name.is_empty() && name.len() <= NAME_BYTES);
            prop_assert!(!name.starts_with('.') && !name.ends_with(['.', ' ']));
            prop_assert!(!name.contains(['/', '\\', ':', '\0']) && !name.chars().any(char::is_control));
            prop_assert_eq!(safe(&name, "otherwise"), name);
        }
    }
}
