/*!
Address lists (RFC 5322, section 3.4): names quoted, commented and encoded, commas within names, groups, routes, and
addresses with nothing around them.
*/

use super::encoded_word;
use crate::limits::RECIPIENTS;
use crate::session::model::Mailbox;
use crate::session::text::text;

/// Adds the mailboxes of an address list, unfolded. Groups are their members. False where there are more than
/// [`RECIPIENTS`], which are then left out.
pub fn list(field: &[u8], charset: Option<&[u8]>, mailboxes: &mut Vec<Mailbox>) -> bool {
    let mut entry = Entry::default();
    let mut at = 0;
    while let Some(&byte) = field.get(at) {
        let rest = field.get(at..).unwrap_or_default();
        at += 1;
        if mailboxes.len() >= RECIPIENTS {
            return false;
        }
        match byte {
            b',' | b';' => mailboxes.extend(std::mem::take(&mut entry).mailbox(charset)),
            // A group's name (RFC 5322: `group = display-name ":"`) is no address.
            b':' => entry = Entry::default(),
            b'"' => at += entry.quoted(rest) - 1,
            b'(' => at += entry.comment(rest) - 1,
            b'<' => at += entry.angle(rest) - 1,
            b'=' => match encoded_word::encoded_word(rest) {
                // Whole, because commas are sent within encoded words too.
                Some(word) => at += entry.plain(rest.get(..word.len).unwrap_or_default()) - 1,
                None => _ = entry.plain(b"="),
            },
            _ => {
                let special = |byte: &u8| matches!(byte, b',' | b';' | b':' | b'"' | b'(' | b'<' | b'=');
                let end = rest.iter().position(special).unwrap_or(rest.len());
                at += entry.plain(rest.get(..end).unwrap_or_default()) - 1;
            }
        }
    }
    mailboxes.extend(entry.mailbox(charset));
    true
}

/// One mailbox while it is read.
#[derive(Default)]
struct Entry {
    /// What stands outside of angle brackets and comments, as sent.
    sent: Vec<u8>,
    /// The same with quotes taken off: the display name, if there is an address in angle brackets.
    name: Vec<u8>,
    comment: Vec<u8>,
    angle: Option<Vec<u8>>,
}

impl Entry {
    fn plain(&mut self, bytes: &[u8]) -> usize {
        self.sent.extend_from_slice(bytes);
        self.name.extend_from_slice(bytes);
        bytes.len()
    }

    /// `quoted-string` at the beginning of `rest`. Returns its length.
    fn quoted(&mut self, rest: &[u8]) -> usize {
        let mut at = 1;
        loop {
            let inner = rest.get(at..).unwrap_or_default();
            let plain = memchr::memchr2(b'"', b'\\', inner).unwrap_or(inner.len());
            self.name.extend_from_slice(inner.get(..plain).unwrap_or_default());
            at += plain;
            match (rest.get(at), rest.get(at + 1)) {
                (None, _) => break,
                (Some(b'"'), _) => {
                    at += 1;
                    break;
                }
                (_, Some(&escaped)) if matches!(escaped, b'"' | b'\\') => {
                    self.name.push(escaped);
                    at += 2;
                }
                (Some(&byte), _) => {
                    self.name.push(byte);
                    at += 1;
                }
            }
        }
        self.sent.extend_from_slice(rest.get(..at).unwrap_or(rest));
        at
    }

    /// `comment` at the beginning of `rest`, nested ones within it. Returns its length.
    fn comment(&mut self, rest: &[u8]) -> usize {
        let (mut depth, mut at) = (0_usize, 0);
        if !self.comment.is_empty() {
            self.comment.push(b' ');
        }
        while let Some(&byte) = rest.get(at) {
            at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            match (byte, rest.get(at)) {
                (b'(', _) if depth == 1 => {}
                (b'\\', Some(&escaped)) => {
                    self.comment.push(escaped);
                    at += 1;
                }
                _ => self.comment.push(byte),
            }
        }
        at
    }

    /// `angle-addr` at the beginning of `rest`. Returns its length. Where the bracket is never closed, the next comma
    /// ends it, unless it belongs to a route (`<@a,@b:c@d>`).
    fn angle(&mut self, rest: &[u8]) -> usize {
        let (mut at, mut quoted) = (1, false);
        let route = rest.get(1) == Some(&b'@');
        while let Some(&byte) = rest.get(at) {
            match byte {
                b'"' => quoted = !quoted,
                b'>' if !quoted => break,
                b',' if !quoted && !route => break,
                _ => {}
            }
            at += 1;
        }
        let address = rest.get(1..at).unwrap_or_default().trim_ascii();
        let mut address = match address.iter().position(|&b| b == b':') {
            Some(colon) if route => address.get(colon + 1..).unwrap_or_default(),
            _ => address,
        };
        while let Some(inner) = address.strip_prefix(b"<") {
            address = inner;
        }
        self.angle = Some(address.to_vec());
        at + rest.get(at..).unwrap_or_default().iter().take_while(|&&b| b == b'>').count()
    }

    fn mailbox(self, charset: Option<&[u8]>) -> Option<Mailbox> {
        let sent = self.sent.trim_ascii();
        let (name, address) = match &self.angle {
            Some(address) => (self.name.trim_ascii(), address.as_slice()),
            None => match bare(sent) {
                Some((name, address)) => (name, address),
                None => (self.name.trim_ascii(), &b""[..]),
            },
        };
        let name = if name.is_empty() { self.comment.trim_ascii() } else { name };
        let shown = |text: String| Some(text).filter(|text| !text.trim().is_empty());
        let mailbox =
            Mailbox { name: shown(encoded_word::decode_beside(name, charset)), address: shown(text(address)) };
        (mailbox != Mailbox::default()).then_some(mailbox)
    }
}

/// Name and address where there are no angle brackets: the only word with `@` in it, or the only word.
fn bare(sent: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = sent.iter().filter(|&&b| b == b'@').count();
    let spaces = sent.iter().filter(|&&b| encoded_word::is_space(b)).count();
    if at == 0 {
        return (spaces == 0 && !sent.starts_with(b"\"") && !sent.starts_with(b"=?")).then_some((b"", sent));
    }
    match sent.iter().rposition(|&b| encoded_word::is_space(b)) {
        Some(space) if at == 1 && !sent.contains(&b'"') => {
            let (name, address) = sent.split_at_checked(space)?;
            Some(if address.contains(&b'@') { (name.trim_ascii(), address.trim_ascii()) } else { (b"", sent) })
        }
        _ => Some((b"", sent)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(field: &[u8]) -> Vec<Mailbox> {
        let mut mailboxes = Vec::new();
        assert!(super::list(field, None, &mut mailboxes));
        mailboxes
    }

    /// `name <address>` of every mailbox.
    fn shown(field: &[u8]) -> Vec<String> {
        list(field)
            .iter()
            .map(|mailbox| match (&mailbox.name, &mailbox.address) {
                (Some(name), Some(address)) => format!("{name} <{address}>"),
                (None, Some(address)) => address.clone(),
                (Some(name), None) => format!("{name} <>"),
                (None, None) => unreachable!("an empty mailbox"),
            })
            .collect()
    }

    #[test]
    fn lists_as_they_are_really_sent() {
        for (wire, mailboxes) in [
            ("a@b.example", &["a@b.example"][..]),
            ("<a@b>, c@d ,, <e@f>,", &["a@b", "c@d", "e@f"]),
            ("\"Buchanan, Bill\" <B.Buchanan@napier.ac.uk>", &["Buchanan, Bill <B.Buchanan@napier.ac.uk>"]),
            (r#""a \"b\" \\ c" <a@b>"#, &[r#"a "b" \ c <a@b>"#]),
            ("Lorenzo  Miniero <l@m>", &["Lorenzo  Miniero <l@m>"]),
            ("1&1 Internet Ltd. <support@1and1.co.uk>", &["1&1 Internet Ltd. <support@1and1.co.uk>"]),
            ("a@b (Name (nested) here)", &["Name (nested) here <a@b>"]),
            ("Name <a@b> (comment)", &["Name <a@b>"]),
            ("Group: a@b, Other <c@d>;, e@f", &["a@b", "Other <c@d>", "e@f"]),
            ("undisclosed-recipients:;", &[]),
            ("undisclosed recipients", &["undisclosed recipients <>"]),
            ("MAILER-DAEMON", &["MAILER-DAEMON"]),
            ("John Doe john@doe.example", &["John Doe <john@doe.example>"]),
            ("\"john doe\"@example.com", &["\"john doe\"@example.com"]),
            ("<@hop,@skip:jump@there>", &["jump@there"]),
            ("<<a@b>>", &["a@b"]),
            ("<a@b, c@d", &["a@b", "c@d"]),
            ("=?utf-8?Q?Doe,_J=C3=A9?= <a@b>, c@d", &["Doe, Jé <a@b>", "c@d"]),
            ("=?utf-8?B?5Lit?=\t=?utf-8?B?5paH?= <a@b>", &["中文 <a@b>"]),
            ("\"=?utf-8?B?5Lit?=\" <a@b>", &["中 <a@b>"]),
            ("<>", &[]),
            ("\"\" <>", &[]),
            ("\"no end, a@b", &["\"no end, a@b"]),
        ] {
            assert_eq!(shown(wire.as_bytes()), mailboxes, "{wire}");
        }
        assert_eq!(shown(b"\xb7\xd0\xcb\xae <a@qq.com>"), ["沸水 <a@qq.com>"]);
    }

    #[test]
    fn well_formed_lists_are_read_as_mail_parser_reads_them() {
        for field in [
            "Name <a@b.example>, \"Quoted, Name\" <c@d.example>",
            "=?utf-8?Q?Andr=C3=A9?= <a@b.example>",
            "a@b.example, c@d.example (Comment)",
            "Friends: a@b.example, C <c@d.example>;",
        ] {
            let message = format!("To: {field}\r\n\r\n");
            let parsed = mail_parser::MessageParser::new().parse(&message).unwrap();
            let theirs: Vec<_> = parsed
                .to()
                .unwrap()
                .iter()
                .map(|a| (a.name.as_deref().map(str::to_owned), a.address.as_deref().map(str::to_owned)))
                .collect();
            let ours: Vec<_> = list(field.as_bytes()).into_iter().map(|m| (m.name, m.address)).collect();
            assert_eq!(ours, theirs, "{field}");
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(field in r#"[<>"(),;:=?@\\ a\x80\xd6]{0,60}"#, bytes: Vec<u8>) {
            list(field.as_bytes());
            list(&bytes);
        }
    }
}
