//! Which file depends on which: arrows between files, folded into arrows between the rooms of a folder, and their cycles.

use crate::modules::{ModulePath, Modules};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// A file's dependency on another, both named by their modules.
type Arrow = (ModulePath, ModulePath);

/// All arrows between files, each with the source lines that name the dependency.
pub struct Arrows<'a> {
    modules: &'a Modules,
    lines: BTreeMap<Arrow, BTreeSet<usize>>,
}

/// Rooms of one folder, each of which depends on every other, directly or not.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cycle {
    /// The folder, from `src` on: `flow`, `protocol/imap`. Empty for `src` itself.
    pub folder: String,
    /// Names of files without `.rs`, and of subfolders. The folder's own file (`mod.rs`) is [`HEAD`].
    pub rooms: Vec<String>,
    /// The arrows between them, for people.
    pub shown: String,
}

/// The room that the folder's own file is: `flow/mod.rs`, or `pipeline.rs` beside `pipeline/`.
pub const HEAD: &str = "mod";

impl<'a> Arrows<'a> {
    /// The arrows between all files. A module's re-export of something below it makes no arrow.
    pub fn between(modules: &'a Modules) -> Self {
        let mut lines: BTreeMap<Arrow, BTreeSet<usize>> = BTreeMap::new();
        for (path, module) in &modules.0 {
            for mention in &module.mentions {
                let Some(home) = modules.home(path, &mention.path) else { continue };
                let (from, to) = (&module.file_module, &modules.0[&home].file_module);
                let is_above = path.starts_with(&home) && modules.names_module(path, &mention.path, &home);
                if from == to || mention.reexport && to.starts_with(from) || is_above {
                    continue;
                }
                lines.entry((from.clone(), to.clone())).or_default().insert(mention.line);
            }
        }
        Self { modules, lines }
    }

    /// The cycles of every folder.
    pub fn cycles(&self) -> Vec<Cycle> {
        let mut folders: BTreeMap<ModulePath, BTreeMap<(String, String), Vec<&Arrow>>> = BTreeMap::new();
        for arrow in self.lines.keys() {
            let (from, to) = arrow;
            let common = from.iter().zip(to).take_while(|(one, other)| one == other).count();
            let room = |path: &ModulePath| path.get(common).cloned().unwrap_or_else(|| HEAD.to_owned());
            let arrows = folders.entry(from[..common].to_vec()).or_default();
            arrows.entry((room(from), room(to))).or_default().push(arrow);
        }
        folders.iter().flat_map(|(folder, arrows)| self.cycles_of(folder, arrows)).collect()
    }

    fn cycles_of(&self, folder: &ModulePath, arrows: &BTreeMap<(String, String), Vec<&Arrow>>) -> Vec<Cycle> {
        let mut left: BTreeSet<&String> = arrows.keys().flat_map(|(from, to)| [from, to]).collect();
        let mut cycles = Vec::new();
        while let Some(room) = left.pop_first() {
            let ahead = reached(room, arrows, |(from, to)| (from, to));
            let behind = reached(room, arrows, |(from, to)| (to, from));
            let rooms: BTreeSet<&String> = ahead.intersection(&behind).copied().collect();
            left.retain(|room| !rooms.contains(room));
            if rooms.is_empty() {
                continue;
            }
            let inside = arrows.iter().filter(|((from, to), _)| rooms.contains(from) && rooms.contains(to));
            cycles.push(Cycle {
                folder: folder.join("/"),
                rooms: rooms.iter().map(|&room| room.clone()).collect(),
                shown: inside.map(|((from, to), files)| self.shown(from, to, files)).collect(),
            });
        }
        cycles
    }

    /// Arrows between top folders for which `is_wrong`.
    pub fn wrong(&self, is_wrong: impl Fn(&str, &str) -> bool) -> String {
        let top = |path: &ModulePath| path.first().cloned().unwrap_or_else(|| "lib".to_owned());
        let wrong = self.lines.keys().filter(|(from, to)| is_wrong(&top(from), &top(to)));
        wrong.map(|arrow| self.shown(&top(&arrow.0), &top(&arrow.1), &[arrow])).collect()
    }

    /// An arrow between rooms, with the files and lines that make it.
    fn shown(&self, from: &str, to: &str, files: &[&Arrow]) -> String {
        /// Lines shown for one pair of files.
        const LINES: usize = 3;
        let mut shown = format!("  {from} -> {to}\n");
        for arrow in files {
            let (file, target) = (&self.modules.0[&arrow.0].file, &self.modules.0[&arrow.1].file);
            let source = fs::read_to_string(file).unwrap_or_default();
            let text = |line: &usize| source.lines().nth(line - 1).unwrap_or_default().trim().to_owned();
            let lines = &self.lines[*arrow];
            let imports: Vec<&usize> = lines.iter().filter(|line| text(line).contains("use ")).collect();
            let lines = if imports.is_empty() { lines.iter().collect() } else { imports };
            for line in lines.iter().take(LINES) {
                shown += &format!("    {}:{line}: {}  [{}]\n", file.display(), text(line), target.display());
            }
            if lines.len() > LINES {
                shown += &format!("    … and {} more lines\n", lines.len() - LINES);
            }
        }
        shown
    }
}

/// The rooms reached from `room` along arrows; `room` itself is among them if it is in a cycle.
fn reached<'r, V>(
    room: &'r String,
    arrows: &'r BTreeMap<(String, String), V>,
    ends: impl Fn(&'r (String, String)) -> (&'r String, &'r String),
) -> BTreeSet<&'r String> {
    let mut reached = BTreeSet::new();
    let mut next = vec![room];
    while let Some(from) = next.pop() {
        let ahead = arrows.keys().map(&ends).filter(|(start, _)| *start == from);
        next.extend(ahead.map(|(_, end)| end).filter(|end| reached.insert(*end)));
    }
    reached
}
