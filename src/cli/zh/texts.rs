//! What each command and option does.

/// Below the list of commands.
pub(super) const AFTER: &str = "\
不写命令时，`mailtap 文件…` 即 `mailtap read 文件…`；与 tcpdump 相同，`mailtap -r 文件 [过滤条件]` 读取文件，`mailtap -i 接口 \
[-w 文件] [过滤条件]` 监听。文件名与命令同名时，请写成 ./read。

退出状态：0 完成；1 结果无法写入；2 用法错误；3 输入没有读到末尾（已读取的内容仍会显示）；4 没有监听权限、没有该接口，或无法放弃权限。\
使用 --exit-code 或 --fail-on 时：0 有发现，1 无发现，2 也表示结果无法写入。";

/// What a command does.
pub(super) fn command(name: &str) -> Option<&'static str> {
    Some(match name {
        "mailtap" => {
            "被动式邮件会话分析器：说明一次 SMTP、LMTP、POP3 或 IMAP 会话中双方说了什么、为什么。\n\n它从不发送任何分组。请只查看您有权查看的流量。"
        }
        "read" => "读取抓包文件，显示其中的会话",
        "live" => "监听接口，会话一边进行一边显示；按 Ctrl-C 结束并显示汇总表",
        "compare" => "把两个会话逐步并排对照，指出从哪里开始不同",
        "explain" => "根据抓包数据回答实验报告的问题：登录、MIME、什么失败了、是否安全等",
        "interfaces" => "列出可以监听的接口",
        "findings" => "列出会话中可能发现的问题、含义和处理办法",
        "schema" => "输出 JSON 输出的 JSON Schema",
        "completions" => "输出在 shell 中补全 mailtap 选项的脚本",
        "man" => "输出供 man(1) 使用的手册页",
        _ => return None,
    })
}

/// The name of a value that is no option's.
pub(super) fn value(id: &str) -> Option<&'static str> {
    Some(match id {
        "files" => "文件",
        "interface" => "接口",
        "shell" => "SHELL",
        _ => return None,
    })
}

/// What an argument of a command does.
pub(super) fn argument(command: &str, id: &str) -> Option<&'static str> {
    Some(match (command, id) {
        ("read", "files") => {
            "抓包文件：pcap 或 pcapng，也可用 gzip、zstd 或 lz4 压缩；`-` 是标准输入。多个文件按时间合并。目录表示其下所有抓包文件，引号中的模式（`'cap/2026-11-*/*.pcap.zst'`）表示与之匹配的文件"
        }
        ("explain", "files") => {
            "抓包文件：pcap 或 pcapng，也可压缩；`-` 是标准输入。多个文件当作一次抓包；目录和模式的用法与 `read` 相同"
        }
        ("compare", "files") => "一个或两个抓包文件：pcap 或 pcapng，也可压缩；其中一个可以是 `-`（标准输入）",
        ("compare", "sessions") => {
            "两个会话的序号（与 `read` 所示相同）：同一文件中的两个，或两个文件中各一个 [默认：恰好有两个，或各有一个时就是它们]"
        }
        ("read", "follow") => "继续读取仍在写入的文件，以及此后沿用其文件名的文件，直到按 Ctrl-C",
        ("live", "interface") => "要监听的接口（见 `mailtap interfaces`）[默认：第一个已启用的接口]",
        ("live", "no_promiscuous") => "只看本机自己的分组",
        ("live", "promiscuous") => "也看网络送到本机的、其他主机的分组（默认）",
        ("live", "snaplen") => "每个分组只保留这么多字节",
        ("live", "buffer") => "内核缓冲区的大小，单位 MiB",
        ("live", "duration") => "过这么多秒后停止",
        (_, "packets") => "读到这么多个分组后停止",
        ("live", "write") => "同时把捕获的分组写入 pcap 文件。不能与 --redact 同用：分组无法遮盖",
        ("live", "user") => {
            "接口和文件打开之后以这个用户继续运行；`root` 表示仍是 root，但没有特权 [默认：对 root 来说是调用 sudo 的用户，否则是 nobody]"
        }
        (_, "show") => {
            "显示什么，多项以逗号分隔：steps 各步骤的表，sessions 每个会话一行，credentials 登录情况，messages 邮件，transactions 邮件事务和 attachments 附件（仅用于 csv 和 parquet），findings 发现的问题，\
             journeys 邮件的行程，summary 统计，transcript 逐行的对话，details 各会话自己的问题，all 全部（不含 transcript）[默认：steps,credentials,findings]"
        }
        ("read" | "live", "format") => {
            "以什么格式显示。`json` 是一个文档，`ndjson` 每个会话一行，两者都包含全部内容；`csv` 是 --show 指定的一张表；`parquet` 把 --show 指定的表（默认全部）写成 `-o DIR/` 目录中的文件，供 DuckDB、pandas、polars 和 Spark 读取；`markdown` 和 `html` 是供报告用的页面"
        }
        (_, "format") => "以什么格式显示",
        (_, "json") => "同 --format json",
        (_, "output") => {
            "写入文件而不是标准输出（`-`）。与 --format csv 或 parquet 合用时，`DIR/` 是目录，每张表一个文件，须为空或尚不存在"
        }
        (_, "lang") => "标题和说明所用的语言 [默认：取自系统的语言环境]",
        (_, "extract") => {
            "把每封邮件、其附件和每个会话的对话记录写成 DIR 中的文件，index.json 说明哪个文件是什么。DIR 必须为空或尚不存在。不能与 --redact \
             同用：邮件无法遮盖"
        }
        (_, "extract_limit") => "--extract 最多写出多少 MiB：放不下的文件不写，index.json 中会注明",
        (_, "redact") => {
            "遮盖以任何形式出现的密码和令牌：`mask` 用星号（不写值时即此），`pseudonym` 用代号（仅在本次运行中，相同的机密代号相同）"
        }
        (_, "key_logs") => {
            "用这个密钥日志中的密钥读取 TLS 之内的内容；客户端在设置了 SSLKEYLOGFILE 时会写出这样的日志。可重复。抓包仍在写入时，密钥日志也可以仍在写入，\
             或尚不存在。抓包自带的密钥（pcapng）无须指定就会使用"
        }
        (_, "tls_keys") => {
            "用服务器的这个私钥读取 TLS 之内的内容：RSA，PEM 格式，未加密。可重复。只对 RSA 密钥交换有用（TLS 1.3 之前）；其他情况只能用密钥日志"
        }
        (_, "filter") => "只看符合 BPF 表达式的分组（见 pcap-filter(7)）",
        (_, "ports") => {
            "指定某端口上的协议，例如 `smtp=2526`：smtp、lmtp、pop3、imap，或从第一个字节起就用 TLS 的 smtps、pop3s、imaps。可重复"
        }
        (_, "any_port") => "在所有端口上按内容识别邮件会话",
        (_, "threads") => "跟踪连接所用的线程数 [默认：处理器核数]。输出与它无关",
        (_, "shard") => {
            "把连接按两端主机的地址分成 N 份，只跟踪其中的第 I 份：N 个进程（可在 N 台机器上）合起来显示的与一个进程相同。会话编号属于各进程，`uid` 则相同（见 docs/options.zh-CN.md）"
        }
        (_, "memory") => {
            "同时保留的内容所用的内存：未结束的会话、等待显示的会话、分片。不够时先舍弃步骤的文本，再舍弃步骤"
        }
        (_, "color") => "表格的颜色：默认只在终端上使用，并遵从 NO_COLOR",
        (_, "width") => "表格的宽度（列数），至少 20；不足 80 时逐行列出 [默认：终端的宽度，或 $COLUMNS，或 80]",
        (_, "raw") => {
            "只写出一个会话（用 --session 选定）中双方发送的原始字节，按送达的先后，此外什么也不写。输出到终端须写明 `-o -`。不能与 --redact \
             同用：字节无法遮盖"
        }
        (_, "details") => "除按种类汇总的问题外，还在每个会话之下列出该会话自己的问题",
        (_, "sort") => {
            "会话列表（同 --show sessions）按什么排列：bytes、duration、messages、findings 从多到少，其余从前到后。不写则按会话编号"
        }
        (_, "limit") => "会话列表最多列出多少个，并注明省略了多少个（同 --show sessions）",
        (_, "template") => "用这个模板而不是内置模板生成 --format html 的网页：见 docs/page.md",
        (_, "time") => {
            "表格如何表示时间：UTC、本地时间（注明时差），或距抓包第一个分组的秒数。Markdown 同此，其他格式始终为 UTC [默认：在终端上为 local，否则为 utc]"
        }
        (_, "no_progress") => "不在标准错误输出上显示进度。进度只在终端上、超过一秒时显示",
        (_, "paging") => {
            "分页显示供人阅读的内容（表格和 Markdown），依次用 $MAILTAP_PAGER、$PAGER、less：默认只在终端上。边收边显示时和使用 --output 时不分页"
        }
        (_, "tables") => "列出 CSV 和 Markdown 各表的列（Markdown 格式）",
        ("completions", "shell") => "哪种 shell",
        _ => return more(id),
    })
}

/// The options that choose sessions, and those of other tools.
fn more(id: &str) -> Option<&'static str> {
    Some(match id {
        "sessions" => "只显示这些序号的会话，例如 1-3,7 或 9-",
        "protocols" => "只显示这些协议的会话，以逗号分隔",
        "clients" => {
            "只显示该客户的会话：地址、网段（10.0.0.0/8）或它自报的名字，后面可加冒号和端口。写几个则符合其一即可"
        }
        "servers" => {
            "只显示与该服务器的会话：地址、网段或名字，后面可加端口：mx.example.com、10.0.0.0/8:25、:587、[2001:db8::1]:143。名字见于问候语、\
             证书，或 TLS 中所请求的名字（SNI）"
        }
        "logins" => {
            "只显示该用户登录或尝试登录的会话。不含 @ 的名字适用于任何域；`*` 代表任意字符（read 和 explain 中也可写作 --user）"
        }
        "users" => "同 --login",
        "senders" => {
            "只显示有该发件人邮件的会话（MAIL FROM 或首部的 From）：bob@example.com、bob、@example.com、*.example.com，空发件人写作 <>。'Bob <bob@example.com>' 只取其中的地址，不看名字"
        }
        "recipients" => "只显示有发给该收件人的邮件的会话（RCPT TO，无论是否接受，或首部的 To、Cc）",
        "subjects" => "只显示有邮件主题包含这段文字的会话",
        "failed" => "只显示其中有操作失败的会话。最后成功的不算，例如登录被拒绝之后又有登录成功",
        "since" => {
            "只显示到这个时间还没有结束的会话：RFC 3339，或本地时间 '2026-11-23 16:00'、2026-11-23，或会话开始当天的 16:00"
        }
        "until" => "只显示到这个时间已经开始的会话：16:00 包括这一分钟，日期包括这一天",
        "exit_code" => "用退出状态回答，与 grep 相同：有 `low` 或更严重的发现为 0，没有为 1。此时输出无法写入为 2",
        "fail_on" => "同 --exit-code，但从这个严重程度算起",
        "quiet" => "少说：每个会话一行（同 --show sessions），标准错误上只有错误",
        "verbose" => "多显示：全部内容（同 --show all），以及每个会话的发现",
        "numbers" => "可以写（与 tcpdump 相同）：地址和端口总是以数字显示",
        _ => return None,
    })
}
