//! Who logged in, in one capture file: `cargo run --example logins -- fixtures/lab/lab-all/capture.pcapng`.

use mailtap::capture::{self, Damage};
use mailtap::pipeline::{self, Options};
use mailtap::session::Needs;
use mailtap::view::{EachSession, escape};
use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args_os().nth(1).ok_or("which capture file? `-` is standard input")?;
    let mut source = capture::open(&[file.into()], None, Damage::default())?;
    let mut out = std::io::stdout().lock();
    let mut view = EachSession::new(|session| {
        let ends = session.transport.endpoints;
        for login in &session.credentials {
            let protocol = session.protocol.name();
            // What was sent may hold anything, also what a terminal would obey.
            let user = escape::line(login.username.as_deref().unwrap_or("(no name)"));
            let mechanism = escape::line(&login.mechanism);
            writeln!(out, "{protocol} {} -> {} {user}: {mechanism}, {:?}", ends.client, ends.server, login.outcome)?;
            // Here is the password too, where it crossed in plain: a secret, which is printed as asterisks until it is
            // asked to reveal itself.
            if let Some(password) = &login.password {
                writeln!(out, "  password {password}")?;
            }
        }
        Ok(())
    });
    // Log-ins are always there. Contents of messages and texts of steps are computed only for those who need them.
    let plan = Needs::NONE.into();
    let outcome = pipeline::run(&mut *source, &Options::default(), &plan, &mut view, &Default::default())?;
    // Where the file broke off, what was before has been printed.
    outcome.problem.map_or(Ok(()), |problem| Err(problem.into()))
}
