/*!
Signatures: how a program behaves. They are data, a file a program, in the folder `signatures` (its `README.md` says how
they are written); `build.rs` packs them into the program.
*/

use super::name::Name;
use crate::protocol::Protocol;
use memchr::memmem::Finder;
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A signature as the build script packs it.
#[derive(Deserialize)]
struct Packed<'a> {
    name: &'a str,
    #[serde(borrow)]
    aliases: Vec<&'a str>,
    server: bool,
    /// `smtp`, `lmtp`, `pop3` or `imap`.
    protocol: &'a str,
    versions: &'a str,
    confidence: f32,
    #[serde(borrow)]
    traits: BTreeMap<&'a str, Vec<&'a str>>,
}

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
    pub traits: Vec<(usize, Patterns)>,
    /// The bits of the traits that must be there.
    pub needs: u64,
}

/// The bit of the trait at `place` in [`Group::names`]; those beyond the first 64 have none.
pub fn bit(place: usize) -> u64 {
    u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or_default()
}

/// What the value of a trait must be: one of `these`, if there are any, and none of `not`. `*` stands for anything.
#[derive(Debug, Default)]
pub struct Patterns {
    these: Vec<Pattern>,
    /// Those that are written with `!` in front.
    not: Vec<Pattern>,
}

impl Patterns {
    fn of(patterns: &[&'static str]) -> Self {
        let mut all = Self::default();
        for pattern in patterns {
            match pattern.strip_prefix('!') {
                Some(pattern) => all.not.push(Pattern::of(pattern)),
                None => all.these.push(Pattern::of(pattern)),
            }
        }
        all
    }

    /// One of them has to be looked for in all of a text.
    fn is_searched(&self) -> bool {
        self.these.iter().chain(&self.not).any(|pattern| pattern.head.is_empty() && pattern.tail.is_some())
    }

    /// Whether `value` is as it must be; a trait that is not there has none of the values that it must not have.
    pub fn fit(&self, value: Option<&str>) -> bool {
        let fits_one =
            |patterns: &[Pattern]| value.is_some_and(|value| patterns.iter().any(|pattern| pattern.fits(value)));
        (self.these.is_empty() || fits_one(&self.these)) && !fits_one(&self.not)
    }
}

/// The signatures of one side of a protocol.
#[derive(Debug, Default)]
pub struct Group {
    /// The traits that they ask for.
    pub names: Vec<Name<'static>>,
    /// The signatures; those that ask for more traits stand before those that ask for fewer.
    pub signatures: Vec<Signature>,
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
    static ALIASES: LazyLock<[Aliases; 2]> = LazyLock::new(|| {
        let mut all: [Aliases; 2] = Default::default();
        let mut known: Vec<(&str, bool)> = Vec::new();
        for Packed { name, server, aliases, .. } in packed() {
            if !known.contains(&(name, server)) {
                known.push((name, server));
                aliases.into_iter().for_each(|alias| all[usize::from(server)].add(alias, name));
            }
        }
        all
    });
    &ALIASES[usize::from(server)]
}

/// The signatures of the clients or servers of `protocol`.
pub fn group(protocol: Protocol, server: bool) -> &'static Group {
    static GROUPS: LazyLock<[[Group; 2]; 4]> = LazyLock::new(grouped);
    &GROUPS[protocol as usize][usize::from(server)]
}

fn grouped() -> [[Group; 2]; 4] {
    let mut groups: [[Group; 2]; 4] = Default::default();
    for signature in packed() {
        let protocol = match signature.protocol {
            "lmtp" => Protocol::Lmtp,
            "pop3" => Protocol::Pop3,
            "imap" => Protocol::Imap,
            _ => Protocol::Smtp,
        };
        let group = &mut groups[protocol as usize][usize::from(signature.server)];
        let mut traits = Vec::with_capacity(signature.traits.len());
        for (name, patterns) in signature.traits {
            // A test holds that there is none that is no trait.
            let Some(name) = Name::of(name) else { continue };
            let place = group.names.iter().position(|known| *known == name).unwrap_or(group.names.len());
            if place == group.names.len() {
                group.names.push(name);
            }
            traits.push((place, Patterns::of(&patterns)));
        }
        traits.sort_by_key(|(_, patterns)| patterns.is_searched());
        let needed = traits.iter().filter(|(_, patterns)| !patterns.these.is_empty());
        let needs = needed.fold(0, |needs, (place, _)| needs | bit(*place));
        let Packed { name, versions, confidence, .. } = signature;
        group.signatures.push(Signature { name, versions, confidence, traits, needs });
    }
    for group in groups.iter_mut().flatten() {
        group.signatures.sort_by_key(|signature| Reverse(signature.traits.len()));
    }
    groups
}

fn packed() -> Vec<Packed<'static>> {
    // The build script wrote it from files that it has checked.
    postcard::from_bytes(include_bytes!(concat!(env!("OUT_DIR"), "/signatures"))).unwrap_or_default()
}

/// A text in which `*` stands for any text, cut at each.
#[derive(Debug)]
struct Pattern {
    head: &'static str,
    middle: Vec<Finder<'static>>,
    /// What stands behind the last `*`.
    tail: Option<&'static str>,
}

impl Pattern {
    fn of(text: &'static str) -> Self {
        let Some((head, rest)) = text.split_once('*') else {
            return Self { head: text, middle: Vec::new(), tail: None };
        };
        let (middle, tail) = rest.rsplit_once('*').map_or((None, rest), |(middle, tail)| (Some(middle), tail));
        let middle = middle.into_iter().flat_map(|middle| middle.split('*')).map(Finder::new).collect();
        Self { head, middle, tail: Some(tail) }
    }

    fn fits(&self, text: &str) -> bool {
        let Some(tail) = self.tail else { return text == self.head };
        let within = text.as_bytes().strip_prefix(self.head.as_bytes());
        let Some(mut within) = within.and_then(|within| within.strip_suffix(tail.as_bytes())) else { return false };
        self.middle.iter().all(|piece| {
            let Some(place) = piece.find(within) else { return false };
            within = &within[place + piece.needle().len()..];
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
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(Pattern::of(pattern).fits(text), expected, "{pattern}: {text}");
        }
    }

    #[test]
    fn signatures_are_there() {
        let packed = packed();
        assert!(!packed.is_empty());
        for signature in &packed {
            let (name, traits) = (signature.name, &signature.traits);
            assert!(!traits.is_empty() && (0.0..=1.0).contains(&signature.confidence), "{name}");
            for shown in traits.keys() {
                assert!(Name::of(shown).is_some(), "{name}: there is no trait {shown:?}");
            }
        }
        let protocols = [Protocol::Smtp, Protocol::Lmtp, Protocol::Pop3, Protocol::Imap];
        let grouped = protocols.iter().flat_map(|protocol| [group(*protocol, false), group(*protocol, true)]);
        assert_eq!(grouped.map(|group| group.signatures.len()).sum::<usize>(), packed.len());
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
    fn a_pattern_after_an_exclamation_mark_must_not_fit() {
        let patterns = Patterns::of(&["EHLO*", "!*STARTTLS*"]);
        assert!(patterns.fit(Some("EHLO | MAIL")));
        assert!(!patterns.fit(Some("EHLO | STARTTLS | MAIL")));
        assert!(!patterns.fit(None));
        assert!(Patterns::of(&["!*STARTTLS*"]).fit(None));
    }
}
