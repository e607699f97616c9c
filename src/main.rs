//! Exit codes, broken pipe, nothing else.

#![deny(clippy::print_stderr, clippy::print_stdout)]

use clap::Parser;
use mailtap::cli::{Cli, Environment};
use std::process::ExitCode;

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::new().filter("MAILTAP_LOG")).init();
    let done = match Cli::try_parse() {
        Ok(cli) => mailtap::run::run(cli.resolve(&Environment::of_process())).map(|()| ExitCode::SUCCESS),
        Err(instead) => mailtap::run::usage(&instead).map(ExitCode::from),
    };
    match done {
        Ok(code) => code,
        // The reader of the output has closed it, having seen enough.
        Err(error) if mailtap::run::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            mailtap::run::tell(&error);
            ExitCode::from(mailtap::run::exit_status(&error))
        }
    }
}
