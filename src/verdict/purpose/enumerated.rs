//! Enums that know all their variants, so that a test can ask for words for each of them.

/// Declares an enum without data, and `ALL`, the list of its variants.
macro_rules! enumerated {
    ($(#[$outer:meta])* pub enum $name:ident { $($(#[$inner:meta])* $variant:ident),* $(,)? }) => {
        $(#[$outer])*
        pub enum $name { $($(#[$inner])* $variant),* }

        impl $name {
            /// All variants, in the order of their declaration.
            #[cfg(test)]
            #[allow(dead_code)] // Not every list is used by a test.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }
    };
}

pub(crate) use enumerated;
