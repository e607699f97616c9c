//! Which tables are written as CSV and Parquet, and where to.

use super::arguments::Format;
use super::what::What;
use crate::view::columns;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The tables to write as CSV or Parquet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tables {
    /// Their names, each once, in the order in which they are listed in `docs/tables.md`.
    pub names: Vec<&'static str>,
    /// The folder with a file for each. Without one there is a single output.
    pub folder: Option<PathBuf>,
}

impl Tables {
    /// What `--format`, `--show` and `--output` ask for: none but with `--format csv` and `parquet`. Without `--show`, a
    /// folder has all tables, and a single output the steps.
    pub(super) fn asked(format: Format, show: &[What], output: Option<&Path>) -> Self {
        if !format.has_columns() {
            return Self::default();
        }
        let is_folder = |path: &&Path| path.as_os_str().as_bytes().ends_with(b"/") || path.is_dir();
        let folder = output.filter(is_folder).map(Path::to_path_buf);
        let is_asked = |name: &&str| match show {
            [] => folder.is_some() || *name == "steps",
            asked => asked.iter().any(|what| table(*what).is_none_or(|asked| asked == *name)),
        };
        Self { names: columns::ALL.iter().map(|table| table.name()).filter(is_asked).collect(), folder }
    }
}

/// The table's name; `None` for all of them.
fn table(what: What) -> Option<&'static str> {
    Some(match what {
        What::Steps => "steps",
        What::Sessions => "sessions",
        What::Credentials => "credentials",
        What::Transactions => "transactions",
        What::Messages => "messages",
        What::Attachments => "attachments",
        What::Findings => "findings",
        What::Details => "details",
        What::Journeys => "journeys",
        What::Summary => "summary",
        // It is no table.
        What::Transcript => "",
        What::All => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Format, Tables, What};
    use std::path::Path;

    #[test]
    fn one_table_without_a_folder_and_all_with_one() {
        let asked = |show: &[What], output: Option<&str>| Tables::asked(Format::Csv, show, output.map(Path::new));
        assert_eq!(asked(&[], None).names, ["steps"]);
        assert_eq!(asked(&[], Some("steps.csv")).folder, None);
        assert_eq!(asked(&[], Some("new/")).names.len(), 10);
        assert_eq!(asked(&[], Some(".")).folder.as_deref(), Some(Path::new(".")), "a folder by what it is");
        assert_eq!(asked(&[What::Summary, What::Steps, What::Steps], Some("new/")).names, ["steps", "summary"]);
        assert_eq!(asked(&[What::Steps, What::All], None).names.len(), 10);
        assert_eq!(Tables::asked(Format::Json, &[], Some(Path::new("new/"))), Tables::default());
    }
}
