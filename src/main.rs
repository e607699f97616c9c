//! Exit codes, broken pipe, nothing else.

use clap::Parser;
use mailtap::cli::{Cli, Environment};
use std::process::ExitCode;

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::new().filter("MAILTAP_LOG")).init();
    let cli = Cli::try_parse().unwrap_or_else(|error| {
        if let Some(said) = mailtap::run::usage_in_words(&error) {
            eprint!("{said}");
            std::process::exit(error.exit_code());
        }
        error.exit()
    });
    let plan = cli.resolve(&Environment::of_process());
    match mailtap::run::run(plan) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(error) if mailtap::run::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mailtap: {}", mailtap::run::in_words(&error));
            ExitCode::from(mailtap::run::exit_status(&error))
        }
    }
}
