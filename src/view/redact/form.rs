/*!
Which part of a client's line may be shown, judged by the line alone.

A line is shown if it is a command that the protocol defines and its arguments have the form that the protocol gives
them. Of a command that logs in, what follows the mechanism or the user name is hidden. Everything else is hidden whole:
what is not understood may be a password.
*/

use crate::protocol::event::Subject;
use crate::protocol::sasl::Mechanism;
use crate::protocol::{imap, pop3, smtp};

/// What may be shown of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All of it.
    Whole,
    /// What stands before this byte.
    Until(usize),
    /// Nothing.
    Nothing,
}

/// A line, as far as it can be judged without those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// What may be shown of it.
    pub shown: Shown,
    /// No password and no response to a challenge has this form: it is a command wherever it stands.
    pub sure: bool,
    /// The command begins a login, or goes on with one.
    pub login: bool,
}

impl Form {
    const NOTHING: Self = Self { shown: Shown::Nothing, sure: false, login: false };

    fn plain(shown: Shown, sure: bool) -> Self {
        Self { shown, sure, login: false }
    }

    fn login(shown: Shown) -> Self {
        Self { shown, sure: true, login: true }
    }

    /// The form of `text`, which the dialogue took for a command if `subject` says so. `whole` is false where the end of
    /// the line is missing.
    pub fn of(text: &str, subject: &Subject, whole: bool) -> Self {
        if is_proxy_header(text) {
            return Self::plain(Shown::Whole, true);
        }
        let line = Words { text, at: 0 };
        let form = match subject {
            Subject::Smtp(smtp::Subject::Command(verb)) => smtp(*verb, line),
            Subject::Pop3(pop3::Subject { what: pop3::What::Command(verb), .. }) => pop3(*verb, line),
            Subject::Imap(imap::Subject { what: imap::What::Command { verb, .. }, .. }) => imap(*verb, line),
            Subject::Imap(imap::Subject { what: imap::What::Done, .. }) => Some(Self::plain(Shown::Whole, false)),
            _ => None,
        };
        match form.unwrap_or(Self::NOTHING) {
            // Of a line that is cut, the last word may be anything.
            form if !whole => match form.shown {
                Shown::Until(_) => form,
                _ if form.login => Self { shown: Shown::Until(first_word_end(text)), ..form },
                _ => Self::NOTHING,
            },
            form => form,
        }
    }
}

/// Where the first word ends, behind which a command of a login has its arguments; the tag, for IMAP.
fn first_word_end(text: &str) -> usize {
    text.find(' ').map_or(text.len(), |space| space + 1)
}

/// The words of a line, one after the other.
#[derive(Clone, Copy)]
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    fn rest(self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next word, up to a space. Absent at the end of the line, and where two spaces follow each other.
    fn next(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let word = rest.split(' ').next().filter(|word| !word.is_empty())?;
        self.at += word.len();
        if self.rest().starts_with(' ') {
            self.at += 1;
        }
        Some(word)
    }

    /// True where nothing but blanks is left.
    fn is_over(self) -> bool {
        self.rest().trim_end().is_empty()
    }
}

fn number(word: &str) -> bool {
    !word.is_empty() && word.len() <= 20 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// All of a line whose arguments are in form; else its verb, which ends at `verb`.
fn whole_if(in_form: bool, verb: usize, sure: bool) -> Form {
    match in_form {
        true => Form::plain(Shown::Whole, sure),
        false => Form::plain(Shown::Until(verb), false),
    }
}

/// A command without arguments.
fn alone(line: Words<'_>) -> Form {
    whole_if(line.is_over(), line.at, false)
}

/// A command whose arguments are up to `most` words for which `is_word` is true, at least `least`.
fn words(mut line: Words<'_>, least: usize, most: usize, sure: bool, is_word: fn(&str) -> bool) -> Form {
    let (verb, mut count) = (line.at, 0);
    while !line.is_over() {
        match line.next() {
            Some(word) if is_word(word.trim_end()) => count += 1,
            _ => return whole_if(false, verb, sure),
        }
    }
    whole_if((least..=most).contains(&count), verb, sure && count > 0)
}

fn smtp(verb: smtp::Verb, mut line: Words<'_>) -> Option<Form> {
    use smtp::Verb;
    line.next()?;
    let verb_end = line.at;
    Some(match verb {
        Verb::Helo | Verb::Ehlo | Verb::Lhlo => words(line, 1, 1, true, is_host),
        Verb::Mail => whole_if(is_path(line.rest(), "FROM:"), verb_end, true),
        Verb::Rcpt => whole_if(is_path(line.rest(), "TO:"), verb_end, true),
        Verb::Data | Verb::Rset | Verb::Quit | Verb::Turn | Verb::StartTls | Verb::Noop | Verb::Help => alone(line),
        Verb::Verb | Verb::Onex | Verb::Xusr => alone(line),
        Verb::Bdat => words(line, 1, 2, true, |word| number(word) || word.eq_ignore_ascii_case("LAST")),
        Verb::Xexch50 => words(line, 1, 2, true, number),
        // RFC 6531, section 3.7.4.2.
        Verb::Vrfy | Verb::Expn if line.text.trim_end().to_ascii_uppercase().ends_with(" SMTPUTF8") => {
            words(line, 2, 2, false, |_| true)
        }
        Verb::Vrfy | Verb::Expn | Verb::Etrn | Verb::Atrn => words(line, 0, 1, false, |_| true),
        Verb::Burl => whole_if(line.rest().contains("://") && !holds_secret_url(line.rest()), verb_end, false),
        Verb::Xclient | Verb::Xforward => words(line, 1, 32, true, is_attribute),
        Verb::Auth => match text_before_equals(line.text) {
            Some(at) => auth(Words { at, ..line }),
            None => auth(line),
        },
        // Forms that are not published.
        Verb::Xstatus | Verb::Xshadow | Verb::Xproxy | Verb::Xsession | Verb::XlinkState | Verb::Other => return None,
    })
}

/// Where the mechanism begins in `AUTH=LOGIN`.
fn text_before_equals(text: &str) -> Option<usize> {
    let verb = text.split(' ').next()?;
    verb.split_once('=').map(|(name, _)| name.len() + 1)
}

fn pop3(verb: pop3::Verb, mut line: Words<'_>) -> Option<Form> {
    use pop3::Verb;
    line.next()?;
    let verb_end = line.at;
    Some(match verb {
        // A colon or a slash may stand between user name and password.
        Verb::User => match words(line, 1, 1, true, |name| !name.contains([':', '/'])) {
            Form { shown: Shown::Whole, .. } => Form::login(Shown::Whole),
            _ => Form::login(Shown::Until(verb_end)),
        },
        Verb::Pass => Form::login(Shown::Until(verb_end)),
        Verb::Apop => {
            let (_, name_end, digest) = (line.next(), line.at, line.rest().trim_end());
            let is_digest = digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            Form::login(Shown::Until(if is_digest { name_end } else { verb_end }))
        }
        Verb::Auth if line.is_over() => Form::login(Shown::Whole),
        Verb::Auth => auth(line),
        Verb::Capa | Verb::Stls | Verb::Stat | Verb::Last | Verb::Noop | Verb::Rset | Verb::Quit => alone(line),
        Verb::List | Verb::Uidl => words(line, 0, 1, true, number),
        Verb::Retr | Verb::Dele => words(line, 1, 1, true, number),
        Verb::Top => words(line, 1, 2, true, number),
        Verb::Lang => words(line, 0, 1, false, |word| word == "*" || is_language(word)),
        Verb::Utf8 => words(line, 0, 1, false, |word| word.eq_ignore_ascii_case("USER")),
        Verb::Xtnd => words(line, 1, 1, false, |word| word.eq_ignore_ascii_case("XMIT")),
        Verb::Other => return None,
    })
}

fn imap(verb: imap::Verb, mut line: Words<'_>) -> Option<Form> {
    use imap::Verb;
    let tag = line.next().filter(|tag| is_tag(tag))?;
    let word = line.next()?.trim_end();
    if word.contains(['\n', '\r']) {
        return None;
    }
    if word.eq_ignore_ascii_case("UID") {
        line.next()?;
    }
    let verb_end = line.at;
    // Programs number their tags or write their verbs in capitals; sentences do neither.
    let sure = tag.bytes().any(|byte| byte.is_ascii_digit()) || !word.bytes().any(|byte| byte.is_ascii_lowercase());
    Some(match verb {
        _ if word.eq_ignore_ascii_case("LOGIN") => Form::login(Shown::Until(user_name_end(line).unwrap_or(verb_end))),
        Verb::Authenticate => auth(line),
        Verb::Other => return None,
        verb if verb.stands_alone() => whole_if(line.is_over(), verb_end, sure),
        Verb::Id => whole_if(id_fields(line.rest()).into_iter().all(is_of_id), verb_end, sure),
        _ => whole_if(!holds_secret_url(line.rest()) && !names_secret(line), verb_end, sure),
    })
}

/// True for metadata and annotations (RFC 5464) whose names say that their values are secret.
fn names_secret(line: Words<'_>) -> bool {
    let is_about = |word: &str| line.text.to_ascii_uppercase().contains(word);
    (is_about(" SETMETADATA ") || is_about(" SETANNOTATION ")) && line.rest().split(['/', '"', ' ']).any(is_secret_name)
}

fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["pass", "pwd", "secret", "token", "credential"].iter().any(|word| name.contains(word))
}

/// The names of the fields of ID: every other string, where a value may be NIL.
fn id_fields(arguments: &str) -> Vec<&str> {
    let (mut names, mut is_name) = (Vec::new(), true);
    for (number, part) in arguments.split('"').enumerate() {
        if number % 2 == 0 {
            let values =
                part.split_whitespace().filter(|word| word.trim_matches(['(', ')']).eq_ignore_ascii_case("NIL"));
            is_name ^= values.count() % 2 == 1;
            continue;
        }
        if is_name {
            names.push(part);
        }
        is_name = !is_name;
    }
    names
}

/// A field of ID (RFC 2971, section 3.3), or one by which a proxy says who its client is.
fn is_of_id(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "name",
        "version",
        "os",
        "os-version",
        "vendor",
        "support-url",
        "address",
        "date",
        "command",
        "arguments",
        "environment",
        "guid",
        "device",
        "contact",
        "release",
        "revision",
        "remote-host",
        "user",
        "username",
        "connection_id",
        "transid",
        "tid",
        "platform",
        "build",
        "language",
        "locale",
        "email",
        "model",
    ];
    let lower = name.to_ascii_lowercase();
    NAMES.contains(&lower.as_str()) || (lower.starts_with("x-") && !is_secret_name(&lower))
}

/// A tag of a language (RFC 5646, section 2.1): `en`, `zh-Hans-CN`.
fn is_language(word: &str) -> bool {
    let mut parts = word.split('-');
    let is_first = parts
        .next()
        .is_some_and(|part| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
    is_first && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// A mechanism, and perhaps an initial response, which is hidden: only LOGIN's is a user name.
fn auth(mut line: Words<'_>) -> Form {
    let verb = line.at;
    let name = line.next().unwrap_or_default().trim_end().to_ascii_uppercase();
    match (Mechanism::is_known(&name), line.is_over()) {
        (true, true) => Form::login(Shown::Whole),
        (true, false) if name == "LOGIN" && user_name(line.rest()).is_some() => Form::login(Shown::Whole),
        (true, false) => Form::login(Shown::Until(line.at)),
        // What stands there may be the response, without a mechanism before it.
        (false, _) => Form::login(Shown::Until(verb)),
    }
}

/// The user name in a response of LOGIN, unless the response is of another kind.
pub fn user_name(response: &str) -> Option<String> {
    let decoded = String::from_utf8(super::encodings::base64(response)?).ok()?;
    let is_name = !decoded.is_empty() && !decoded.contains(|c: char| c.is_control());
    is_name.then_some(decoded)
}

/// Where LOGIN's password begins (RFC 3501, section 9: `"LOGIN" SP userid SP password`). `None` where the line does not
/// have two arguments.
fn user_name_end(line: Words<'_>) -> Option<usize> {
    let rest = line.rest();
    let name = astring(rest)?;
    let after = rest.get(name..)?.strip_prefix(' ')?;
    (astring(after)? == after.trim_end().len() && !after.is_empty()).then_some(line.at + name + 1)
}

/// Length of the string that `text` begins with: quoted, a literal, or an atom.
fn astring(text: &str) -> Option<usize> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut escaped = false;
        let end = quoted.bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        });
        return Some(end? + 2);
    }
    if let Some(literal) = text.strip_prefix('{') {
        let (count, rest) = literal.split_once('}')?;
        let octets: usize = count.trim_end_matches(['+', '-']).parse().ok()?;
        let content = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n'))?;
        let end = text.len() - content.len() + octets;
        return text.is_char_boundary(end).then_some(end);
    }
    let end = text.find([' ', '\n']).unwrap_or(text.len());
    (end > 0 && !text.get(..end)?.contains(['(', ')', '{', '"', '\t'])).then_some(end)
}

/// An attribute of XCLIENT or XFORWARD: who the client is, for whom a proxy speaks (Postfix, XCLIENT_README and
/// XFORWARD_README). LOGIN is the user name.
fn is_attribute(word: &str) -> bool {
    const NAMES: &[&str] =
        &["NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT", "IDENT", "SOURCE"];
    word.split_once('=').is_some_and(|(name, _)| NAMES.contains(&name.to_ascii_uppercase().as_str()))
}

/// True for the octet count of a literal, behind the content of another one (RFC 3502: ` {182+}`).
pub fn is_literal(text: &str) -> bool {
    let count = text.strip_prefix(" {").and_then(|text| text.trim_end().strip_suffix('}'));
    count.is_some_and(|count| number(count.trim_end_matches(['+', '-'])))
}

/// A tag as programs and people choose them.
fn is_tag(tag: &str) -> bool {
    tag.len() <= 32 && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-$#".contains(&byte))
}

fn is_host(word: &str) -> bool {
    word.len() <= 255 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

/// A path and its parameters (RFC 5321, section 4.1.2).
fn is_path(arguments: &str, keyword: &str) -> bool {
    let Some((before, after)) = arguments.split_at_checked(keyword.len()) else { return false };
    let after = after.trim_start();
    let path = match after.strip_prefix('<').and_then(|path| path.split_once('>')) {
        Some((path, parameters)) => {
            let is_parameter = |word: &str| {
                let (name, value) = word.split_once('=').unwrap_or((word, ""));
                // RFC 4954, section 5: the value is a mailbox.
                let is_mailbox = value == "<>" || ["@", "+40"].iter().any(|sign| value.contains(sign));
                word.starts_with(|first: char| first.is_ascii_alphanumeric())
                    && !is_secret_name(name)
                    && (is_mailbox || !name.eq_ignore_ascii_case("AUTH"))
            };
            !path.contains(char::is_whitespace) && parameters.split_whitespace().all(is_parameter)
        }
        None => after.contains('@') && after.split_whitespace().count() == 1,
    };
    before.eq_ignore_ascii_case(keyword) && path
}

/// True where a URL has a password or may be used without one (RFC 3986, section 3.2.1; RFC 4467).
fn holds_secret_url(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let user_info = |url: &str| {
        let authority = url.split(['/', ' ', '"']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    };
    lower.contains("urlauth=") || lower.split("://").skip(1).any(user_info)
}

/// The header that a proxy writes before what its client says (HAProxy's PROXY protocol, version 1).
fn is_proxy_header(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let address = |word: &&str| word.parse::<std::net::IpAddr>().is_ok();
    match words.as_slice() {
        ["PROXY", "UNKNOWN"] => true,
        ["PROXY", "TCP4" | "TCP6", from, to, ports @ ..] => {
            address(from) && address(to) && ports.len() == 2 && ports.iter().all(|port| port.parse::<u16>().is_ok())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, Shown, is_literal};
    use crate::protocol::event::Subject;
    use crate::protocol::{imap, pop3, smtp};

    #[test]
    fn a_line_that_the_dialogue_did_not_understand_is_hidden() {
        let unknown = Subject::Unknown;
        assert_eq!(Form::of("QUIT", &unknown, true).shown, Shown::Nothing);
        let other = Subject::Smtp(smtp::Subject::Command(smtp::Verb::Other));
        assert_eq!(Form::of("Vx4kummel", &other, true).shown, Shown::Nothing);
        let header = Form::of("PROXY TCP4 192.0.2.7 198.51.100.9 40000 25", &unknown, true);
        assert_eq!((header.shown, header.login), (Shown::Whole, false));
        assert_eq!(Form::of("PROXY TCP4 Vx4kummel", &unknown, true).shown, Shown::Nothing);
    }

    #[test]
    fn a_command_is_shown_as_far_as_it_is_in_form() {
        let smtp = |verb| Subject::Smtp(smtp::Subject::Command(verb));
        let pop3 = |verb| Subject::Pop3(pop3::Subject { what: pop3::What::Command(verb), state: Default::default() });
        let imap = |verb| {
            let what = imap::What::Command { verb, uid: false };
            Subject::Imap(imap::Subject { what, state: imap::State::NotAuthenticated })
        };
        let all = [
            (smtp(smtp::Verb::Ehlo), "EHLO client.example.test", Shown::Whole),
            (smtp(smtp::Verb::Ehlo), "EHLO Vx4k ummel", Shown::Until(5)),
            (smtp(smtp::Verb::Mail), "MAIL FROM:<ada@example.test> SIZE=12", Shown::Whole),
            (smtp(smtp::Verb::Mail), "MAIL Vx4kummel", Shown::Until(5)),
            (smtp(smtp::Verb::Expn), "EXPN staff SMTPUTF8", Shown::Whole),
            (smtp(smtp::Verb::Xclient), "XCLIENT ADDR=192.0.2.7 LOGIN=ada", Shown::Whole),
            (smtp(smtp::Verb::Xclient), "XCLIENT PASSWORD=Vx4kummel", Shown::Until(8)),
            (smtp(smtp::Verb::Auth), "AUTH PLAIN AGFkYQBWeDRr", Shown::Until(11)),
            (smtp(smtp::Verb::Auth), "AUTH AGFkYQBWeDRr", Shown::Until(5)),
            (smtp(smtp::Verb::Quit), "QUIT", Shown::Whole),
            (smtp(smtp::Verb::Quit), "QUIT Vx4kummel", Shown::Until(5)),
            (pop3(pop3::Verb::User), "USER ada", Shown::Whole),
            (pop3(pop3::Verb::User), "USER ada Vx4kummel", Shown::Until(5)),
            (pop3(pop3::Verb::User), "USER ada:Vx4kummel", Shown::Until(5)),
            (pop3(pop3::Verb::User), "USER ada/Vx4kummel", Shown::Until(5)),
            (pop3(pop3::Verb::Lang), "LANG zh-Hans-CN", Shown::Whole),
            (pop3(pop3::Verb::Lang), "LANG Vx4kummel", Shown::Until(5)),
            (smtp(smtp::Verb::Mail), "MAIL FROM:<ada@example.test> PASSWORD=Vx4kummel", Shown::Until(5)),
            (imap(imap::Verb::Id), r#"a ID ("name" NIL "x-originating-ip" "192.0.2.7")"#, Shown::Whole),
            (imap(imap::Verb::Id), "a ID NIL", Shown::Whole),
            (imap(imap::Verb::Id), r#"a ID ("name" NIL "password" "Vx4kummel")"#, Shown::Until(5)),
            (pop3(pop3::Verb::Pass), "PASS Vx4kummel", Shown::Until(5)),
            (pop3(pop3::Verb::Retr), "RETR 7", Shown::Whole),
            (pop3(pop3::Verb::Retr), "RETR Vx4kummel", Shown::Until(5)),
            (imap(imap::Verb::Login), "a LOGIN ada Vx4kummel", Shown::Until(12)),
            (imap(imap::Verb::Login), "a LOGIN ada Vx4k ummel", Shown::Until(8)),
            (imap(imap::Verb::Select), "a SELECT INBOX", Shown::Whole),
            (imap(imap::Verb::Select), "Vx4k/ummel SELECT INBOX", Shown::Nothing),
        ];
        for (subject, text, what) in all {
            assert_eq!(Form::of(text, &subject, true).shown, what, "{text}");
        }
    }

    #[test]
    fn a_literal_s_count_is_one() {
        assert!([" {182+}", " {3}"].into_iter().all(is_literal));
        assert!([" {Vx4k}", "{3}", " {3} Vx4k", " {}"].into_iter().all(|text| !is_literal(text)));
    }
}
