//! What a Parquet writer says went wrong.

use parquet::errors::ParquetError;
use std::io;

/// The error of the file itself, where it is that; else what is said of it.
pub fn in_words(error: impl Into<ParquetError>) -> io::Error {
    match error.into() {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        error => io::Error::other(error),
    }
}
