/*!
Which words of a server's reply may repeat a line of the client's that was not captured, or not understood.

A server that does not understand a line likes to repeat it: `-ERR unknown command: …`. Where the line is known, its words
are searched for in the reply. Where it is not, the reply's own words decide: what is shown are those that servers use
in such replies, and short numbers.
*/

use crate::protocol::Protocol;
use std::ops::Range;

/// The words of a reply of `protocol` that may be the client's, in ascending ranges of `text`.
pub fn words(protocol: Protocol, text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let code = match protocol {
            Protocol::Smtp | Protocol::Lmtp => code_end(line),
            Protocol::Pop3 if number == 0 => line.find(' ').filter(|_| line.starts_with(['+', '-'])).unwrap_or(0),
            Protocol::Imap if number == 0 => tag_end(line),
            Protocol::Pop3 | Protocol::Imap => 0,
        };
        let list = if number == 0 { list(line) } else { 0..0 };
        for word in words_from(line, code).filter(|word| !list.contains(&word.start)) {
            if is_of_replies(line.get(word.clone()).unwrap_or_default()) {
                continue;
            }
            let word = at + word.start..at + word.end;
            match found.last_mut() {
                // Words that follow each other are one secret, or one line.
                Some(last)
                    if text.get(last.end..word.start).is_some_and(|gap| gap.trim_matches([' ', '\t']).is_empty()) =>
                {
                    last.end = word.end;
                }
                _ => found.push(word),
            }
        }
        at += line.len();
    }
    found
}

/// True for a reply that may repeat what the client said: it says no, ends a login, or is not understood.
pub fn is_telling(protocol: Protocol, text: &str) -> bool {
    match protocol {
        Protocol::Smtp | Protocol::Lmtp => !text.starts_with(['1', '2', '3']) || text.starts_with("235"),
        Protocol::Pop3 => !text.starts_with("+ "),
        Protocol::Imap => {
            let mut words = text.split(' ');
            let (tag, word) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let says =
                ["OK", "NO", "BAD", "BYE", "PREAUTH"].iter().any(|known| word.trim_end().eq_ignore_ascii_case(known));
            tag != "+" && (says || tag != "*")
        }
    }
}

/// What the server itself has to tell with OK: its capabilities, the UIDs of new messages (RFC 3501, section 7.1; RFC
/// 4315, section 3).
fn list(line: &str) -> Range<usize> {
    let codes = [" OK [CAPABILITY ", " OK [APPENDUID ", " OK [COPYUID "];
    let code = codes.iter().find_map(|code| line.find(code).map(|at| at + code.len()));
    let start =
        code.filter(|start| line.get(..*start).is_some_and(|before| before.split(' ').count() == 4)).unwrap_or(0);
    let length = line.get(start..).and_then(|rest| rest.find(']')).filter(|_| start > 0).unwrap_or(0);
    start..start + length
}

/// The ranges of the words of a line from `at` on, which are what stands between blanks.
fn words_from(line: &str, at: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut end = at;
    line.get(at..).unwrap_or_default().split_inclusive(|c: char| c.is_ascii_whitespace()).filter_map(move |word| {
        let start = end;
        end += word.len();
        let word = word.trim_ascii_end();
        (!word.is_empty()).then(|| start..start + word.len())
    })
}

/// Where the code ends: three digits, and a blank, a hyphen or the end of the line.
fn code_end(line: &str) -> usize {
    let is_code = line.bytes().take(3).filter(u8::is_ascii_digit).count() == 3;
    let ends = line.get(3..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '-', '\r', '\n']));
    if is_code && ends { line.len().min(4) } else { 0 }
}

/// Where the tag ends. A server takes the first word of any line for its tag, and repeats it with BAD: only a short one
/// is surely none of a password's.
fn tag_end(line: &str) -> usize {
    let mut words = line.split(' ');
    let (tag, word) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_understood = ["OK", "NO"].iter().any(|known| word.trim_end().eq_ignore_ascii_case(known));
    if is_understood || tag.len() < TAG { tag.len() } else { 0 }
}

/// Bytes of a tag that is taken for a part of a password where it is not known.
const TAG: usize = 6;

/// True for a word that servers use in replies.
fn is_of_replies(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| c.is_ascii_punctuation());
    let bare = bare.strip_suffix("'s").unwrap_or(bare);
    if bare.is_empty() {
        return word.len() <= 3;
    }
    if word.len() > bare.len() + 6 {
        return false;
    }
    let mut parts = bare.split(['-', '/']);
    is_number(bare) || (parts.clone().count() <= 2 && parts.all(is_known))
}

/// A number that is shorter than a password, or several with a point between: `0.001`, `5.7.8`.
fn is_number(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    (1..=5).contains(&digits) && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn is_known(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let all = WORDS.iter().find(|all| lower.get(..1).is_some_and(|first| all.starts_with(first))).copied();
    let is_one = |word: &str| all.unwrap_or_default().split(' ').any(|known| known == word);
    is_one(&lower) || ["s", "ed"].iter().any(|end| lower.strip_suffix(end).is_some_and(is_one))
}

/// Words of replies by their first letters, in lower case.
const WORDS: &[&str] = &[
    "a aborted about accept access account add address after again all allow allowed already \
     alreadyexists also an and another any apop append appendlimit appenduid are argument arguments as at \
     auth authenticate authenticated authentication authenticationfailed authorization \
     authorizationfailed available",
    "bad badcharset badly base64 be because been before being blank but by bye bytes",
    "can cannot cant capa capability challenge change channel check clear client clientbug close closed \
     closing code com command complete completed connect connection contactadmin content control copy \
     copyuid corruption could cram credential credentials",
    "data day decode delay delete deleted delivery denied did directory disabled disconnect disconnected \
     disconnecting do does doesn domain don done downgraded duplicate during",
    "each ehlo either empty encoding encrypted encryption end error etrn exceeded exists expected expired \
     expunge expungeissued external extra",
    "failed failure fatal fetch few file first flags folder for forbidden format found from full",
    "go good goodbye greeted greeting",
    "had has have haven hello helo help here highestmodseq host",
    "if illegal imap imap4rev1 implement implemented in inactivity inbox incorrect initial input \
     insufficient internal into inuse invalid is issue it items",
    "key known",
    "later lhlo limit limits line lines list literal local lock locked log logged logging login logout \
     long lookup lost",
    "mail mailbox maildrop many match may mechanism memory message messages method mime min minute \
     missing mode modified must",
    "name need needed network never new newname next no nomodseq non nonce nonexistent noop noperm nor \
     not nothing now null number",
    "object octets of off ok on once one only open operation option or order other out outside over \
     overquota",
    "parameter parameters parse parsing pass password path per perm permanent permanentflags permanently \
     permission permitted pipe pipelining please policy pop pop3 possible preauth previous \
     privacyrequired problem proceed process processed processing protocol provided",
    "queue quit quota quotaexceeded",
    "range read ready reason receive received recipient recognised recognize recognized refuse refused \
     reject rejected relay remote rename repeat reply request requested require required requires reset \
     resource response rest retr retry rights rset rule",
    "same second seconds secs secure security see select selected send sender sending sent sequence \
     server serverbug serverfail service session shutdown shutting signed signing since size smtp some \
     sorry space spam specified specify ssl start started starttls stat state status still stls stop \
     store string success successful successfully such supplied support supported syntax sys system",
    "tag tagged takes takethis temp temporarily temporary terminated terminating than that the then there \
     this time timed timeout tls to too top total transaction transfer transient transition tried try \
     trycreate type",
    "uid uidl uidnext uidvalidity unable unacceptable unauthenticated unauthorized unavailable unexpected \
     unimplemented unknown unknowncte unlisted unlocked unparseable unrecognised unrecognized unseen \
     unsupported until up update use used user username users using utf8",
    "valid value verified verify via violation",
    "wait was we welcome were what when where which while will with without word wrong",
    "yet you your",
];

#[cfg(test)]
mod tests {
    use super::super::masked::{Found, Masked};
    use super::words;
    use crate::protocol::Protocol;

    fn shown(protocol: Protocol, text: &str) -> String {
        let found = words(protocol, text).into_iter().map(|range| Found { range, known: None }).collect::<Vec<_>>();
        Masked::new(text, &found, |_| crate::protocol::secret::MASK).text
    }

    #[test]
    fn words_that_servers_do_not_use_are_hidden() {
        let smtp = |text| shown(Protocol::Smtp, text);
        assert_eq!(smtp("500 5.5.2 Error: command not recognized"), "500 5.5.2 Error: command not recognized");
        assert_eq!(smtp("500 unrecognized: Vx4kummel"), "500 unrecognized: ********");
        assert_eq!(smtp("500 unrecognized: white rabbit 7"), "500 unrecognized: ******** 7");
        assert_eq!(
            smtp("535-5.7.8 not Vx4k\r\n535 5.7.8 Vx4k is wrong"),
            "535-5.7.8 not ********\r\n535 5.7.8 ******** is wrong"
        );
        assert_eq!(smtp("500 12345"), "500 12345");
        assert_eq!(smtp("500 123456 (bad)"), "500 ******** (bad)");
        assert_eq!(smtp("Vx4kummel?"), "********");
        assert_eq!(smtp("500-Vx4k\u{e9}\r\n500"), "500-********\r\n500");
    }

    #[test]
    fn a_status_and_a_tag_stay_and_a_secret_in_their_place_goes() {
        assert_eq!(shown(Protocol::Pop3, "-ERR [AUTH] Vx4k?"), "-ERR [AUTH] ********");
        assert_eq!(shown(Protocol::Pop3, "-ERR Unknown command: Vx4k"), "-ERR Unknown command: ********");
        assert_eq!(shown(Protocol::Imap, "A0017 OK Logged in."), "A0017 OK Logged in.");
        assert_eq!(shown(Protocol::Imap, "A0017x OK Logged in."), "A0017x OK Logged in.");
        assert_eq!(shown(Protocol::Imap, "Vx4kummel BAD Unknown command"), "******** BAD Unknown command");
        assert_eq!(
            shown(Protocol::Imap, "a BAD Unknown command VX4K (0.001 + 0.000 secs)."),
            "a BAD Unknown command ******** (0.001 + 0.000 secs)."
        );
        let list = "a OK [CAPABILITY IMAP4rev1 XVENDOR] welcome Vx4k";
        assert_eq!(shown(Protocol::Imap, list), "a OK [CAPABILITY IMAP4rev1 XVENDOR] welcome ********");
        let none = "a NO Vx4k OK [CAPABILITY Vx4k]";
        assert_eq!(shown(Protocol::Imap, none), "a NO ******** OK [CAPABILITY ********");
    }

    #[test]
    fn the_words_are_in_lower_case_and_below_their_first_letter() {
        for all in super::WORDS {
            let first = all.get(..1).expect("a letter");
            assert!(all.split(' ').all(|word| word.starts_with(first) && word == word.to_lowercase()), "{all}");
        }
    }
}
