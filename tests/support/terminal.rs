//! A program on a terminal of its own, by `script` of util-linux.

use std::process::{Command, Stdio};

/// What `command`, which a shell reads, writes to a terminal, and its exit status; None where there is no `script`.
pub fn on_a_terminal(command: &str, environment: &[(&str, &str)]) -> Option<(String, Option<i32>)> {
    let mut script = Command::new("script");
    script.args(["-qec", command, "/dev/null"]).stdin(Stdio::null()).stderr(Stdio::null());
    for name in ["MAILTAP_PAGER", "PAGER", "LESS", "LV", "NO_COLOR"] {
        script.env_remove(name);
    }
    let output = script.env("TERM", "xterm").env("LC_ALL", "C").envs(environment.iter().copied()).output();
    let Ok(output) = output else {
        super::skipped("there is no script(1)");
        return None;
    };
    Some((String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code()))
}
