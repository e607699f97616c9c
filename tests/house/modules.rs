//! The library's modules as their source declares them: the paths that each names, and the file of each definition.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMacro, ItemMod, ItemUse, Meta, UseTree, Visibility};

/// The macro that makes a module of each name that it is given (`src/verdict/rules/mod.rs`).
const MODULES: &str = "rules";

/// A module's path from the crate's root, which is the empty one.
pub type ModulePath = Vec<String>;

/// All modules that are not tests.
#[derive(Default)]
pub struct Modules(pub BTreeMap<ModulePath, Module>);

/// One module.
#[derive(Default)]
pub struct Module {
    /// The module whose file it stands in: itself, or for `mod name { … }` the one around it.
    pub file_module: ModulePath,
    /// That file.
    pub file: PathBuf,
    /// Paths that are named in it.
    pub mentions: Vec<Mention>,
    children: BTreeSet<String>,
    items: BTreeSet<String>,
    /// Names that `use` brings into scope, with the path as written.
    imported: BTreeMap<String, Vec<String>>,
    /// The paths of each `use path::*`.
    globs: Vec<Vec<String>>,
}

/// A path in the source: of a `use`, or anywhere else.
pub struct Mention {
    /// Segments as written.
    pub path: Vec<String>,
    /// Line, counted from 1.
    pub line: usize,
    /// It stands in a `use` that is visible beyond its module: a re-export.
    pub reexport: bool,
}

impl Modules {
    /// Reads the library below `src`.
    pub fn read(src: &Path) -> Self {
        let mut modules = Self::default();
        modules.read_file(&src.join("lib.rs"), src, Vec::new());
        modules
    }

    /// Reads the file of module `path`, whose children's files are in `folder`.
    fn read_file(&mut self, file: &Path, folder: &Path, path: ModulePath) {
        let source = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let syntax = syn::parse_file(&source).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut reader = Reader { modules: self, file, folder, file_module: path.clone(), path, files: Vec::new() };
        reader.begin();
        reader.visit_file(&syntax);
        for (child, folder) in reader.files {
            let name = child.last().cloned().unwrap_or_default();
            let own_file = folder.join(format!("{name}.rs"));
            let inside = folder.join(&name);
            let file = if own_file.exists() { own_file } else { inside.join("mod.rs") };
            self.read_file(&file, &inside, child);
        }
    }

    /// The module that defines the item that `written` names in module `at`; re-exports are followed. `None` for a path
    /// out of this crate.
    pub fn home(&self, at: &ModulePath, written: &[String]) -> Option<ModulePath> {
        self.resolved(at, written, 0)
    }

    fn resolved(&self, at: &ModulePath, written: &[String], depth: usize) -> Option<ModulePath> {
        /// Longer chains of re-exports are given up.
        const DEPTH: usize = 16;
        let (first, rest) = written.split_first()?;
        let module = self.0.get(at).filter(|_| depth < DEPTH)?;
        match first.as_str() {
            "crate" | "mailtap" => self.below(Vec::new(), rest, depth),
            "self" => self.below(at.clone(), rest, depth),
            "super" => {
                let (_, parent) = at.split_last()?;
                // `super::super` is relative to the parent, and a lone `super` is the parent.
                match rest.first().is_some_and(|next| next == "super") {
                    true => self.resolved(&parent.to_vec(), rest, depth),
                    false => self.below(parent.to_vec(), rest, depth),
                }
            }
            name if module.children.contains(name) || module.imported.contains_key(name) => {
                self.below(at.clone(), written, depth)
            }
            name => {
                let all_of = module.globs.iter().filter_map(|glob| self.resolved(at, glob, depth + 1));
                let with_name = |found: &ModulePath| self.0.get(found).is_some_and(|module| module.has(name));
                let found = all_of.into_iter().find(with_name)?;
                self.below(found, written, depth)
            }
        }
    }

    /// Whether `written` names the module `home` itself and nothing in it.
    pub fn names_module(&self, at: &ModulePath, written: &[String], home: &ModulePath) -> bool {
        let Some((last, before)) = written.split_last() else { return false };
        match last.as_str() {
            "crate" | "self" | "super" => true,
            name => {
                home.last().is_some_and(|module| module == name) && {
                    let parent = self.home(at, before);
                    before.is_empty() || parent.is_some_and(|parent| parent.len() + 1 == home.len())
                }
            }
        }
    }

    /// Follows `rest` from module `at` down.
    fn below(&self, mut at: ModulePath, rest: &[String], depth: usize) -> Option<ModulePath> {
        for (n, name) in rest.iter().enumerate() {
            let module = self.0.get(&at)?;
            if module.children.contains(name) {
                at.push(name.clone());
            } else if let Some(written) = module.imported.get(name) {
                let onward = [written, &rest[n + 1..]].concat();
                // A name from another crate counts as defined in the module that imports it.
                return self.resolved(&at, &onward, depth + 1).or(Some(at));
            } else if module.items.contains(name) {
                return Some(at);
            } else {
                let all_of = module.globs.iter().filter_map(|glob| self.resolved(&at, glob, depth + 1));
                let with_name = |found: &ModulePath| self.0.get(found).is_some_and(|module| module.has(name));
                return match all_of.into_iter().find(with_name) {
                    Some(found) => self.below(found, &rest[n..], depth + 1),
                    None => Some(at),
                };
            }
        }
        Some(at)
    }
}

impl Module {
    fn has(&self, name: &str) -> bool {
        self.children.contains(name) || self.imported.contains_key(name) || self.items.contains(name)
    }
}

/// Reads one file.
struct Reader<'a> {
    modules: &'a mut Modules,
    file: &'a Path,
    folder: &'a Path,
    file_module: ModulePath,
    /// The module at hand.
    path: ModulePath,
    /// Modules with files of their own, and the folders that those are in.
    files: Vec<(ModulePath, PathBuf)>,
}

impl Reader<'_> {
    fn begin(&mut self) {
        let (file_module, file) = (self.file_module.clone(), self.file.to_owned());
        let module = Module { file_module, file, ..Module::default() };
        self.modules.0.insert(self.path.clone(), module);
    }

    fn module(&mut self) -> &mut Module {
        self.modules.0.entry(self.path.clone()).or_default()
    }

    fn import(&mut self, tree: &UseTree, before: &[String], reexport: bool) {
        let mut path = before.to_vec();
        let (name, ident) = match tree {
            UseTree::Path(step) => {
                path.push(step.ident.to_string());
                return self.import(&step.tree, &path, reexport);
            }
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.import(tree, before, reexport)),
            UseTree::Glob(glob) => {
                let line = glob.star_token.span.start().line;
                self.module().globs.push(path.clone());
                return self.module().mentions.push(Mention { path, line, reexport });
            }
            UseTree::Name(name) => (&name.ident, &name.ident),
            UseTree::Rename(renamed) => (&renamed.rename, &renamed.ident),
        };
        let line = ident.span().start().line;
        let mut name = name.to_string();
        if ident == "self" {
            if name == "self" {
                name = path.last().cloned().unwrap_or_default();
            }
        } else {
            path.push(ident.to_string());
        }
        self.module().imported.insert(name, path.clone());
        self.module().mentions.push(Mention { path, line, reexport });
    }

    /// A module of the one at hand that has a file of its own.
    fn module_file(&mut self, name: String) {
        self.module().children.insert(name.clone());
        let inline = &self.path[self.file_module.len()..];
        let folder = inline.iter().fold(self.folder.to_owned(), |folder, name| folder.join(name));
        let path = self.path.iter().cloned().chain([name]).collect();
        self.files.push((path, folder));
    }

    /// Collects paths from a macro's tokens, which `syn` cannot parse: their grammar is the macro's own.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut line, mut colons) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.mention(std::mem::take(&mut path), line);
                        line = ident.span().start().line;
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                other => {
                    self.mention(std::mem::take(&mut path), line);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.mention(path, line);
    }

    fn mention(&mut self, path: Vec<String>, line: usize) {
        if !path.is_empty() {
            self.module().mentions.push(Mention { path, line, reexport: false });
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = match item {
            Item::Const(item) => (&item.attrs, Some(&item.ident)),
            Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            Item::Static(item) => (&item.attrs, Some(&item.ident)),
            Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            Item::Type(item) => (&item.attrs, Some(&item.ident)),
            Item::Impl(item) => (&item.attrs, None),
            Item::Mod(item) => (&item.attrs, None),
            Item::Use(item) => (&item.attrs, None),
            _ => return visit::visit_item(self, item),
        };
        if attributes.iter().any(is_test) {
            return;
        }
        if let Some(name) = name {
            self.module().items.insert(name.to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let name = item.ident.to_string();
        if ["tests", "testing"].contains(&name.as_str()) {
            return;
        }
        if item.content.is_none() {
            return self.module_file(name);
        }
        self.module().children.insert(name.clone());
        self.path.push(name);
        self.begin();
        visit::visit_item_mod(self, item);
        self.path.pop();
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        if item.mac.path.is_ident(MODULES) {
            for token in item.mac.tokens.clone() {
                if let TokenTree::Ident(name) = token {
                    self.module_file(name.to_string());
                }
            }
        }
        visit::visit_item_macro(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let reexport = !matches!(item.vis, Visibility::Inherited);
        self.import(&item.tree, &[], reexport && item.leading_colon.is_none());
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !function.attrs.iter().any(is_test) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let (None, Some(first)) = (&path.leading_colon, path.segments.first()) {
            let line = first.ident.span().start().line;
            self.mention(path.segments.iter().map(|segment| segment.ident.to_string()).collect(), line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    /// `pub(in path)` names a module and depends on nothing in it.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    /// An attribute is no dependency either.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

/// `#[cfg(test)]`.
fn is_test(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    list.path.is_ident("cfg") && list.tokens.to_string() == "test"
}
