//! Prints what tells a program by its behaviour, for each session of the captures that are named: to write signatures by.
//!
//! cargo run --example traits -- capture.pcap [keys.log]

use mailtap::protocol::tls::key_ring::KeyRing;
use mailtap::protocol::tls::keys::KeySource;
use mailtap::session::{Needs, Plan};
use mailtap::verdict::software::{self, traits};
use mailtap::view::EachSession;
use mailtap::{capture, pipeline};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let path = arguments.next().ok_or("which capture?")?;
    let ring = KeyRing::default();
    for keys in arguments {
        ring.add(&std::fs::read(keys)?, KeySource::KeyLog, 0);
    }
    let plan = Plan { keys: Some(Arc::new(ring)), ..Plan::from(Needs::ALL) };
    let mut source = capture::open(&[path.into()], None, capture::Damage::StepOver)?;
    let mut view = EachSession::new(|session| {
        println!("session {} ({:?})", session.id, session.protocol);
        for (side, traits, named) in [
            ("client", traits::of_client(&session, None), software::client(&session)),
            ("server", traits::of_server(&session, None), software::server(&session)),
        ] {
            println!(
                "  {side}: {}",
                named.map_or("?".to_owned(), |named| format!("{} {}", named.name, named.versions))
            );
            for (name, value, _) in traits.iter() {
                println!("    {:<14} {value}", name.to_string());
            }
        }
        Ok(())
    });
    pipeline::run(&mut *source, &Default::default(), &Arc::new(plan), &mut view, &Default::default())?;
    Ok(())
}
