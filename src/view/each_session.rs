//! A view for programs: sessions as values.

use super::View;
use crate::session::Session;
use crate::verdict::Report;
use std::io;

/// Passes each session to a function, and writes nothing. Which parts of a session are computed is up to the
/// [`Plan`](crate::session::Plan) of the run.
#[derive(Debug)]
pub struct EachSession<F> {
    each: F,
}

impl<F: FnMut(Session) -> io::Result<()>> EachSession<F> {
    /// Calls `each` with every session once it is over. The run ends with the first error that it returns.
    pub fn new(each: F) -> Self {
        Self { each }
    }
}

impl<F: FnMut(Session) -> io::Result<()>> View for EachSession<F> {
    fn session(&mut self, session: Session) -> io::Result<()> {
        (self.each)(session)
    }

    /// Does nothing: the caller finds the report in the run's [`Outcome`](crate::pipeline::Outcome).
    fn finish(&mut self, _: &Report) -> io::Result<()> {
        Ok(())
    }
}
