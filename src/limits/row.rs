//! A bound's texts, with the values of its constants.

/// A row of the table of bounds.
pub struct Row {
    pub name: &'static str,
    pub values: &'static [(&'static str, Value)],
    pub hit: Words,
    pub readme: Words,
}

/// A text in each language, with names of constants in braces.
pub struct Words {
    pub en: &'static str,
    pub zh: &'static str,
}

/// What a bound bounds.
#[derive(Clone, Copy)]
pub enum Value {
    Count(usize),
    /// Whole KiB or MiB.
    Bytes(usize),
}

/// A text in each language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Row {
    /// `words` with the values of its constants.
    pub fn text(&self, words: &Words, count: fn(usize) -> String) -> Text {
        let filled = |text: &str| {
            self.values.iter().fold(text.to_owned(), |text, (name, value)| {
                let value = match *value {
                    Value::Count(number) => count(number),
                    Value::Bytes(number) if number < 1 << 20 => format!("{} KiB", number >> 10),
                    Value::Bytes(number) => format!("{} MiB", number >> 20),
                };
                text.replace(&format!("{{{name}}}"), &value)
            })
        };
        Text { en: filled(words.en), zh: filled(words.zh) }
    }
}

/// A number with a comma between thousands.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let commas = |place: usize| place > 0 && (digits.len() - place).is_multiple_of(3);
    digits.char_indices().flat_map(|(place, digit)| commas(place).then_some(',').into_iter().chain([digit])).collect()
}

/// A bound: `usual`, or `fuzzed` in what cargo-fuzz builds, whose inputs are too short to reach most of the usual ones.
pub const fn bound(usual: usize, fuzzed: usize) -> usize {
    if cfg!(fuzzing) { fuzzed } else { usual }
}
