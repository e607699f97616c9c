/*!
What this program says in English elsewhere, in Chinese: the `problem`s of the JSON, and what errors say of themselves.

Each is found by its English words. In these, `{n}` stands for a number, `{v}` for what is said as it is (a name, what the
system or libpcap says) and `{}` for words that stand here too. In the Chinese words, `{0}` is the first of them.
*/

/// English words, and the Chinese ones for them.
type Said = (&'static str, &'static str);

/// How deep words stand within words.
const DEPTH: u8 = 4;

const SAID: &[Said] = &[
    // What a record is, in a file that is damaged.
    ("a record longer than any packet", "记录的长度超过任何分组"),
    ("an empty record of no time", "没有时间的空记录"),
    ("a record that reaches beyond the end of the file", "记录超出文件末尾"),
    ("a record that makes no sense", "记录无意义"),
    ("a record that reaches into another", "记录伸入了另一条记录"),
    ("a section of another version of pcapng", "其他版本的 pcapng 段"),
    ("no block of pcapng", "不是 pcapng 的块"),
    ("a block of impossible length", "块的长度不可能"),
    ("a block that reaches beyond the end of the file", "块超出文件末尾"),
    ("a block whose two lengths differ", "块前后的两个长度不同"),
    ("a block whose inner lengths make no sense", "块内部的长度无意义"),
    ("one interface too many", "接口过多"),
    ("a packet block without a packet", "分组块中没有分组"),
    ("a packet of an interface not described", "分组所属的接口没有说明"),
    ("a packet longer than its block", "分组比所在的块长"),
    // Before the versions, which it ends.
    ("{} at byte {n} is not supported", "不支持第 {1} 字节处的 {0}"),
    ("pcap version {v}", "pcap {0} 版"),
    ("pcapng version {v}", "pcapng {0} 版"),
    // Problems.
    ("skipped {n} bytes after packet {n} at byte {n}: {}", "在第 {1} 个分组之后（第 {2} 字节）跳过了 {0} 字节：{3}"),
    (
        "skipped {n} bytes in {n} places, the first after packet {n} at byte {n}: {}",
        "在 {1} 处跳过了共 {0} 字节，第一处在第 {2} 个分组之后（第 {3} 字节）：{4}",
    ),
    ("another file begins at byte {n}, and was read too", "第 {0} 字节处接着另一个抓包文件，也已读取"),
    (
        "{n} more files begin, the first at byte {n}, and were read too",
        "后面还接着 {0} 个抓包文件，第一个从第 {1} 字节开始，也已读取",
    ),
    ("truncated in packet {n} at byte {n}", "在第 {0} 个分组（第 {1} 字节）处被截断"),
    ("corrupt after packet {n} at byte {n}: {}", "第 {0} 个分组之后（第 {1} 字节）已损坏：{2}"),
    (
        "{v} data damaged or cut short after packet {n} at byte {n}: {v}",
        "{0} 数据在第 {1} 个分组之后（第 {2} 字节）损坏或被截断：{3}",
    ),
    ("unreadable after packet {n} at byte {n}: {v}", "第 {0} 个分组之后（第 {1} 字节）无法读取：{2}"),
    ("removed or replaced since reading began", "开始读取之后已被删除或替换"),
    ("not read: {n} files may be open at once", "没有读取：最多可同时打开 {0} 个文件"),
    // What a file is that is no capture.
    ("and nothing else that is known here", "也不是其他已知的格式"),
    ("but, once unpacked by {v}, {}: {}", "用 {0} 解压后，{1}：{2}"),
    ("but, once unpacked by {v}, {}", "用 {0} 解压后，{1}"),
    ("but {}: {}", "{0}：{1}"),
    ("but {}", "{0}"),
    ("compressed by an old {v}", "看来由旧版 {0} 压缩"),
    ("compressed by {v}", "看来由 {0} 压缩"),
    ("encrypted by {v}", "看来由 {0} 加密"),
    ("a dictionary of zstd", "看来是 zstd 的字典"),
    ("an empty ZIP archive", "看来是空的 ZIP 归档"),
    ("a {v} archive", "看来是 {0} 归档"),
    ("an {v} archive", "看来是 {0} 归档"),
    ("a cabinet archive", "看来是 cabinet 归档"),
    ("a {v} text capture", "看来是 {0} 的文本抓包文件"),
    ("a {v} capture", "看来是 {0} 的抓包文件"),
    ("an {v} capture", "看来是 {0} 的抓包文件"),
    ("a {v} trace", "看来是 {0} 的跟踪文件"),
    ("a Bluetooth snoop log", "看来是蓝牙 snoop 日志"),
    ("a pcap file of an experimental flavour", "看来是 pcap 文件的一种试验性变体"),
    ("a program", "看来是程序"),
    ("a PDF document", "看来是 PDF 文档"),
    ("a picture", "看来是图片"),
    ("zeros", "开头全是零"),
    ("text", "看来是文本文件"),
    ("unpack it with {v}, then {}", "请先用 {0} 解压，再处理：{1}"),
    ("unpack it with {v}", "请用 {0} 解开"),
    ("decrypt it with {v}", "请用 {0} 解密"),
    ("convert it with {v}", "请用 {0} 转换"),
    ("name the capture", "请写出抓包文件本身"),
    ("make it again", "请重新生成"),
    ("it has no mail in IP packets", "其中没有装在 IP 分组里的邮件"),
    ("it was allocated and never written", "只分配了空间，没有写入"),
    ("a capture is what tcpdump -w or Wireshark writes", "抓包文件由 tcpdump -w 或 Wireshark 写出"),
    // A file that is followed.
    ("is there again; reading on", "又出现了：继续读取"),
    ("is there again; reading the new one", "又出现了：读取新的文件"),
    ("has been replaced; reading the new one", "已被替换：读取新的文件"),
    ("has become shorter; reading from its beginning", "变短了：从头读取"),
    ("has been written anew; reading from its beginning", "已被重写：从头读取"),
    ("is no file any more; waiting for one", "不再是普通文件：等待文件出现"),
    ("is gone; waiting for it", "不见了：等待它出现"),
    ("may not be read; trying again", "没有读取权限：将再试"),
    ("cannot be read ({v}); trying again", "无法读取（{0}）：将再试"),
    // Listening, and the privileges that it needs.
    ("there is none that this user may use", "没有该用户可以使用的接口"),
    ("none that this user may see", "没有该用户可以看到的接口"),
    ("only root can become {v}", "只有 root 能变成 {0}"),
    ("there is no user {v}", "没有用户 {0}"),
    ("user {v} is not found ({v})", "找不到用户 {0}（{1}）"),
    ("cannot become {v} ({v})", "不能变成 {0}（{1}）"),
    ("this process did not become {v}", "本进程没有变成 {0}"),
    ("{v} cannot be given to the user who is to read it ({v})", "不能把 {0} 交给要读取它的用户（{1}）"),
    ("another thread has begun already", "已有其他线程开始运行"),
    ("{v} capabilities are left", "还留有权能（capability）：{0}"),
    (
        "name another user by --user, or keep root by --user root",
        "请用 --user 指定其他用户，或用 --user root 保留 root",
    ),
    ("run it without --user", "请去掉 --user"),
    (
        "capture with tcpdump -w, and read its file as an ordinary user",
        "请用 tcpdump -w 抓包，再以普通用户身份读取所写的文件",
    ),
    // What cannot be written, and what is asked for in vain.
    ("nobody reads what is written, and a signal said to end", "写出的内容没有人读取，而信号要求结束"),
    ("nobody reads this pipe, and a signal said to end", "没有人读取这个管道，而信号要求结束"),
    ("another file has its name now", "现在另一个文件用着它的名字"),
    ("reading has broken off", "读取中断"),
    ("{v}: a conversation cannot be kept there: {}", "{0}：不能在那里保存对话：{1}"),
    ("all together take more than {n} MiB; read fewer by --filter", "合起来超过 {0} MiB：请用 --filter 少读一些"),
    (
        "--raw: bytes off the wire can harm a terminal: write them to a file by -o FILE, or use -o - to have them here",
        "--raw：网络上的原始字节可能扰乱终端：请用 -o 文件 写入文件；确要显示在这里，请用 -o -",
    ),
    (
        "--raw: a conversation is written once it is over: read it from a file",
        "--raw：对话结束之后才能写出：请从抓包文件读取",
    ),
    ("--raw: there is no such session", "--raw：没有这个会话"),
    ("--raw: these are {n} sessions: choose one by --session N", "--raw：共有 {0} 个会话：请用 --session N 选择一个"),
    (
        "--format csv writes one table to one output, and {n} are asked for ({v}): name one by --show, or write each to a \
         file of its own in a folder: -o DIR/",
        "--format csv 一次输出只写一张表，而所选的有 {0} 张（{1}）：请用 --show 选择一张，或用 -o DIR/ 把每张表写成目录中的一个文件",
    ),
    (
        "--format parquet writes each table to a file in a folder, which is empty or not there yet: name it by -o DIR/",
        "--format parquet 把每张表写成目录中的一个文件，目录须为空或尚不存在：请用 -o DIR/ 指定",
    ),
    ("{v}: the template cannot be read", "{0}：无法读取模板"),
    ("the page's template", "网页的模板"),
    // Of a template, what its engine says.
    ("{v}, line {n}: {v}", "{0}，第 {1} 行：{2}"),
    // Several problems of one file.
    ("{}; {}", "{0}；{1}"),
];

/// `text` in Chinese, where it is said here.
pub fn own(text: &str) -> Option<String> {
    within(text, DEPTH)
}

fn within(text: &str, depth: u8) -> Option<String> {
    let deeper = depth.checked_sub(1)?;
    SAID.iter().find_map(|(english, chinese)| {
        let holes = holes(english, text)?;
        let one = |(hole, is_said): (&str, bool)| match is_said {
            true => within(hole, deeper),
            false => Some(hole.to_owned()),
        };
        let holes: Vec<String> = holes.into_iter().map(one).collect::<Option<_>>()?;
        Some(filled(chinese, &holes))
    })
}

/// What stands in `text` where `pattern` has holes, each with whether it is to be said in Chinese; None where the words
/// are others.
fn holes<'t>(pattern: &str, text: &'t str) -> Option<Vec<(&'t str, bool)>> {
    let mut holes = Vec::new();
    let (literal, mut pattern) = pattern.split_once('{').unwrap_or((pattern, ""));
    let mut text = text.strip_prefix(literal)?;
    while !pattern.is_empty() {
        let (sort, after) = pattern.split_once('}')?;
        let (literal, next) = after.split_once('{').unwrap_or((after, ""));
        let (hole, rest) = match (sort, next.is_empty()) {
            ("n", _) => {
                let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
                let (digits, rest) = text.split_at_checked(end)?;
                (digits, rest.strip_prefix(literal)?)
            }
            (_, true) => (text.strip_suffix(literal)?, ""),
            (_, false) => text.split_once(literal)?,
        };
        if hole.is_empty() {
            return None;
        }
        holes.push((hole, sort.is_empty()));
        (text, pattern) = (rest, next);
    }
    text.is_empty().then_some(holes)
}

/// `pattern` with `holes` in their places.
fn filled(pattern: &str, holes: &[String]) -> String {
    let mut parts = pattern.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, literal) = part.split_once('}').unwrap_or((part, ""));
        let hole = number.parse::<usize>().ok().and_then(|number| holes.get(number));
        filled.push_str(hole.map_or("", String::as_str));
        filled.push_str(literal);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::{SAID, own};

    #[test]
    fn every_hole_is_filled_once_and_nothing_is_hidden_by_what_stands_above_it() {
        for (english, chinese) in SAID {
            let holes = english.matches('{').count();
            assert_eq!(chinese.matches('{').count(), holes, "{english}");
            for hole in 0..holes {
                assert_eq!(chinese.matches(&format!("{{{hole}}}")).count(), 1, "{english}: {hole}");
            }
            let text = english.replace("{n}", "7").replace("{v}", "x.y").replace("{}", "text");
            let said = own(&text).unwrap_or_else(|| panic!("{text}"));
            let words = chinese.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
            assert!(words.into_iter().all(|part| said.contains(part)), "{text}: {said}: not {chinese}");
        }
    }

    #[test]
    fn words_stand_within_words() {
        for (english, chinese) in [
            (
                "skipped 431 bytes after packet 22 at byte 1234: a record longer than any packet; truncated in packet 25 \
                 at byte 2000",
                "在第 22 个分组之后（第 1234 字节）跳过了 431 字节：记录的长度超过任何分组；在第 25 个分组（第 2000 字节）处被截断",
            ),
            ("but compressed by xz: unpack it with xz -d", "看来由 xz 压缩：请用 xz -d 解开"),
            (
                "but, once unpacked by gzip, a ZIP archive: unpack it with gzip -d, then unpack it with unzip",
                "用 gzip 解压后，看来是 ZIP 归档：请先用 gzip -d 解压，再处理：请用 unzip 解开",
            ),
            ("pcap version 7.1 at byte 0 is not supported", "不支持第 0 字节处的 pcap 7.1 版"),
        ] {
            assert_eq!(own(english).as_deref(), Some(chinese));
        }
        for other in ["", "; ", "textual", "skipped many bytes", "{0}", "a; b; c; d; e; f"] {
            assert_eq!(own(other), None, "{other}");
        }
    }
}
