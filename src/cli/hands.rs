/*!
What hands type that know tcpdump: `mailtap lab.pcap`, `mailtap -nr lab.pcap 'port 25'`, `mailtap -i eth0 -w lab.pcap`.
The words are put in the order in which the commands `read` and `live` take them.
*/

use super::words::Words;
use clap::error::ErrorKind;
use clap::{Args, Command};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// Options as other tools have them.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct HandArgs {
    /// As --format json.
    #[arg(long, conflicts_with = "format")]
    pub(super) json: bool,
    /// Say less: one line a session (as --show sessions), and on standard error nothing but errors.
    #[arg(short = 'q', long, action = clap::ArgAction::Count, conflicts_with = "verbose")]
    pub(super) quiet: u8,
    /// Show more: everything (as --show all), and each session's findings.
    #[arg(short = 'v', long, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// Accepted, as tcpdump has it: addresses and ports are always shown as numbers.
    #[arg(short = 'n', action = clap::ArgAction::Count)]
    pub(super) numbers: u8,
    /// Accepted, as tcpdump has it: each session is written at once.
    #[arg(short = 'l', hide = true, action = clap::ArgAction::Count)]
    pub(super) lines: u8,
    /// Accepted, as tcpdump has it.
    #[arg(short = 'U', hide = true, action = clap::ArgAction::Count)]
    pub(super) unbuffered: u8,
}

/// What tcpdump means by `-s 0`.
const WHOLE_PACKETS: &str = "262144";

/// `words` as `command` takes them, the program's name first.
///
/// # Errors
/// If what is asked for cannot be done at once.
pub(super) fn understood(words: Vec<OsString>, command: &Command, say: &Words) -> Result<Vec<OsString>, clap::Error> {
    let Some((program, typed)) = words.split_first() else { return Ok(words) };
    let Some(first) = typed.first() else { return Ok(words) };
    let is_command = |word: &OsStr| word == "help" || command.get_subcommands().any(|one| word == one.get_name());
    let helps = ["-h", "--help", "-V", "--version"];
    if is_command(first) || helps.iter().any(|help| first == help) || !(is_option(first) || is_file(first)) {
        return Ok(words);
    }
    let mut typed = Typed::of(typed, command);
    if let Some(option) = typed.without_value {
        return Err(error(command, (say.without_value)(option)));
    }
    if typed.positional.is_empty() && typed.files.is_empty() && typed.interface.is_none() {
        if let Some(help) = typed.options.iter().find(|word| helps.iter().any(|help| word == help)) {
            return Ok(vec![program.clone(), help.clone()]);
        }
        if typed.options.iter().any(|word| word == "-D") {
            return Ok(vec![program.clone(), "interfaces".into()]);
        }
    }
    let has_none = typed.files.is_empty() && typed.interface.is_none();
    let mut said = vec![program.clone()];
    if let Some(word) =
        typed.positional.first().filter(|word| has_none && is_command(word) && !Path::new(word).exists())
    {
        said.push(word.clone());
        said.extend(typed.options);
        said.extend(typed.positional.into_iter().skip(1));
        return Ok(said);
    }
    let listens = typed.interface.is_some() || (typed.writes && typed.files.is_empty());
    match (typed.files.is_empty(), listens) {
        (false, true) => return Err(error(command, say.both.to_owned())),
        (false, false) if typed.writes => return Err(error(command, say.writes.to_owned())),
        _ => {}
    }
    // As tcpdump has it: what is left is the filter, where the packets come from an option.
    let expression = match listens || !typed.files.is_empty() {
        true => typed.positional.join(OsStr::new(" ")),
        false => {
            typed.files.append(&mut typed.positional);
            OsString::new()
        }
    };
    said.push(if listens { "live" } else { "read" }.into());
    said.extend(typed.options);
    if !expression.is_empty() {
        said.extend(["--filter".into(), expression]);
    }
    let from = if listens { typed.interface.into_iter().collect() } else { typed.files };
    if !from.is_empty() {
        said.push("--".into());
        said.extend(from);
    }
    Ok(said)
}

pub(super) fn error(command: &Command, message: String) -> clap::Error {
    command.clone().error(ErrorKind::ArgumentConflict, message)
}

fn is_option(word: &OsStr) -> bool {
    word.as_bytes().starts_with(b"-")
}

/// Whether it names a file: one that is there, or a word that no command looks like.
fn is_file(word: &OsStr) -> bool {
    word.as_bytes().iter().any(|byte| matches!(byte, b'.' | b'/')) || Path::new(word).exists()
}

/// Words by what they are.
#[derive(Debug, Default)]
struct Typed {
    options: Vec<OsString>,
    positional: Vec<OsString>,
    /// Of `-r`.
    files: Vec<OsString>,
    /// Of `-i`.
    interface: Option<OsString>,
    /// There is a `-w`.
    writes: bool,
    /// The option, of `-r` and `-i`, that ends the words.
    without_value: Option<char>,
}

impl Typed {
    fn of(words: &[OsString], command: &Command) -> Self {
        let mut typed = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_bytes() {
                b"--" => typed.positional.extend(words.by_ref().cloned()),
                [b'-', b'-', name @ ..] => {
                    typed.writes |= name == b"write" || name.starts_with(b"write=");
                    typed.options.push(word.clone());
                    let wants = command
                        .get_subcommands()
                        .flat_map(Command::get_arguments)
                        .any(|arg| arg.get_long().is_some_and(|long| long.as_bytes() == name) && takes_a_word(arg));
                    typed.options.extend(words.next_if_wanted(wants));
                }
                [b'-', cluster @ ..] if !cluster.is_empty() => typed.cluster(cluster, command, &mut words),
                _ => typed.positional.push(word.clone()),
            }
        }
        typed
    }

    /// Options of one letter: `-nr`, `-c5`.
    fn cluster<'a>(&mut self, cluster: &[u8], command: &Command, words: &mut impl Iterator<Item = &'a OsString>) {
        for (at, &byte) in cluster.iter().enumerate() {
            let option = char::from(byte);
            let rest = cluster.get(at + 1..).unwrap_or_default();
            let wants = matches!(option, 'r' | 'i')
                || command
                    .get_subcommands()
                    .flat_map(Command::get_arguments)
                    .any(|arg| arg.get_short() == Some(option) && takes_a_word(arg));
            // Bytes that are no ASCII are not of an option: clap says so.
            if !wants && byte.is_ascii() {
                self.options.push(format!("-{option}").into());
                continue;
            }
            let value = match rest {
                [] => words.next().cloned(),
                rest => Some(OsString::from_vec(rest.strip_prefix(b"=").unwrap_or(rest).to_vec())),
            };
            match (option, value) {
                ('r', Some(file)) => self.files.push(file),
                ('i', Some(interface)) => self.interface = Some(interface),
                ('r' | 'i', None) => self.without_value = Some(option),
                (_, value) => {
                    self.writes |= option == 'w';
                    self.options.push(format!("-{option}").into());
                    let whole = option == 's' && value.as_deref() == Some(OsStr::new("0"));
                    self.options.extend(if whole { Some(WHOLE_PACKETS.into()) } else { value });
                }
            }
            return;
        }
    }
}

/// The next word, where an option wants one.
trait NextIfWanted {
    fn next_if_wanted(&mut self, wanted: bool) -> Option<OsString>;
}

impl<'a, I: Iterator<Item = &'a OsString>> NextIfWanted for I {
    fn next_if_wanted(&mut self, wanted: bool) -> Option<OsString> {
        if wanted { self.next().cloned() } else { None }
    }
}

fn takes_a_word(arg: &clap::Arg) -> bool {
    arg.get_action().takes_values() && !arg.is_require_equals_set()
}
