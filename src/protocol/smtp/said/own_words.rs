//! What a reply says in the server's own words.

/// The server's own words: lower case, one space before each. What it repeats of the client's words is left out, and
/// names of hosts: `<...>`, `"..."`, words with `@`, with a dot inside or with dots at the end (`bob... User unknown`).
pub(super) fn own_words(text: &[u8]) -> Vec<u8> {
    let mut words = Vec::with_capacity(text.len() + 2);
    for word in without_quotations(text).split(u8::is_ascii_whitespace) {
        let has_dot_inside = word
            .windows(3)
            .any(|three| matches!(three, [a, b'.', b] if a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric()));
        if word.contains(&b'@') || has_dot_inside || word.ends_with(b"...") {
            continue;
        }
        for part in word.split(|byte| !byte.is_ascii_alphanumeric() && byte.is_ascii()) {
            if !part.is_empty() {
                words.push(b' ');
                words.extend(part.iter().map(u8::to_ascii_lowercase));
            }
        }
    }
    words.push(b' ');
    words
}

/// `text` without what stands in quotation marks or angle brackets. A bracket or mark that has no end ends nothing. `<LF>`
/// and `<CR>` are words of the server.
fn without_quotations(text: &[u8]) -> Vec<u8> {
    let mut left = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'<', b'"', rest) {
        let (before, from) = rest.split_at(at);
        left.extend_from_slice(before);
        let (mark, inside) = from.split_at(1);
        let end = if mark == b"<" { b'>' } else { b'"' };
        let line = memchr::memchr(b'\n', inside).and_then(|end| inside.get(..end)).unwrap_or(inside);
        left.push(b' ');
        rest = match memchr::memchr(end, line) {
            Some(len) if !matches!(line.get(..len), Some(b"LF" | b"CR")) => inside.get(len + 1..).unwrap_or_default(),
            _ => inside,
        };
    }
    left.extend_from_slice(rest);
    left
}

/// The bit of the first three bytes of a word and what follows it, which others may share; none of a shorter one.
pub(super) const fn beginning(word: &[u8]) -> u128 {
    match *word {
        [first, second, third, ..] => 1 << ((first as u32 * 37 + second as u32 * 7 + third as u32) % u128::BITS),
        _ => 0,
    }
}
