//! Writes the signatures of programs (`signatures/*.toml`) as values of Rust, which `verdict::software::signature` includes,
//! and refuses those that are not written as `signatures/README.md` says.

#[path = "src/verdict/software/name.rs"]
mod name;

use name::Name;
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;
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

/// The traits that the signatures of one side of a protocol ask for, and for each signature how many it asks for, and what
/// is written of it.
#[derive(Default)]
struct Group {
    names: Vec<String>,
    signatures: Vec<(usize, String)>,
}

impl Group {
    /// Adds a signature of `program`; an error names a trait that is none.
    fn add(&mut self, program: &str, signature: Signature) -> Result<(), String> {
        let mut traits = Vec::new();
        let mut needs = 0_u64;
        for (name, patterns) in signature.traits {
            let known = Name::of(&name).ok_or_else(|| format!("there is no trait {name:?}"))?;
            let known = format!("Name::{known:?}");
            let place = self.names.iter().position(|name| *name == known).unwrap_or_else(|| {
                self.names.push(known);
                self.names.len() - 1
            });
            let patterns = match patterns {
                Patterns::One(pattern) => vec![pattern],
                Patterns::Several(patterns) => patterns,
            };
            let (not, these): (Vec<&str>, Vec<&str>) =
                patterns.iter().map(String::as_str).partition(|pattern| pattern.starts_with('!'));
            let not: Vec<&str> = not.iter().filter_map(|pattern| pattern.strip_prefix('!')).collect();
            if !these.is_empty() {
                needs |= u32::try_from(place).ok().and_then(|place| 1_u64.checked_shl(place)).unwrap_or_default();
            }
            // What has to be looked for in all of a text costs most.
            let is_searched = these.iter().chain(&not).any(|pattern| pattern.starts_with('*'));
            let list = |patterns: &[&str]| {
                let each: Vec<String> = patterns.iter().map(|pattern| format!("Pattern::of({pattern:?})")).collect();
                format!("&[{}]", each.join(", "))
            };
            traits
                .push((is_searched, format!("({place}, Patterns {{ these: {}, not: {} }})", list(&these), list(&not))));
        }
        traits.sort_by_key(|(is_searched, _)| *is_searched);
        let count = traits.len();
        let traits: Vec<String> = traits.into_iter().map(|(_, written)| written).collect();
        let Signature { versions, confidence, .. } = signature;
        self.signatures.push((
            count,
            format!(
                "Signature {{ name: {program:?}, versions: {versions:?}, confidence: {confidence:?}, needs: {needs}, \
                 traits: &[{}] }}",
                traits.join(", ")
            ),
        ));
        Ok(())
    }

    /// Those that ask for most first.
    fn written(mut self) -> String {
        self.signatures.sort_by_key(|(count, _)| Reverse(*count));
        let signatures: Vec<String> = self.signatures.into_iter().map(|(_, written)| written).collect();
        format!("Group {{ names: &[{}], signatures: &[{}] }}", self.names.join(", "), signatures.join(",\n"))
    }
}

fn main() {
    println!("cargo::rerun-if-changed=signatures");
    println!("cargo::rerun-if-changed=src/verdict/software/name.rs");
    println!("cargo::rerun-if-changed=build.rs");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("signatures");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    // By protocol, clients before servers: `verdict::software::signature` reads them in this order.
    let mut groups: [[Group; 2]; 4] = Default::default();
    let mut aliases: [Vec<(String, String)>; 2] = Default::default();
    let mut known: Vec<(String, usize)> = Vec::new();
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
        let side = usize::from(program.side == Side::Server);
        // A program may have several files: the first says what it is called.
        if !program.signature.is_empty() && !known.contains(&(program.name.clone(), side)) {
            known.push((program.name.clone(), side));
            aliases[side].extend(program.aliases.into_iter().map(|alias| (alias, program.name.clone())));
        }
        for signature in program.signature {
            if signature.traits.is_empty() || !(0.0..=1.0).contains(&signature.confidence) {
                fail(&"a signature needs traits, and a confidence from 0 to 1");
            }
            let protocol = match signature.protocol {
                Protocol::Smtp => 0,
                Protocol::Lmtp => 1,
                Protocol::Pop3 => 2,
                Protocol::Imap => 3,
            };
            groups[protocol][side].add(&program.name, signature).unwrap_or_else(|error| fail(&error));
        }
    }
    let mut written = String::from("static GROUPS: [[Group; 2]; 4] = [\n");
    for [clients, servers] in groups {
        writeln!(written, "[{},\n{}],", clients.written(), servers.written()).expect("a text takes all");
    }
    written.push_str("];\n");
    let [clients, servers] = aliases;
    let lists = "static ALIASES: [&[(&str, &str)]; 2]";
    writeln!(written, "{lists} = [&{clients:?}, &{servers:?}];").expect("a text takes all");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("signatures.rs");
    fs::write(&out, written).expect("the output can be written");
}
