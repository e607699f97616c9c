//! Writes a capture to measure by: `cargo run --release --example corpus -- KIND MEGABYTES FILE`.

mod corpus;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use corpus::{Kind, Plan};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Writes a capture to measure by: the same bytes from the same arguments, on any machine.
#[derive(Parser)]
struct Args {
    /// What it is made of.
    #[arg(value_parser = PossibleValuesParser::new(Kind::ALL.map(|(name, _)| name)))]
    kind: String,
    /// About how many millions of bytes.
    megabytes: f64,
    /// Where to.
    file: PathBuf,
    /// Sessions under way at any time.
    #[arg(long, default_value_t = 64)]
    concurrent: usize,
    /// Bytes of each letter's attachment, before it is encoded.
    #[arg(long, default_value_t = 36 * 1024)]
    attachment: usize,
    /// Mail's share of the bytes of a mixed capture, in percent: half the share of twice the size is the same mail.
    #[arg(long, default_value_t = corpus::MAIL_PERCENT, value_parser = clap::value_parser!(u64).range(1..=100))]
    mail: u64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let (_, kind) = *Kind::ALL.iter().find(|(name, _)| *name == args.kind).expect("clap knows the same names");
    let mut plan = Plan::new(kind, (args.megabytes * 1e6) as u64);
    (plan.concurrent, plan.attachment) = (args.concurrent.max(1), args.attachment);
    (plan.mail, plan.seed) = (args.mail, args.seed);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&args.file)?);
    let written = corpus::write(&plan, &mut out)?;
    out.flush()?;
    let file = args.file.display();
    println!("{file}: {} bytes, {} packets, {} sessions", written.bytes, written.packets, written.sessions);
    Ok(())
}
