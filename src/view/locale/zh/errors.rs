//! What went wrong.

use super::own::own;
use crate::capture::CaptureError;
use crate::verdict::filter::Bad;
use std::io::{self, ErrorKind};

/// Why a capture cannot be read, or packets not be captured.
pub fn capture(error: &CaptureError) -> String {
    use CaptureError::*;
    match error {
        Missing { name } => format!("{name}：没有这个文件：请检查路径"),
        Directory { name } => format!("{name}：是一个目录：请写出其中的抓包文件"),
        NoPermission { name } => format!("{name}：没有读取权限：请联系文件的所有者，或由有权限的用户复制一份"),
        Gone { name } => format!("{name}：开始读取之后已被删除或替换，没有读取：请单独读取它"),
        TooManyOpen { name, limit } => format!(
            "{name}：没有读取：最多可同时打开 {limit} 个文件（ulimit -n），而时间上重叠的文件更多；请提高上限，或一次少读几个文件"
        ),
        NoMatch { name } => format!("{name}：没有这个文件，也没有文件与此模式匹配：请检查路径"),
        NoCaptures { name, others } => {
            format!("{name}：这个目录及其子目录中没有抓包文件（另有 {others} 个其他文件）：请写出抓包文件所在的目录")
        }
        TooManyFiles { name, most } => format!("{name}：抓包文件超过 {most} 个：请一次少读几个"),
        NotRead { files, of } => format!("{of} 个文件中有 {files} 个没有读取：所显示的来自其余文件"),
        Empty { name } => format!("{name}：是空文件：连抓包文件的文件头都没有写入"),
        NotACapture { name, looks_like } if looks_like.is_empty() => {
            format!("{name}：不是抓包文件：既不是 pcap，也不是 pcapng")
        }
        NotACapture { name, looks_like } => {
            format!("{name}：不是抓包文件：既不是 pcap，也不是 pcapng。{}", said(looks_like))
        }
        Unsupported { name, what, offset } => {
            let what = said(what);
            format!("{name}：不支持第 {offset} 字节处的 {what}：请转换文件，例如用 editcap -F pcap")
        }
        FollowsOne => "--follow 只能读取一个文件：请写出仍在写入的那一个".to_owned(),
        NotFollowed { name } => format!("{name}：是压缩文件，只能跟踪未压缩的 pcap 或 pcapng 文件"),
        CutShort { name, packet, offset } => format!(
            "{name}：在第 {packet} 个分组（第 {offset} 字节）处被截断：之前的内容已读取；请重新复制文件，或等写入程序完成"
        ),
        Corrupt { name, packet, offset, what } => format!(
            "{name}：第 {packet} 个分组之后（第 {offset} 字节）已损坏：{}，其后没有可读的内容；之前的内容已读取",
            said(what)
        ),
        Compressed { name, compression, packet, offset, error } => {
            let program = compression.name();
            format!(
                "{name}：{program} 数据在第 {packet} 个分组之后（内容的第 {offset} 字节）损坏或被截断（{}）：之前的内容已读取；\
                 可用 {program} -t 检查文件",
                system(error)
            )
        }
        Refused { name, compression, packet, offset, refused } => {
            let program = compression.name();
            format!(
                "{name}：{program} 数据 {}（第 {packet} 个分组之后，内容的第 {offset} 字节）：请用 {program} {} 解压",
                match refused {
                    crate::capture::Refused::Window => "要求的窗口大于 128 MiB，这里不允许",
                    crate::capture::Refused::Dictionary => "需要压缩时所用的字典",
                },
                refused.options()
            )
        }
        Read { name, packet, offset, error } => {
            format!("{name}：第 {packet} 个分组之后（第 {offset} 字节）无法继续读取：{}", system(error))
        }
        Filter { expression, link, message } => {
            format!("过滤条件 '{expression}' 不适用于 {link} 分组（libpcap：{message}）：语法见 pcap-filter(7)")
        }
        NoSuchInterface { name, available } => format!("{name}：没有这个接口：现有 {}", said(available)),
        NoInterface { message } => format!("没有可监听的接口：{}", said(message)),
        MayNotListen { name, message, program } => format!(
            "{name}：没有监听权限（{message}）：请以 root 身份运行，或执行一次：setcap cap_net_raw,cap_net_admin=eip {program}"
        ),
        Interface { name, message } => format!("{name}：无法监听：{message}"),
        Write { path, message } => format!("{path}：无法写入：{message}"),
    }
}

/// `text`, which this program says in English, in Chinese where there are words for it: else it is what another program
/// says, or a name.
pub fn said(text: &str) -> String {
    own(text).unwrap_or_else(|| text.to_owned())
}

/// What the system says.
pub fn system(error: &io::Error) -> String {
    // An error of this program, with words of its own.
    if error.raw_os_error().is_none() && error.get_ref().is_some() {
        return said(&error.to_string());
    }
    let words = match error.kind() {
        ErrorKind::NotFound => "没有这个文件或目录",
        ErrorKind::PermissionDenied => "没有权限",
        ErrorKind::AlreadyExists => "文件已存在",
        ErrorKind::StorageFull => "磁盘已满",
        ErrorKind::QuotaExceeded => "超出磁盘配额",
        ErrorKind::FileTooLarge => "文件过大",
        ErrorKind::ReadOnlyFilesystem => "文件系统只读",
        ErrorKind::IsADirectory => "是一个目录",
        ErrorKind::NotADirectory => "不是目录",
        ErrorKind::DirectoryNotEmpty => "目录不为空",
        ErrorKind::BrokenPipe => "读取方已关闭",
        ErrorKind::UnexpectedEof => "数据提前结束",
        ErrorKind::InvalidFilename => "文件名无效或过长",
        ErrorKind::ResourceBusy => "设备或资源正忙",
        ErrorKind::OutOfMemory => "内存不足",
        // In the language of the system.
        _ => return format!("系统提示“{error}”"),
    };
    words.to_owned()
}

/// What is wrong with a value of the command line.
pub fn bad(bad: &Bad) -> String {
    match bad {
        Bad::End(text) => format!(
            "`{text}` 不是连接的一端：请写地址、网段或主机名，后面可加端口：10.0.0.1、10.0.0.0/8:25、[2001:db8::1]:25、\
             mx.example.com、:587"
        ),
        Bad::Port(text) => format!("`{text}` 不是端口：应为 1 到 65535"),
        Bad::Bits { text, most } => format!("/{text}：这种网段的前缀长度应为 0 到 {most}"),
        Bad::Moment(text) => format!(
            "`{text}` 不是时间：请写成 2026-11-23T16:00:00Z、2026-11-23T16:00:00+08:00、'2026-11-23 16:00'、2026-11-23 或 \
             16:00（后三种为本地时间）"
        ),
        Bad::Sessions(text) => format!("`{text}` 不是会话序号，也不是范围：请写成 3、1-3 或 7-"),
        Bad::TooLarge(text) => format!("`{text}`：会话序号最大为 {}", u64::MAX),
        Bad::Zone { text, without } => format!("`{text}`：抓包不区分接口：请去掉区域标识，写成 {without}"),
        Bad::Reversed { since, until } => {
            format!("{since} 晚于 {until}，不可能有符合的会话：请交换二者；跨越午夜时请写明日期")
        }
        Bad::Shard(text) => {
            format!("`{text}` 不是份额：N 份中的第 I 份写成 I/N，例如 2/3；N 为 1 至 65536，I 为 1 至 N")
        }
        Bad::Two => "请把两个会话的序号写成 I,J，例如 1,3".to_owned(),
        Bad::Hint => "请写成 PROTOCOL=PORT，例如 smtp=2526".to_owned(),
        Bad::Protocol(text) => {
            format!(
                "没有叫 `{text}` 的协议：可用 smtp、lmtp、pop3、imap，以及从第一个字节起就用 TLS 的 smtps、pop3s、imaps"
            )
        }
    }
}
