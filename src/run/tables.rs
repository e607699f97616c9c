//! Where the tables of `--format csv` go: a file each in a folder, or a single output.

use super::identity;
use super::private;
use super::privileges::Privileges;
use super::whole_lines::{buffered, in_lines};
use crate::capture::Outlet;
use crate::cli::{Analysis, Format, Tables};
use crate::view::columns::AnyTable;
use crate::view::{csv, extract};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A table and where its rows go.
pub(super) type Written = (&'static dyn AnyTable, Box<dyn Write>);

/// What `--format csv` cannot write.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// More than one table was asked for, and there is one output.
    #[error(
        "--format csv writes one table to one output, and {} are asked for ({}): name one by --show, or write each to a file of its \
         own in a folder: -o DIR/",
        .0.len(),
        .0.join(", ")
    )]
    Several(Vec<&'static str>),
}

/// Refuses what is no table, and several tables for one output. To be called before anything is created.
///
/// # Errors
/// If it is asked for.
pub(super) fn check(tables: &Tables) -> Result<(), Refused> {
    match tables.folder.is_none() && tables.names.len() > 1 {
        true => Err(Refused::Several(tables.names.clone())),
        false => Ok(()),
    }
}

/// Creates a file for each table in the folder, which must be empty or not there. Empty if no folder is asked for.
///
/// # Errors
/// If the folder is not empty, or one of them cannot be created.
pub(super) fn created(
    analysis: &Analysis,
    privileges: Option<&Privileges>,
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<Vec<Written>> {
    let Tables { names, folder: Some(folder), .. } = &analysis.output.tables else { return Ok(Vec::new()) };
    if extract::make(folder)?
        && let Some(privileges) = privileges
    {
        privileges.give_folder(folder)?;
    }
    let file = |table: &'static dyn AnyTable| -> anyhow::Result<Written> {
        let path = folder.join(table.name()).with_extension("csv");
        Ok((table, created_file(&path, analysis, privileges, stop)?))
    };
    names.iter().filter_map(|name| csv::table(name)).map(file).collect()
}

fn created_file(
    path: &Path,
    analysis: &Analysis,
    privileges: Option<&Privileges>,
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<Box<dyn Write>> {
    identity::check(analysis)?;
    let created = private::created(path, analysis.output.redact.is_none(), stop)?;
    if let Some(privileges) = privileges {
        privileges.give(&created.file, path)?;
    }
    let out = in_lines(path, Outlet::new(created.file, Arc::clone(stop)), Format::Csv);
    Ok(Box::new(buffered(out)))
}
