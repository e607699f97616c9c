//! Exit codes, broken pipe, nothing else.

#![deny(clippy::print_stderr, clippy::print_stdout)]

use mailtap::cli::{Cli, Environment};
use std::ffi::OsString;
use std::process::ExitCode;

/// Sessions are made of many small pieces, which come from one thread and are given back by another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::new().filter("MAILTAP_LOG")).init();
    let environment = Environment::of_process();
    let words: Vec<OsString> = std::env::args_os().collect();
    let mut lang = environment.lang(&words);
    let mut answers = false;
    let done = match Cli::understand(words, lang) {
        Ok(cli) => {
            let plan = cli.resolve(&environment);
            lang = plan.lang().unwrap_or(lang);
            answers = plan.answers();
            mailtap::run::run(plan)
        }
        Err(instead) => mailtap::run::usage(&instead, lang),
    };
    match done {
        Ok(status) => ExitCode::from(status),
        // The reader of the output has closed it, having seen enough. What it has not seen may have been the answer.
        Err(error) if mailtap::run::is_broken_pipe(&error) && !answers => ExitCode::SUCCESS,
        Err(error) => {
            if !mailtap::run::is_broken_pipe(&error) {
                mailtap::run::tell(&error, lang);
            }
            ExitCode::from(mailtap::run::exit_status(&error, answers))
        }
    }
}
