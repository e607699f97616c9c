//! The macro that makes constants, names and texts of the table of bounds.

/// Makes the constants, `Limit` and its texts of the rows below.
macro_rules! limits {
    ($(
        $(#[$counts:meta])*
        $limit:ident = $name:literal {
            $($(#[$meaning:meta])* $constant:ident: $unit:ident = $usual:expr, fuzzed $fuzzed:expr;)+
        } hit { en: $hit_en:literal, zh: $hit_zh:literal, } readme { en: $readme_en:literal, zh: $readme_zh:literal, }
    )+) => {
        $($($(#[$meaning])* pub const $constant: usize = bound($usual, $fuzzed);)+)+

        /// A bound, as it is named in `summary.limits_hit`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Limit {
            $($(#[$counts])* $limit,)+
        }

        impl Limit {
            /// All bounds, in the order of `summary.limits_hit`.
            pub const ALL: &[Self] = &[$(Self::$limit),+];

            pub(super) fn row(self) -> &'static Row {
                match self {
                    $(Self::$limit => &Row {
                        name: $name,
                        values: &[$((stringify!($constant), Value::$unit($constant))),+],
                        hit: Words { en: $hit_en, zh: $hit_zh },
                        readme: Words { en: $readme_en, zh: $readme_zh },
                    },)+
                }
            }
        }
    };
}
