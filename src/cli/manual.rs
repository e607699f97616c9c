//! The manual page: mailtap, and below it each of its commands. It points to no page of their own.

use super::manual_words::Words;
use super::{Cli, zh};
use crate::view::Lang;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

const EN: Words = Words {
    name: "NAME",
    synopsis: "SYNOPSIS",
    description: "DESCRIPTION",
    commands: "COMMANDS",
    usages: &["FILE…", "-r FILE… [FILTER…]", "-i INTERFACE [-w FILE] [FILTER…]"],
    options: "[OPTIONS]",
    examples: (
        "EXAMPLES",
        &[
            ("mailtap lab.pcap", "The dialogue of each session as tables, who logged in, and what was found."),
            (
                "mailtap lab.pcap --show sessions,findings --lang zh",
                "One line a session, and what is wrong, in Chinese.",
            ),
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
        ],
    ),
    environment: (
        "ENVIRONMENT",
        &[
            (
                "LC_ALL, LC_MESSAGES, LANG",
                "The first that is set gives the language, unless --lang does: Chinese where it begins with zh, else English.",
            ),
            (
                "TZ",
                "The time zone of local times, and of --since and --until where they name none; without it, the system's.",
            ),
            ("COLUMNS", "The width of tables where standard output is no terminal."),
            ("NO_COLOR", "Not empty: no colours, unless --color=always."),
            ("TERM", "dumb: no colours, no progress and no pager."),
            (
                "MAILTAP_PAGER, PAGER",
                "The program that shows what is longer than the terminal: the first that is set, else less. Empty or cat: none.",
            ),
            ("LESS, LV", "Options of pagers. Where they are not set, mailtap sets FRX for less and -c for lv."),
            (
                "SUDO_UID, SUDO_GID",
                "Who called sudo: live goes on as this user, who also owns what is written, unless --user names another.",
            ),
            (
                "MAILTAP_LOG",
                "What mailtap itself logs on standard error, for its developers: off, error, warn, info, debug, trace.",
            ),
        ],
    ),
    exit_status: (
        "EXIT STATUS",
        &[
            ("0", "Done. With --exit-code or --fail-on: something was found."),
            ("1", "The result could not be written. With --exit-code or --fail-on: nothing was found."),
            ("2", "Wrong usage. With --exit-code or --fail-on, also: the result could not be written."),
            ("3", "The input could not be read to its end. What was read is shown."),
            ("4", "No permission to listen, no such interface, or privileges that cannot be dropped."),
        ],
    ),
    files: (
        "FILES",
        &[
            (
                "FILE",
                "A capture: pcap or pcapng, as it is or compressed with gzip, zstd or lz4. It is never written to. A new file that may hold passwords can be read by its owner alone.",
            ),
            (
                "index.json",
                "In the folder of --extract: which of its files is which message or attachment, with digests.",
            ),
        ],
    ),
    see_also: "SEE ALSO",
    hands: super::arguments::HANDS,
};

const SEE_ALSO: &[(&str, &str)] =
    &[("pcap-filter", "7"), ("tcpdump", "8"), ("tshark", "1"), ("editcap", "1"), ("jq", "1")];

/// The page.
pub(super) fn page(lang: Lang) -> Vec<u8> {
    let mut page = Vec::new();
    let (mut command, words) = match lang {
        Lang::En => (Cli::command().disable_help_subcommand(true), &EN),
        Lang::Zh => (zh::translated(Cli::command()), &zh::MANUAL),
    };
    command.build();
    // The name is followed by one line: apropos(1) lists it.
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let line = about.lines().next().unwrap_or_default().to_owned();
    let command = command.about(line);
    let man = Man::new(command.clone());
    // A write to memory does not fail.
    _ = man.render_title(&mut page);
    page.extend(below(words.name, |page| man.render_name_section(page)));
    _ = synopsis(&command, words).to_writer(&mut page);
    page.extend(below(words.description, |page| man.render_description_section(page)));
    _ = commands(&command, words).to_writer(&mut page);
    _ = man.render_options_section(&mut page);
    for one in command.get_subcommands() {
        let man = Man::new(one.clone());
        let title = format!("MAILTAP {}", one.get_name().to_uppercase());
        page.extend(below(&title, |page| man.render_description_section(page)));
        page.extend(part(|page| man.render_options_section(page)));
    }
    for (title, entries) in [words.examples, words.environment, words.exit_status, words.files] {
        let mut roff = Roff::new();
        roff.control("SH", [title]);
        for (name, about) in entries {
            roff.control("TP", []).text([bold(*name)]).text([roman(*about)]);
        }
        _ = roff.to_writer(&mut page);
    }
    let mut roff = Roff::new();
    roff.control("SH", [words.see_also]);
    for (nth, (name, section)) in SEE_ALSO.iter().enumerate() {
        let end = if nth + 1 < SEE_ALSO.len() { ")," } else { ")" };
        roff.text([bold(*name), roman(format!("({section}{end}"))]);
    }
    _ = roff.to_writer(&mut page);
    match lang {
        Lang::En => page,
        Lang::Zh => zh::breakable(&String::from_utf8_lossy(&page)).into_bytes(),
    }
}

/// How it is called.
fn synopsis(command: &Command, words: &Words) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [words.synopsis]);
    for one in command.get_subcommands() {
        let usage = one.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").replace('\n', " ");
        roff.text([bold("mailtap"), roman(usage.strip_prefix("mailtap").unwrap_or(&usage).to_owned())]);
        roff.control("br", []);
    }
    for usage in words.usages {
        roff.text([bold("mailtap"), roman(format!(" {} ", words.options)), italic(*usage)]);
        roff.control("br", []);
    }
    roff
}

fn commands(command: &Command, words: &Words) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [words.commands]);
    for one in command.get_subcommands() {
        let about = one.get_about().map(ToString::to_string).unwrap_or_default();
        roff.control("TP", []).text([bold(one.get_name())]).text([roman(about)]);
    }
    for part in words.hands.split("\n\n") {
        roff.control("PP", []).text([roman(part)]);
    }
    roff
}

/// What is rendered, below this title.
fn below(title: &str, render: impl Fn(&mut Vec<u8>) -> std::io::Result<()>) -> Vec<u8> {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    let mut section = Vec::new();
    // A write to memory does not fail.
    _ = roff.to_writer(&mut section);
    section.extend(part(render));
    section
}

/// What is rendered, as a part of a section: without the titles that it has of itself (`NAME`, `DESCRIPTION`, `OPTIONS`),
/// and the others those of parts.
fn part(render: impl Fn(&mut Vec<u8>) -> std::io::Result<()>) -> Vec<u8> {
    let mut section = Vec::new();
    _ = render(&mut section);
    let mut made = String::new();
    for line in String::from_utf8_lossy(&section).lines() {
        match line.strip_prefix(".SH ") {
            Some("NAME" | "DESCRIPTION" | "OPTIONS") => continue,
            Some(title) => made.push_str(&format!(".SS {title}")),
            None => made.push_str(line),
        }
        made.push('\n');
    }
    made.into_bytes()
}
