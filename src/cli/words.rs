//! What is said of a command line that clap does not know of, in each language.

use crate::view::Lang;

/// What is said of a command line.
pub(super) struct Words {
    /// `-r` and `-i` at once.
    pub both: &'static str,
    /// `-r` and `-w` at once.
    pub writes: &'static str,
    /// `--template` with another format than the page's.
    pub template: &'static str,
    /// `-r` or `-i` without what belongs to it.
    pub without_value: fn(char) -> String,
    /// An option of the list of sessions with another format.
    pub only_in_tables: fn(&str) -> String,
    /// A table for programs alone with a format for people, or with one that holds everything.
    pub only_as_columns: &'static str,
    /// `--details` with CSV.
    pub details_as_csv: &'static str,
    /// The transcript with CSV.
    pub transcript_as_csv: &'static str,
    /// Keys from standard input.
    pub keys_of_input: fn(&str) -> String,
}

const EN: Words = Words {
    both: "-r reads a file and -i listens on an interface: give one of them",
    writes: "-w saves what is captured on an interface, and -r reads a file: give one of them. To save a part of a file, \
             use tcpdump -r FILE -w FILE 'filter'",
    template: "--template is for the page: add --format html, or leave it out",
    without_value: |option| match option {
        'i' => "-i: on which interface? `mailtap interfaces` lists them".to_owned(),
        _ => format!("-{option}: which file?"),
    },
    only_in_tables: |option| {
        format!(
            "{option} is for the list of sessions in tables for people: leave out --format. Other formats have all \
             sessions in the order of their numbers, for a program or a spreadsheet to sort"
        )
    },
    only_as_columns: "transactions and attachments are tables for programs: add --format csv, or --format parquet -o DIR/. Tables \
                      for people have them in steps and messages, JSON in sessions",
    details_as_csv: "--details adds to tables for people; as CSV and Parquet, the findings of each session are a table of their own: \
                     --show details",
    transcript_as_csv: "the transcript is no table, so that there is none as CSV or Parquet: use --format table or --format markdown. \
                        As a table, --show steps has every line",
    keys_of_input: |option| {
        format!(
            "{option} -: standard input is for packets: name a file (a shell with <(…) makes one of a program's output)"
        )
    },
};

const ZH: Words = Words {
    both: "-r 读取文件，-i 监听接口：只能用其中一个",
    writes: "-w 保存从接口捕获的分组，而 -r 读取文件：只能用其中一个。要保存文件的一部分，请用 tcpdump -r 文件 -w 文件 '过滤条件'",
    template: "--template 只用于网页：请加上 --format html，或去掉它",
    without_value: |option| match option {
        'i' => "-i：哪个接口？可用 `mailtap interfaces` 列出".to_owned(),
        _ => format!("-{option}：哪个文件？"),
    },
    only_in_tables: |option| {
        format!(
            "{option} 只用于终端表格中的会话列表：请去掉 --format。其他格式按序号列出全部会话，可由程序或电子表格排序"
        )
    },
    only_as_columns: "transactions 和 attachments 是供程序使用的表格：请加上 --format csv，或 --format parquet -o DIR/。供人阅读的表格在 \
                      steps 和 messages 中给出它们，JSON 在各会话中给出",
    details_as_csv: "--details 用于供人阅读的表格；CSV 和 Parquet 中各会话的发现自成一表：--show details",
    transcript_as_csv: "对话记录不是表格，没有 CSV 或 Parquet 形式：请用 --format table 或 --format markdown；--show steps 的表格含有每一行",
    keys_of_input: |option| {
        format!("{option} -：标准输入用于分组：请写出文件名（shell 的 <(…) 可以把程序的输出当作文件）")
    },
};

/// The words of `lang`.
pub(super) fn of(lang: Lang) -> &'static Words {
    match lang {
        Lang::En => &EN,
        Lang::Zh => &ZH,
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::Cli;
    use crate::view::Lang;

    #[test]
    fn a_template_without_a_page_is_an_error_of_usage() {
        let said = |words: &str, lang| {
            let words = format!("mailtap {words}").split(' ').map(Into::into).collect();
            Cli::understand(words, lang).err().map(|error| (error.exit_code(), error.to_string()))
        };
        for words in ["read a.pcap", "live -i lo", "a.pcap", "read --format csv a.pcap", "read --json a.pcap"] {
            for (lang, what) in [(Lang::En, "--template is for the page"), (Lang::Zh, "--template 只用于网页")] {
                let (code, text) = said(&format!("{words} --template sheet.html"), lang).expect(words);
                assert!(code == 2 && text.contains(what), "{words}: {text}");
            }
        }
        assert_eq!(said("read --format html --template sheet.html a.pcap", Lang::En), None);
    }
}
