//! The manual page's own words in Chinese.

use super::super::manual_words::Words;

/// The words.
pub(in super::super) const WORDS: Words = Words {
    name: "名称",
    synopsis: "概要",
    description: "说明",
    commands: "命令",
    usages: &["文件…", "-r 文件… [过滤条件…]", "-i 接口 [-w 文件] [过滤条件…]"],
    options: "[选项]",
    examples: (
        "示例",
        &[
            ("mailtap lab.pcap", "以表格显示每个会话的对话、登录情况和发现的问题。"),
            ("mailtap lab.pcap --show sessions,findings --lang zh", "每个会话一行，以及存在的问题；用中文显示。"),
            ("mailtap -nr lab.pcap 'port 25'", "与 tcpdump 的写法相同：只看符合条件的分组。"),
            ("tcpdump -w - port 25 | mailtap read -", "读取另一个程序捕获的分组。"),
            ("mailtap read day.pcap --failed --server mx.example.com --since 16:00", "下午在某台服务器上失败的操作。"),
            ("mailtap read day.pcap --to bob@example.com --format json | jq '.sessions[].messages'", "供程序读取。"),
            (
                "mailtap read day.pcap --redact --fail-on high -q || echo 'all is well'",
                "用于脚本中的检查：1 表示没有发现。",
            ),
            ("mailtap explain lab.pcap --format markdown -o report.md", "回答实验报告的问题。"),
            ("mailtap compare good.pcap bad.pcap", "两个会话从哪里开始不同。"),
            ("sudo mailtap -i eth0 -w today.pcap", "监听，并保存分组。"),
        ],
    ),
    environment: (
        "环境变量",
        &[
            (
                "LC_ALL, LC_MESSAGES, LANG",
                "没有 --lang 时，由其中第一个已设置的变量决定语言：以 zh 开头为中文，否则为英文。",
            ),
            ("TZ", "显示当地时间、以及 --since 和 --until 没有写明时区时所用的时区；没有设置时用系统的时区。"),
            ("COLUMNS", "标准输出不是终端时表格的宽度。"),
            ("NO_COLOR", "不为空时不用颜色，除非写了 --color=always。"),
            ("TERM", "dumb 表示不用颜色、进度和分页。"),
            (
                "MAILTAP_PAGER, PAGER",
                "显示超过一屏的结果所用的程序，以先设置者为准；都没有设置时用 less。为空或 cat 表示不用。",
            ),
            ("LESS, LV", "分页程序的选项；没有设置时，mailtap 为 less 设为 FRX，为 lv 设为 -c。"),
            (
                "SUDO_UID, SUDO_GID",
                "调用 sudo 的用户：live 以该用户的身份继续运行，写出的文件也归其所有，除非用 --user 指定了其他用户。",
            ),
            ("MAILTAP_LOG", "mailtap 自身在标准错误上的日志，供开发者使用：off、error、warn、info、debug、trace。"),
        ],
    ),
    exit_status: (
        "退出状态",
        &[
            ("0", "完成。使用 --exit-code 或 --fail-on 时：有发现。"),
            ("1", "结果无法写入。使用 --exit-code 或 --fail-on 时：没有发现。"),
            ("2", "用法错误。使用 --exit-code 或 --fail-on 时，也表示结果无法写入。"),
            ("3", "输入没有读到末尾。已读取的内容仍会显示。"),
            ("4", "没有监听权限、没有该接口，或无法放弃权限。"),
        ],
    ),
    files: (
        "文件",
        &[
            (
                "文件",
                "抓包文件：pcap 或 pcapng，也可用 gzip、zstd 或 lz4 压缩。从不写入。可能含有密码的新文件只有其所有者能读。",
            ),
            ("index.json", "在 --extract 的目录中：说明哪个文件是哪封邮件或哪个附件，并附摘要。"),
        ],
    ),
    see_also: "另见",
    hands: super::texts::AFTER,
};

/// The page in a form whose lines can be broken: Chinese has no blanks, where man(1) would do it. Without zh.tmac, which
/// it reads for pages below `zh_CN` only, it knows of no other place.
pub(in super::super) fn breakable(page: &str) -> String {
    let mut made = String::with_capacity(page.len() * 2);
    for (nth, line) in page.lines().enumerate() {
        if nth > 0 && line.starts_with(['.', '\'']) {
            made.push_str(line);
        } else {
            let mut before = None;
            for found in line.chars() {
                let may_break = before.is_some_and(|before| is_wide(before) && !"（“".contains(before));
                if may_break && is_wide(found) && !"，。、；：）”".contains(found) {
                    made.push_str("\\:");
                }
                made.push(found);
                before = Some(found);
            }
        }
        made.push('\n');
        if line.starts_with(".TH ") {
            // Lines without blanks cannot be stretched.
            made.push_str(".ad l\n");
        }
    }
    made
}

fn is_wide(found: char) -> bool {
    unicode_width::UnicodeWidthChar::width(found) == Some(2)
}

#[cfg(test)]
mod tests {
    use super::breakable;

    #[test]
    fn lines_break_between_chinese_characters_but_not_before_punctuation() {
        let page = ".TH mailtap 1\n.SH 名称\n读取，显示 PCAP 文件\n";
        assert_eq!(breakable(page), ".TH mailtap 1\n.ad l\n.SH 名称\n读\\:取，\\:显\\:示 PCAP 文\\:件\n");
    }
}
