//! The manual page: mailtap, and below it each of its commands. It points to no page of their own.

use super::Cli;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

/// What is typed, and what it does.
const EXAMPLES: &[(&str, &str)] = &[
    ("mailtap lab.pcap", "The dialogue of each session as tables, who logged in, and what was found."),
    ("mailtap lab.pcap --show sessions,findings --lang zh", "One line a session, and what is wrong, in Chinese."),
    ("mailtap -nr lab.pcap 'port 25'", "As tcpdump takes it: only the packets that match."),
    ("tcpdump -w - port 25 | mailtap read -", "What another program captures."),
    (
        "mailtap read day.pcap --failed --server mx.example.com --since 16:00",
        "What failed at one server in the afternoon.",
    ),
    ("mailtap read day.pcap --to bob@example.com --format json | jq '.sessions[].messages'", "For a program."),
    (
        "mailtap read day.pcap --redact --fail-on high -q || echo 'all is well'",
        "A check in a script: 1 is that nothing was found.",
    ),
    ("mailtap explain lab.pcap --format markdown -o report.md", "The answers to a lab report's questions."),
    ("mailtap compare good.pcap bad.pcap", "Where two sessions part."),
    ("sudo mailtap -i eth0 -w today.pcap", "Listen, and keep the packets."),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    (
        "LC_ALL, LC_MESSAGES, LANG",
        "The first that is set gives the language, unless --lang does: Chinese where it begins with zh, else English.",
    ),
    ("TZ", "The time zone of --since and --until where they name none; without it, the system's."),
    ("COLUMNS", "The width of tables where standard output is no terminal."),
    ("NO_COLOR", "Not empty: no colours, unless --color=always."),
    ("TERM", "dumb: no colours."),
    ("PAGER", "The program that shows what is longer than the terminal."),
    (
        "SUDO_UID, SUDO_GID",
        "Who called sudo: live goes on as this user, who also owns what is written, unless --user names another.",
    ),
    (
        "MAILTAP_LOG",
        "What mailtap itself logs on standard error, for its developers: off, error, warn, info, debug, trace.",
    ),
];

const EXIT_STATUS: &[(&str, &str)] = &[
    ("0", "Done. With --exit-code or --fail-on: something was found."),
    ("1", "The result could not be written. With --exit-code or --fail-on: nothing was found."),
    ("2", "Wrong usage. With --exit-code or --fail-on, also: the result could not be written."),
    ("3", "The input could not be read to its end. What was read is shown."),
    ("4", "No permission to listen, no such interface, or privileges that cannot be dropped."),
];

const FILES: &[(&str, &str)] = &[
    (
        "FILE",
        "A capture: pcap or pcapng, as it is or compressed with gzip, zstd or lz4. It is never written to. A new file that may hold passwords can be read by its owner alone.",
    ),
    ("index.json", "In the folder of --extract: which of its files is which message or attachment, with digests."),
];

const SEE_ALSO: &[(&str, &str)] =
    &[("pcap-filter", "7"), ("tcpdump", "8"), ("tshark", "1"), ("editcap", "1"), ("jq", "1")];

/// The page.
pub(super) fn page() -> Vec<u8> {
    let mut page = Vec::new();
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let man = Man::new(command.clone());
    // A write to memory does not fail.
    _ = man.render_title(&mut page);
    _ = man.render_name_section(&mut page);
    _ = synopsis(&command).to_writer(&mut page);
    _ = man.render_description_section(&mut page);
    _ = commands(&command).to_writer(&mut page);
    _ = man.render_options_section(&mut page);
    for one in command.get_subcommands() {
        let mut title = Roff::new();
        title.control("SH", [format!("MAILTAP {}", one.get_name().to_uppercase()).as_str()]);
        _ = title.to_writer(&mut page);
        let man = Man::new(one.clone());
        page.extend(below_its_title(|page| man.render_description_section(page)));
        page.extend(below_its_title(|page| man.render_options_section(page)));
    }
    for (title, entries) in
        [("EXAMPLES", EXAMPLES), ("ENVIRONMENT", ENVIRONMENT), ("EXIT STATUS", EXIT_STATUS), ("FILES", FILES)]
    {
        let mut roff = Roff::new();
        roff.control("SH", [title]);
        for (name, about) in entries {
            roff.control("TP", []).text([bold(*name)]).text([roman(*about)]);
        }
        _ = roff.to_writer(&mut page);
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    for (nth, (name, section)) in SEE_ALSO.iter().enumerate() {
        let end = if nth + 1 < SEE_ALSO.len() { ")," } else { ")" };
        roff.text([bold(*name), roman(format!("({section}{end}"))]);
    }
    _ = roff.to_writer(&mut page);
    page
}

/// How it is called.
fn synopsis(command: &Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    for one in command.get_subcommands() {
        let usage = one.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").replace('\n', " ");
        roff.text([bold("mailtap"), roman(usage.strip_prefix("mailtap").unwrap_or(&usage).to_owned())]);
        roff.control("br", []);
    }
    for usage in ["FILE…", "-r FILE… [FILTER…]", "-i INTERFACE [-w FILE] [FILTER…]"] {
        roff.text([bold("mailtap"), roman(" [OPTIONS] "), italic(usage)]);
        roff.control("br", []);
    }
    roff
}

fn commands(command: &Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    for one in command.get_subcommands() {
        let about = one.get_about().map(ToString::to_string).unwrap_or_default();
        roff.control("TP", []).text([bold(one.get_name())]).text([roman(about)]);
    }
    roff.control("PP", []).text([roman(super::arguments::HANDS)]);
    roff
}

/// What is rendered, but for its `.SH` line: it stands below the title of the command.
fn below_its_title(render: impl Fn(&mut Vec<u8>) -> std::io::Result<()>) -> Vec<u8> {
    let mut section = Vec::new();
    _ = render(&mut section);
    let text = String::from_utf8_lossy(&section);
    let lines = text.lines().filter(|line| !line.starts_with(".SH "));
    lines.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes()
}
