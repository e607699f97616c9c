//! A table that cannot be written further, and what became of the others.

use crate::view::Lang;
use std::fmt;
use std::io;

/// One of several tables cannot be written.
#[derive(Debug)]
pub struct CutShort {
    /// Why, with the name of the file.
    pub error: io::Error,
    /// Tables that miss rows, by name.
    early: Vec<&'static str>,
    /// Tables that have all of theirs.
    whole: Vec<&'static str>,
    /// Those that miss rows are not there at all.
    absent: bool,
}

impl CutShort {
    /// `error`, with what became of the tables. Of a single one there is nothing more to tell.
    pub(super) fn told(error: io::Error, early: Vec<&'static str>, whole: Vec<&'static str>) -> io::Error {
        if early.len() + whole.len() < 2 {
            return error;
        }
        io::Error::new(error.kind(), Self { error, early, whole, absent: false })
    }

    /// The same, of tables that are there whole or not at all: those of `absent` are not.
    #[cfg(feature = "parquet")]
    pub(in crate::view) fn absent(error: io::Error, absent: Vec<&'static str>, whole: Vec<&'static str>) -> io::Error {
        io::Error::new(error.kind(), Self { error, early: absent, whole, absent: true })
    }

    /// Which tables miss rows and which do not.
    pub fn tables(&self, lang: Lang) -> String {
        let Self { early, whole, .. } = self;
        match (lang, whole.is_empty()) {
            (Lang::En, true) if self.absent => format!("no table is written ({})", early.join(", ")),
            (Lang::En, false) if self.absent => {
                format!(
                    "tables that are not written: {}; tables that are whole: {}",
                    early.join(", "),
                    whole.join(", ")
                )
            }
            (Lang::Zh, true) if self.absent => format!("没有写出任何表格（{}）", early.join("、")),
            (Lang::Zh, false) if self.absent => {
                format!("未写出的表格：{}；完整的表格：{}", early.join("、"), whole.join("、"))
            }
            (Lang::En, true) => format!("no table is whole, all of them end early ({})", early.join(", ")),
            (Lang::En, false) => {
                format!("tables that end early: {}; tables that are whole: {}", early.join(", "), whole.join(", "))
            }
            (Lang::Zh, true) => format!("所有表格都不完整（{}）", early.join("、")),
            (Lang::Zh, false) => format!("不完整的表格：{}；完整的表格：{}", early.join("、"), whole.join("、")),
        }
    }
}

impl fmt::Display for CutShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.error, self.tables(Lang::En))
    }
}

impl std::error::Error for CutShort {}
