/*!
Signatures: how a program behaves. They are data, a file a program, in the folder `signatures` (its `README.md` says how
they are written); `build.rs` packs them into the program.
*/

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// All signatures.
pub static SIGNATURES: LazyLock<Vec<Signature>> = LazyLock::new(|| {
    // The build script wrote it from files that it has checked.
    postcard::from_bytes(include_bytes!(concat!(env!("OUT_DIR"), "/signatures"))).unwrap_or_default()
});

/// How a program behaves on one side of a protocol.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct Signature {
    /// The program.
    pub name: String,
    /// Words by which it is called in banners and header fields, in lower case.
    pub aliases: Vec<String>,
    /// It is a server.
    pub server: bool,
    /// `smtp`, `lmtp`, `pop3` or `imap`.
    pub protocol: String,
    /// The versions that were seen to behave so.
    pub versions: String,
    /// From 0 to 1.
    pub confidence: f32,
    /// By trait: patterns, of which one must fit. `*` stands for anything.
    pub traits: BTreeMap<String, Vec<String>>,
}

/// Whether `text` fits `pattern`, in which `*` stands for any text.
pub fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        let Some(place) = rest.find(piece) else { return false };
        rest = &rest[place + piece.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, expected) in [
            ("EHLO host", "EHLO host", true),
            ("EHLO host", "EHLO hosts", false),
            ("EHLO *", "EHLO ", true),
            ("*QUIT", "EHLO | QUIT", true),
            ("EHLO*MAIL*QUIT", "EHLO | MAIL | RCPT | QUIT", true),
            ("EHLO*MAIL*QUIT", "EHLO | QUIT | MAIL", false),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern}: {text}");
        }
    }

    #[test]
    fn signatures_are_there() {
        assert!(!SIGNATURES.is_empty());
        for signature in SIGNATURES.iter() {
            assert!(!signature.traits.is_empty() && (0.0..=1.0).contains(&signature.confidence), "{}", signature.name);
        }
    }
}
