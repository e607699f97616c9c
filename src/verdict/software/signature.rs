/*!
Signatures: how a program behaves. They are data, a file a program, in the folder `signatures` (its `README.md` says how
they are written); `build.rs` makes them values of the types here, so that nothing is read when the program starts.
*/

use super::name::Name;
use crate::protocol::Protocol;
use std::sync::LazyLock;

// `GROUPS`, by protocol and side, and `ALIASES`, by side.
include!(concat!(env!("OUT_DIR"), "/signatures.rs"));

/// How a program behaves on one side of a protocol.
#[derive(Debug)]
pub struct Signature {
    /// The program.
    pub name: &'static str,
    /// The versions that were seen to behave so.
    pub versions: &'static str,
    /// From 0 to 1.
    pub confidence: f32,
    /// By the place of the trait's name in [`Group::names`]; what costs less is asked first.
    pub traits: &'static [(usize, Patterns)],
    /// The bits of the traits that must be there.
    pub needs: u64,
}

/// The bit of the trait at `place` in [`Group::names`]; those beyond the first 64 have none.
pub fn bit(place: usize) -> u64 {
    u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or_default()
}

/// What the value of a trait must be: one of `these`, if there are any, and none of `not`. `*` stands for anything.
#[derive(Debug)]
pub struct Patterns {
    these: &'static [Pattern],
    /// Those that are written with `!` in front.
    not: &'static [Pattern],
}

impl Patterns {
    /// Whether `value` is as it must be; a trait that is not there has none of the values that it must not have.
    pub fn fit(&self, value: Option<Value<'_>>) -> bool {
        let fits_one =
            |patterns: &[Pattern]| value.is_some_and(|value| patterns.iter().any(|pattern| pattern.fits(value)));
        (self.these.is_empty() || fits_one(self.these)) && !fits_one(self.not)
    }
}

/// The value of a trait, compared with hundreds of patterns.
#[derive(Debug, Clone, Copy)]
pub struct Value<'a> {
    text: &'a str,
    /// Its first bytes.
    start: u64,
}

impl<'a> Value<'a> {
    /// The value `text`.
    pub fn new(text: &'a str) -> Self {
        Self { text, start: start_of(text.as_bytes()) }
    }
}

/// The first eight bytes of `text`, as far as it has them, and then zeros.
const fn start_of(text: &[u8]) -> u64 {
    let mut start = [0; 8];
    let mut at = 0;
    while at < text.len() && at < start.len() {
        start[at] = text[at];
        at += 1;
    }
    u64::from_le_bytes(start)
}

/// The signatures of one side of a protocol.
#[derive(Debug)]
pub struct Group {
    /// The traits that they ask for.
    pub names: &'static [Name<'static>],
    /// The signatures; those that ask for more traits stand before those that ask for fewer.
    pub signatures: &'static [Signature],
}

/// The words with which banners and header fields call programs, by the letter with which they begin.
#[derive(Debug, Default)]
pub struct Aliases([Letter; 32]);

/// Words that begin with one letter.
#[derive(Debug, Default)]
struct Letter {
    /// The bits of the letters that follow.
    seconds: u32,
    /// Each word, in lower case, and the program that it means.
    words: Vec<(&'static str, &'static str)>,
}

/// The place of a letter, whatever its case: other characters may share it.
fn letter(byte: u8) -> usize {
    usize::from(byte & 31)
}

impl Aliases {
    fn add(&mut self, word: &'static str, program: &'static str) {
        // The build script has checked that there are two.
        if let [first, second, ..] = *word.as_bytes() {
            let of = &mut self.0[letter(first)];
            of.seconds |= 1 << letter(second);
            of.words.push((word, program));
        }
    }

    /// The programs that `text` names, in any case; one may come several times.
    pub fn named_in(&self, text: &str) -> impl Iterator<Item = &'static str> {
        let text = text.as_bytes();
        let pairs = text.windows(2).enumerate().filter_map(|(at, pair)| {
            let of = &self.0[letter(*pair.first()?)];
            (of.seconds >> letter(*pair.last()?) & 1 != 0).then_some((of, text.get(at..)?))
        });
        pairs.flat_map(|(of, rest)| {
            let begins = |word: &str| rest.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word.as_bytes()));
            of.words.iter().filter(move |(word, _)| begins(word)).map(|(_, program)| *program)
        })
    }
}

/// The words for clients or servers.
pub fn aliases(server: bool) -> &'static Aliases {
    static SORTED: LazyLock<[Aliases; 2]> = LazyLock::new(|| {
        ALIASES.map(|words| {
            let mut aliases = Aliases::default();
            words.iter().for_each(|(word, program)| aliases.add(word, program));
            aliases
        })
    });
    &SORTED[usize::from(server)]
}

/// The signatures of the clients or servers of `protocol`.
pub fn group(protocol: Protocol, server: bool) -> &'static Group {
    // In the order of the build script.
    let [smtp, lmtp, pop3, imap] = &GROUPS;
    let [clients, servers] = match protocol {
        Protocol::Smtp => smtp,
        Protocol::Lmtp => lmtp,
        Protocol::Pop3 => pop3,
        Protocol::Imap => imap,
    };
    if server { servers } else { clients }
}

/// A text in which `*` stands for any text, cut at the first and the last.
#[derive(Debug)]
struct Pattern {
    /// The first bytes of a text that fits, and which of their bits are given: most patterns begin otherwise than a text, and are
    /// told by that.
    start: u64,
    given: u64,
    head: &'static str,
    /// What stands between them, with those in the middle; `None` where there is one.
    middle: Option<&'static str>,
    /// What stands behind the last `*`.
    tail: Option<&'static str>,
}

impl Pattern {
    const fn of(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let mut first = 0;
        while first < bytes.len() && bytes[first] != b'*' {
            first += 1;
        }
        let (head, rest) = text.split_at(first);
        let start = start_of(head.as_bytes());
        if rest.is_empty() {
            return Self { start, given: u64::MAX, head, middle: None, tail: None };
        }
        let given = if first < 8 { (1 << (8 * first)) - 1 } else { u64::MAX };
        let mut last = bytes.len() - 1;
        while bytes[last] != b'*' {
            last -= 1;
        }
        let middle = if last > first { Some(text.split_at(last).0.split_at(first + 1).1) } else { None };
        Self { start, given, head, middle, tail: Some(text.split_at(last + 1).1) }
    }

    #[inline]
    fn fits(&self, value: Value<'_>) -> bool {
        (self.start ^ value.start) & self.given == 0 && self.fits_whole(value.text)
    }

    fn fits_whole(&self, text: &str) -> bool {
        let Some(tail) = self.tail else { return text == self.head };
        let within = text.as_bytes().strip_prefix(self.head.as_bytes());
        let Some(mut within) = within.and_then(|within| within.strip_suffix(tail.as_bytes())) else { return false };
        self.middle.into_iter().flat_map(|middle| middle.split('*')).all(|piece| {
            let place = memchr::memmem::find(within, piece.as_bytes());
            let Some(behind) = place.and_then(|place| within.get(place + piece.len()..)) else { return false };
            within = behind;
            true
        })
    }
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
            ("a*b*c*d", "abcd", true),
            ("a*b*c*d", "acbd", false),
            ("a**d", "ad", true),
            ("a*a", "a", false),
            ("*", "", true),
            ("EHLO lo", "EHLO lo", true),
            ("EHLO lo", "EHLO l", false),
            ("EHLO localhost", "EHLO localhos", false),
            ("EHLO loc*", "EHLO localhost", true),
            ("EHLO local*", "EHLO loca", false),
            ("EHLO local*", "EHLO lokal", false),
        ] {
            assert_eq!(Pattern::of(pattern).fits(Value::new(text)), expected, "{pattern}: {text}");
        }
    }

    #[test]
    fn signatures_are_there() {
        for group in GROUPS.iter().flatten() {
            for Signature { name, confidence, traits, needs, .. } in group.signatures {
                assert!(!traits.is_empty() && (0.0..=1.0).contains(confidence), "{name}");
                for (place, patterns) in *traits {
                    assert!(group.names.get(*place).is_some(), "{name}: there is no trait {place}");
                    assert_eq!(needs & bit(*place) != 0, !patterns.these.is_empty() && *place < 64, "{name}: {place}");
                }
            }
            assert!(group.signatures.is_sorted_by(|one, next| one.traits.len() >= next.traits.len()));
        }
        let protocols = [Protocol::Smtp, Protocol::Lmtp, Protocol::Pop3, Protocol::Imap];
        for (server, program) in [(false, "curl"), (true, "Dovecot")] {
            let knows = |protocol: Protocol| group(protocol, server).signatures.iter().any(|it| it.name == program);
            assert_eq!(protocols.map(knows), [true, server, true, true], "{program}");
            assert!(aliases(server).named_in(program).any(|name| name == program), "{program}");
        }
    }

    #[test]
    fn aliases_are_found_in_any_case_and_place() {
        let mut aliases = Aliases::default();
        for (word, program) in [("postfix", "Postfix"), ("post office", "Office"), ("pm", "PowerMTA"), ("x-1", "X")] {
            aliases.add(word, program);
        }
        for (text, expected) in [
            ("220 mx ESMTP PostFix", vec!["Postfix"]),
            ("popostfixpm", vec!["Postfix", "PowerMTA"]),
            ("a Post Office of X-1", vec!["Office", "X"]),
            ("postfi", vec![]),
            ("\u{fc}p\u{fc}", vec![]),
            ("0-0\u{0}p-", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(aliases.named_in(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn one_that_must_not_fit() {
        const BOTH: Patterns = Patterns { these: &[Pattern::of("EHLO*")], not: &[Pattern::of("*STARTTLS*")] };
        const NOT: Patterns = Patterns { these: &[], not: &[Pattern::of("*STARTTLS*")] };
        assert!(BOTH.fit(Some(Value::new("EHLO | MAIL"))));
        assert!(!BOTH.fit(Some(Value::new("EHLO | STARTTLS | MAIL"))));
        assert!(!BOTH.fit(None));
        assert!(NOT.fit(None));
    }
}
