//! Packs the signatures of programs (`signatures/*.toml`) into one file that the program includes, and refuses those that
//! are not written as `signatures/README.md` says.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// A file: one program.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Program {
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    side: Side,
    run: Vec<Run>,
    #[serde(default)]
    signature: Vec<Signature>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Side {
    Client,
    Server,
}

/// A version that was run. Only its form is looked at here: it is for people.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is for people")]
struct Run {
    version: String,
    package: String,
    date: String,
    #[serde(default)]
    seen: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    protocol: Protocol,
    versions: String,
    confidence: f32,
    traits: BTreeMap<String, Patterns>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Protocol {
    Smtp,
    Lmtp,
    Pop3,
    Imap,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Patterns {
    One(String),
    Several(Vec<String>),
}

fn main() {
    println!("cargo::rerun-if-changed=signatures");
    println!("cargo::rerun-if-changed=build.rs");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("signatures");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    // In the order of the fields of `verdict::software::signature::Signature`.
    let mut packed = Vec::new();
    for path in files {
        let fail = |what: &dyn std::fmt::Display| -> ! { panic!("{}: {what}", path.display()) };
        let text = fs::read_to_string(&path).unwrap_or_else(|error| fail(&error));
        let program: Program = toml::from_str(&text).unwrap_or_else(|error| fail(&error));
        if program.run.is_empty() {
            fail(&"no run is named that it was seen in");
        }
        let is_alias = |alias: &String| alias.len() > 1 && *alias == alias.to_ascii_lowercase();
        if !program.aliases.iter().all(is_alias) {
            fail(&"an alias has two letters or more, in lower case");
        }
        for Signature { protocol, versions, confidence, traits } in program.signature {
            if traits.is_empty() || !(0.0..=1.0).contains(&confidence) {
                fail(&"a signature needs traits, and a confidence from 0 to 1");
            }
            let protocol = match protocol {
                Protocol::Smtp => "smtp",
                Protocol::Lmtp => "lmtp",
                Protocol::Pop3 => "pop3",
                Protocol::Imap => "imap",
            };
            let patterns = |patterns| match patterns {
                Patterns::One(pattern) => vec![pattern],
                Patterns::Several(patterns) => patterns,
            };
            let traits: BTreeMap<String, Vec<String>> =
                traits.into_iter().map(|(name, of)| (name, patterns(of))).collect();
            let is_server = program.side == Side::Server;
            packed.push((
                program.name.clone(),
                program.aliases.clone(),
                is_server,
                protocol,
                versions,
                confidence,
                traits,
            ));
        }
    }
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("signatures");
    fs::write(&out, postcard::to_allocvec(&packed).expect("it can be packed")).expect("the output can be written");
}
