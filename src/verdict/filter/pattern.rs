//! Text to look for: whole, or with `*` for any characters. Upper and lower case are the same.

/// Text to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// What stands between the asterisks, in lower case: one piece where there is none.
    pieces: Vec<String>,
}

impl Pattern {
    /// The pattern that is written as `text`.
    pub fn new(text: &str) -> Self {
        Self { pieces: text.to_lowercase().split('*').map(str::to_owned).collect() }
    }

    /// The pattern of an address, as it is written in mail: of `Bob <bob@example.com>`, what stands in the angle brackets.
    pub fn address(text: &str) -> Self {
        let text = text.trim();
        let inner = text.strip_suffix('>').and_then(|text| text.rsplit_once('<'));
        Self::new(inner.map_or(text, |(_, address)| address.trim()))
    }

    /// Whether `text` is it, from the first character to the last.
    pub fn is(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let [first, between @ .., last] = self.pieces.as_slice() else {
            return self.pieces.first() == Some(&text);
        };
        let Some(rest) = text.strip_prefix(first.as_str()) else { return false };
        // The last piece has its place at the end, so the others have to do with what is before it.
        let Some(rest) = rest.strip_suffix(last.as_str()) else { return false };
        rest_has(rest, between)
    }

    /// Whether it is a part of `text`.
    pub fn is_in(&self, text: &str) -> bool {
        rest_has(&text.to_lowercase(), &self.pieces)
    }

    /// Whether it is `address`, or its local part where the pattern has no `@` and no asterisk, or its domain where the
    /// pattern begins with `@`. Angle brackets around either do not count: `<>` is the empty reverse-path.
    pub fn is_address(&self, address: &str) -> bool {
        let address = bare(address);
        if let [text] = self.pieces.as_slice() {
            let text = bare(text);
            return match (text.strip_prefix('@'), address.rsplit_once('@')) {
                (Some(domain), Some((_, at))) => at.to_lowercase() == domain,
                (None, Some((local, _))) if !text.contains('@') => local.to_lowercase() == text,
                _ => address.to_lowercase() == text,
            };
        }
        self.is(address)
    }
}

/// Whether `pieces` stand in `text` one after the other.
fn rest_has(text: &str, pieces: &[String]) -> bool {
    let mut rest = text;
    pieces.iter().all(|piece| match rest.split_once(piece.as_str()) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

fn bare(address: &str) -> &str {
    let address = address.trim();
    address.strip_prefix('<').and_then(|address| address.strip_suffix('>')).unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn asterisks_stand_for_any_characters() {
        for (pattern, text, is) in [
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "abcd", false),
            ("*c", "abc", true),
            ("a*b*c", "a-c-b-c", true),
            ("a*b*c", "a-c-c", false),
            // The end is not used twice.
            ("ab*bc", "abc", false),
            ("*", "", true),
            ("ÄB*", "äbc", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(Pattern::new(pattern).is(text), is, "{pattern} {text}");
        }
    }

    #[test]
    fn a_part_of_a_text() {
        for (pattern, text, is) in [
            ("invoice", "Re: INVOICE 7", true),
            ("re*7", "Re: Invoice 7!", true),
            ("7*re", "Re: Invoice 7", false),
            ("报告", "实验报告", true),
            ("", "anything", true),
        ] {
            assert_eq!(Pattern::new(pattern).is_in(text), is, "{pattern} {text}");
        }
    }

    #[test]
    fn an_address_is_whole_a_name_or_a_domain() {
        for (pattern, address, is) in [
            ("bob@example.com", "Bob@Example.com", true),
            ("<bob@example.com>", "bob@example.com", true),
            ("bob", "bob@example.com", true),
            ("bob", "bob", true),
            ("bo", "bob@example.com", false),
            ("@example.com", "bob@example.com", true),
            ("@example.com", "bob@mx.example.com", false),
            ("*.example.com", "bob@mx.example.com", true),
            ("*@mx.*", "bob@mx.example.com", true),
            ("<>", "", true),
            ("<>", "bob@example.com", false),
            ("example.com", "bob@example.com", false),
        ] {
            assert_eq!(Pattern::new(pattern).is_address(address), is, "{pattern} {address}");
            assert_eq!(Pattern::address(pattern).is_address(address), is, "{pattern} {address}");
        }
        for (pattern, address, is) in [
            ("Bob <bob@example.com>", "Bob@Example.com", true),
            ("\"Bob, B.\" <bob@example.com>", "bob@example.com", true),
            (" 鲍勃<bob@example.com> ", "bob@example.com", true),
            ("Bob < *@example.com >", "bob@example.com", true),
            ("<*@example.com>", "<bob@example.com>", true),
            ("Everybody <@example.com>", "bob@example.com", true),
            ("Bob <bob>", "bob@example.com", true),
            ("Nobody <>", "", true),
            ("Bob <bob@example.com>", "bob", false),
            ("Bob <bob@example.com>", "eve@example.com", false),
            // What is no address of this kind is taken as it is.
            ("bob@example.com>", "bob@example.com", false),
        ] {
            assert_eq!(Pattern::address(pattern).is_address(address), is, "{pattern} {address}");
        }
    }
}
