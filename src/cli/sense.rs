//! Options that mean nothing together: refused, so that nobody takes for an answer what is none.

use super::Cli;
use super::arguments::{Command, CommonArgs, Format};
use super::keys::KeyArgs;
use super::what::What;
use super::words::Words;

impl Cli {
    /// What is wrong with options that are each right; nothing if they make sense.
    pub(super) fn senseless(&self, say: &Words) -> Option<String> {
        let keys = |args: &KeyArgs| args.names_standard_input().map(|option| (say.keys_of_input)(option));
        match &self.command {
            Command::Read(args) => keys(&args.common.keys).or_else(|| senseless(&args.common, say)),
            Command::Live(args) => keys(&args.common.keys).or_else(|| senseless(&args.common, say)),
            Command::Compare(args) => keys(&args.study.keys),
            Command::Explain(args) => keys(&args.study.keys),
            _ => None,
        }
    }
}

fn senseless(args: &CommonArgs, say: &Words) -> Option<String> {
    let format = if args.hands.json { Format::Json } else { args.format };
    let lists = args.listing.lists();
    // Refused in every other format, where there would be nothing in their place.
    let of_programs = args.show.iter().any(|what| matches!(what, What::Transactions | What::Attachments));
    match format {
        _ if of_programs && !format.has_columns() => Some(say.only_as_columns.to_owned()),
        Format::Html => lists.map(|option| (say.only_in_tables)(option)),
        _ if args.template.is_some() => Some(say.template.to_owned()),
        Format::Table => None,
        _ if lists.is_some() => lists.map(|option| (say.only_in_tables)(option)),
        _ if !format.has_columns() => None,
        _ if args.listing.details => Some(say.details_as_csv.to_owned()),
        _ if args.show.contains(&What::Transcript) => Some(say.transcript_as_csv.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Lang;

    fn refused(typed: &str, lang: Lang) -> Option<String> {
        let words = ["mailtap", "read", "x.pcap"].into_iter().chain(typed.split(' ')).map(Into::into).collect();
        Cli::understand(words, lang).err().map(|error| error.render().to_string())
    }

    #[test]
    fn what_would_be_passed_over_is_refused() {
        for (typed, advice) in [
            ("--sort bytes --format csv", "--sort"),
            ("--limit 3 --format markdown", "--limit"),
            ("--limit 3 --json", "--limit"),
            ("--sort from --format html", "--sort"),
            ("--details --format csv", "--show details"),
            ("--details --format parquet -o x/", "--show details"),
            ("--show transcript --format parquet -o x/", "--format markdown"),
            ("--show transactions", "--format csv"),
            ("--show steps,attachments --format markdown", "--format csv"),
            ("--show attachments --json", "--format csv"),
            ("--show transcript --format csv", "--format markdown"),
            ("--show transcript,steps --format csv -o x/", "--format markdown"),
            ("--raw --show steps", "--show"),
            ("--raw --exit-code", "--exit-code"),
            ("--raw --fail-on high", "--fail-on"),
            ("--raw --sort bytes", "--sort"),
            ("--raw --json", "--json"),
            ("--keylog -", "--keylog"),
            ("--keylog a --tls-key -", "--tls-key"),
        ] {
            for lang in [Lang::En, Lang::Zh] {
                let said = refused(typed, lang).unwrap_or_else(|| panic!("{typed} is taken"));
                assert!(said.contains(advice), "{typed}: {said}");
            }
        }
    }

    #[test]
    fn what_makes_sense_is_taken() {
        for typed in [
            "--sort bytes --limit 3",
            "--details --format markdown",
            "--details --json",
            "--show details --format csv",
            "--show transactions --format csv",
            "--show attachments,steps --format parquet -o x/",
            "--show transcript --format markdown",
            "--raw --session 1",
            "--raw --session 1 -o -",
            "--time utc --format csv",
        ] {
            assert_eq!(refused(typed, Lang::En), None, "{typed}");
        }
    }
}
