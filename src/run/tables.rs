//! Where the tables of `--format csv` and `parquet` go: a file each in a folder, or a single output.

use super::identity;
use super::private;
use super::privileges::Privileges;
use super::whole_lines::{buffered, in_lines};
use crate::capture::Outlet;
use crate::cli::{Analysis, Format, Output, Tables};
use crate::view::columns::{self, AnyTable};
use crate::view::extract;
#[cfg(feature = "parquet")]
use crate::view::parquet;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A table and where its rows go.
pub(super) type Written = (&'static dyn AnyTable, Box<dyn Write>);

/// What `--format csv` and `parquet` cannot write.
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
    /// Parquet without a folder.
    #[error(
        "--format parquet writes each table to a file in a folder, which is empty or not there yet: name it by -o DIR/"
    )]
    NoFolder,
}

/// Refuses several tables for one output, and Parquet without a folder. To be called before anything is created.
///
/// # Errors
/// If it is asked for.
pub(super) fn check(output: &Output) -> Result<(), Refused> {
    let Output { format, tables, .. } = output;
    match (&tables.folder, tables.names.len()) {
        (Some(_), _) => Ok(()),
        (None, _) if format.is_parquet() => Err(Refused::NoFolder),
        (None, 0 | 1) => Ok(()),
        (None, _) => Err(Refused::Several(tables.names.clone())),
    }
}

/// Makes the folder, which must be empty or not there, and for CSV a file in it for each table. Empty if no folder is asked for, and
/// for Parquet, whose files are made once privileges are dropped ([`parts`]): it takes the same right to rename them.
///
/// # Errors
/// If the folder is not empty, or one of them cannot be created.
pub(super) fn created(
    analysis: &Analysis,
    privileges: Option<&Privileges>,
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<Vec<Written>> {
    let Tables { names, folder: Some(folder), .. } = &analysis.output.tables else { return Ok(Vec::new()) };
    if make(folder, analysis.output.format)?
        && let Some(privileges) = privileges
    {
        privileges.give_folder(folder)?;
    }
    if analysis.output.format.is_parquet() {
        return Ok(Vec::new());
    }
    let file = |table: &'static dyn AnyTable| -> anyhow::Result<Written> {
        let path = folder.join(table.name()).with_extension("csv");
        Ok((table, created_file(&path, analysis, privileges, stop)?))
    };
    names.iter().filter_map(|name| columns::table(name)).map(file).collect()
}

/// What a killed run of Parquet left, or one at the same time writes, is passed over: nothing of it has its name.
fn make(folder: &Path, format: Format) -> io::Result<bool> {
    #[cfg(feature = "parquet")]
    if format.is_parquet() {
        return extract::make_beside(folder, parquet::is_part);
    }
    let _ = format;
    extract::make(folder)
}

/// Begins a file of Parquet for each table.
///
/// # Errors
/// If one cannot be made.
#[cfg(feature = "parquet")]
pub(super) fn parts(output: &Output) -> io::Result<Vec<(&'static dyn AnyTable, parquet::Part)>> {
    let Some(folder) = &output.tables.folder else { return Ok(Vec::new()) };
    let part = |table: &'static dyn AnyTable| {
        let path = folder.join(table.name()).with_extension("parquet");
        Ok((table, parquet::Part::begin(path, output.redact.is_none())?))
    };
    output.tables.names.iter().filter_map(|name| columns::table(name)).map(part).collect()
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
