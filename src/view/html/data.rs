//! NDJSON within HTML.

/// `json`, which holds no markup then: `<`, `>` and `&` stand only in JSON's strings, and are the same there as escapes.
pub fn inert(json: &[u8]) -> String {
    let mut text = String::with_capacity(json.len() + json.len() / 16);
    for found in String::from_utf8_lossy(json).chars() {
        match found {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            found => text.push(found),
        }
    }
    text
}
