/*!
Counts of logins: a line for each client and server, below the table of login attempts. That table cannot show a server
that takes mail from a client without a login; these lines do.
*/

use super::{Options, heading};
use crate::verdict::across::login_frequency::Logins;
use crate::view::locale::{self, Label};
use std::io::{self, Write};

/// Writes a line for each client and server.
pub fn write(out: &mut dyn Write, options: &Options, logins: &Logins) -> io::Result<()> {
    if logins.pairs.is_empty() {
        return Ok(());
    }
    heading::title(out, options.style, options.label(Label::WhoLogsIn))?;
    for (pair, counts) in &logins.pairs {
        let protocol = locale::protocol(options.lang, pair.protocol);
        let words = locale::login_frequency(options.lang, counts);
        let line = options.colon(&format!("{protocol} {} → {}", pair.client, pair.server), &words);
        heading::paragraph(out, options.style, &line)?;
    }
    if logins.left_out > 0 {
        writeln!(out, " … +{}", logins.left_out)?;
    }
    Ok(())
}
