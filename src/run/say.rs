//! What is said on standard error. Where it cannot be written, the exit status tells what it would have told.

use crate::capture;
use crate::view::escape;
use std::io::{self, Write};

/// Says one line, after the program's name.
pub fn line(text: &str) {
    block(&format!("mailtap: {}\n", escape::line(text)));
}

/// Says `text`, which is safe for a terminal, as it is: in one write, so that other programs' lines do not come between.
pub fn block(text: &str) {
    // Whoever reads it may have stopped reading: that is not waited for. And nobody is left who could be told that it
    // failed.
    if capture::is_heard() {
        let _ = io::stderr().write_all(text.as_bytes());
    }
}
