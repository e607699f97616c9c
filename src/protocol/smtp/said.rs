/*!
What a server gives as the reason of a refusal, in well-known words, whatever was asked.

The words come before the codes: `554 SMTP synchronization error` answers HELO and says nothing about the client's name.
Where they are not known there is no [`Said`], and the sentence stays as general as the code. Why a login is refused is
read in `protocol::login_cause`.
*/

mod own_words;
mod words;

pub use words::Said;

use own_words::{beginning, own_words};
use words::WORDS;

/// Most bytes of a reply in which words are looked for.
const TEXT_BYTES: usize = 2_000;

/// What the reply `text` gives as its reason; `None` where its words are not known.
pub fn of(text: &[u8]) -> Option<Said> {
    let text = text.get(..TEXT_BYTES).unwrap_or(text);
    // qmail says it by the address of a page alone.
    if memchr::memmem::find(text, b"smtplf.html").is_some() {
        return Some(Said::BareLineEnd);
    }
    let words = own_words(text);
    // What each word and all after it are: a needle stands at the beginning of one. Replies are short, so that comparing
    // is faster than a searcher for each needle.
    let rests: Vec<&[u8]> = memchr::memchr_iter(b' ', &words)
        .filter_map(|space| words.get(space + 1..))
        .filter(|rest| !rest.is_empty())
        .collect();
    let there = rests.iter().fold(0, |there, rest| there | beginning(rest));
    let says = |needle: &&str| rests.iter().any(|rest| rest.starts_with(needle.as_bytes()));
    // Nearly all groups begin with letters that no word begins with.
    let groups = WORDS.iter().zip(&BEGINNINGS).filter(|(_, needed)| *needed & !there == 0).map(|(group, _)| group);
    groups.into_iter().find(|(needles, _)| needles.iter().all(says)).map(|(_, said)| *said)
}

/// True where a reply has words of the server's beyond its codes and the names of hosts.
pub fn has_words(text: &[u8]) -> bool {
    let text = text.get(..TEXT_BYTES).unwrap_or(text);
    let words = own_words(text);
    // A name of one label is not told from a word; a word alone is no sentence either.
    words.split(|byte| *byte == b' ').filter(|word| word.iter().any(u8::is_ascii_alphabetic)).nth(1).is_some()
}

/// For each group of [`WORDS`], the bits of the words that it needs.
const BEGINNINGS: [u128; WORDS.len()] = {
    let mut all = [0; WORDS.len()];
    let mut group = 0;
    while group < WORDS.len() {
        let needles = WORDS[group].0;
        let mut needle = 0;
        while needle < needles.len() {
            all[group] |= beginning(needles[needle].as_bytes());
            needle += 1;
        }
        group += 1;
    }
    all
};

/// True where a reply that accepts a message says that it is thrown away.
pub fn discards(text: &[u8]) -> bool {
    let text = text.get(..TEXT_BYTES).unwrap_or(text);
    memchr::memmem::find(&own_words(text), b" discard").is_some()
}

/// True where the reply 250 to VRFY or EXPN has what it must have, an address (RFC 5321, section 3.5.3): in brackets, or
/// with a domain. Some servers say `250 Ok` to every name.
pub fn has_address(text: &[u8]) -> bool {
    let text = text.get(..TEXT_BYTES).unwrap_or(text);
    memchr::memchr2(b'@', b'<', text).is_some()
}

#[cfg(test)]
mod tests;
