//! Counts sessions, messages and login attempts of each server, over a folder of captures:
//! `cargo run --example by_server -- fixtures/lab/lab-all`.

use mailtap::capture::{self, Damage};
use mailtap::pipeline::{self, Options};
use mailtap::session::Needs;
use mailtap::view::EachSession;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;

/// Counts of one server.
#[derive(Default)]
struct Server {
    sessions: usize,
    messages: usize,
    logins: usize,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).ok_or("which folder?")?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    files.retain(|file| ["pcap", "pcapng"].map(OsStr::new).contains(&file.extension().unwrap_or_default()));
    files.sort();

    let mut servers = BTreeMap::new();
    for file in files {
        // One by one: `open` treats several files as one capture, and merges their packets by time.
        let mut source = match capture::open(std::slice::from_ref(&file), None, Damage::default()) {
            Ok(source) => source,
            Err(error) => {
                eprintln!("{error}");
                continue;
            }
        };
        let mut view = EachSession::new(|session| {
            let server: &mut Server =
                servers.entry((session.transport.endpoints.server, session.protocol)).or_default();
            server.sessions += 1;
            server.messages += session.messages.len();
            server.logins += session.credentials.len();
            Ok(())
        });
        let plan = Needs::NONE.into();
        let outcome = pipeline::run(&mut *source, &Options::default(), &plan, &mut view, &Default::default())?;
        // If a file breaks off, the part before that has been counted.
        if let Some(problem) = outcome.problem {
            eprintln!("{problem}");
        }
    }
    for ((address, protocol), server) in servers {
        let Server { sessions, messages, logins } = server;
        println!("{address} {}: sessions {sessions}, messages {messages}, logins tried {logins}", protocol.name());
    }
    Ok(())
}
