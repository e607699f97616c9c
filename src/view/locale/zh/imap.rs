//! IMAP 各步骤的作用。 What IMAP steps do.

use crate::protocol::imap::{Untagged, Verb};
use crate::verdict::purpose::imap::{Command, Data, GoAhead, Greeting};
use crate::view::locale::verb::{Sentences, row};

pub fn greeting(greeting: Greeting) -> &'static str {
    match greeting {
        Greeting::Ready => "服务器告诉客户已准备好，等待客户登录",
        Greeting::LoggedInAlready => "服务器告诉客户已准备好，并视客户为已登录",
        Greeting::Refused => "服务器拒绝连接并将其关闭",
        Greeting::No => "服务器以 NO 代替问候，标准中没有这种问候：从字面看，它拒绝该客户",
        Greeting::Odd => "服务器的首个响应使用了不应出现在此处的状态",
    }
}

/// The sentences of a verb: what the command asks for, what a tagged OK means, what a tagged NO means.
pub fn verb(command: Command) -> Sentences {
    match (command.verb, command.uid) {
        (Verb::Capability, _) => row("询问服务器的能力", "能力列表完毕", "服务器不告知其能力"),
        (Verb::Noop, _) => row("空操作，询问有无变化，并保持连接", "服务器工作正常，变化已全部告知", "NOOP 命令失败"),
        (Verb::Logout, _) => row("退出", "会话结束", "服务器不同意退出"),
        (Verb::StartTls, _) => {
            row("请求此后用 TLS 加密连接", "服务器已准备好，接下来进行 TLS 握手", "服务器拒绝使用 TLS")
        }
        (Verb::Authenticate, _) => row(
            "按指定的认证方式开始登录",
            "登录成功",
            "以该认证方式登录被拒绝|用户名或密码错误、客户取消，或服务器不支持该方式",
        ),
        (Verb::Login, _) => {
            row("用用户名和密码登录（以明文传送）", "用用户名和密码登录成功", "登录被拒绝|用户名或密码错误")
        }
        (Verb::Select, _) => row("以读写方式打开邮箱", "邮箱已打开，可以读写", "不能打开邮箱|邮箱不存在或不可访问"),
        (Verb::Examine, _) => {
            row("以只读方式打开邮箱", "邮箱已打开，只能读取", "不能以只读方式打开邮箱|邮箱不存在或不可访问")
        }
        (Verb::Create, _) => row("创建邮箱", "邮箱已创建", "不能创建邮箱"),
        (Verb::Delete, _) => row("删除邮箱", "邮箱已删除", "不能删除邮箱"),
        (Verb::Rename, _) => row("重命名邮箱", "邮箱已重命名", "不能重命名邮箱"),
        (Verb::Subscribe, _) => row("订阅邮箱", "邮箱已订阅", "不能订阅邮箱"),
        (Verb::Unsubscribe, _) => row("取消订阅邮箱", "邮箱已取消订阅", "不能取消订阅邮箱"),
        (Verb::List, _) => row("询问有哪些邮箱", "邮箱列表完毕", "不能列出邮箱"),
        (Verb::Lsub, _) => row("询问已订阅的邮箱", "已订阅邮箱的列表完毕", "不能列出已订阅的邮箱"),
        (Verb::Status, _) => row("不打开邮箱，询问其中的邮件数等状态", "邮箱状态告知完毕", "不能告知邮箱状态"),
        (Verb::Append, _) => {
            row("告知即将把一封邮件存入邮箱", "邮件已存入邮箱", "邮件未存入邮箱|邮箱不存在、空间不足或没有权限")
        }
        (Verb::Check, _) => row("请求服务器保存邮箱状态", "邮箱状态已保存", "不能保存邮箱状态"),
        (Verb::Close, _) => {
            row("删除已标记的邮件并关闭邮箱", "邮箱已关闭；若以读写方式打开，带标记的邮件已删除", "不能关闭邮箱")
        }
        (Verb::Unselect, _) => {
            row("关闭邮箱，不删除邮件", "邮箱已关闭，没有删除邮件", "不能在不删除邮件的情况下关闭邮箱")
        }
        (Verb::Expunge, false) => row("永久删除已标记的邮件", "带标记的邮件已永久删除", "不能删除带标记的邮件"),
        (Verb::Expunge, true) => row(
            "永久删除具有这些 UID 的已标记邮件",
            "具有这些 UID 的带标记邮件已永久删除",
            "不能删除具有这些 UID 的邮件",
        ),
        (Verb::Search, false) => {
            row("在邮箱中搜索邮件，要求返回序号", "搜索完毕", "搜索失败|服务器不支持该字符集或搜索条件")
        }
        (Verb::Search, true) => {
            row("在邮箱中搜索邮件，要求返回 UID", "按 UID 搜索完毕", "按 UID 搜索失败|服务器不支持该字符集或搜索条件")
        }
        (Verb::Fetch, false) => {
            row("按序号读取邮件的数据：标志、首部、结构或内容", "所请求的数据发送完毕", "不能读取所请求的数据")
        }
        (Verb::Fetch, true) => row(
            "按 UID 读取邮件的数据：标志、首部、结构或内容",
            "按 UID 请求的数据发送完毕",
            "不能读取按 UID 请求的数据",
        ),
        (Verb::Store, false) => {
            row("按序号更改邮件的标志，例如已读、已回复、已删除", "邮件标志已更改", "不能更改邮件标志")
        }
        (Verb::Store, true) => row(
            "按 UID 更改邮件的标志，例如已读、已回复、已删除",
            "具有这些 UID 的邮件标志已更改",
            "不能更改具有这些 UID 的邮件标志",
        ),
        (Verb::Copy, false) => {
            row("按序号把邮件复制到另一邮箱", "邮件已复制", "不能复制邮件|邮箱不存在、空间不足或没有权限")
        }
        (Verb::Copy, true) => row(
            "按 UID 把邮件复制到另一邮箱",
            "具有这些 UID 的邮件已复制",
            "不能复制具有这些 UID 的邮件|邮箱不存在、空间不足或没有权限",
        ),
        (Verb::Move, false) => {
            row("按序号把邮件移动到另一邮箱", "邮件已移动", "不能移动邮件|邮箱不存在、空间不足或没有权限")
        }
        (Verb::Move, true) => row(
            "按 UID 把邮件移动到另一邮箱",
            "具有这些 UID 的邮件已移动",
            "不能移动具有这些 UID 的邮件|邮箱不存在、空间不足或没有权限",
        ),
        (Verb::Sort, false) => row("要求按次序返回邮件的序号", "排序结果完毕", "不能排序邮件"),
        (Verb::Sort, true) => row("要求按次序返回邮件的 UID", "按 UID 的排序结果完毕", "不能按 UID 排序邮件"),
        (Verb::Thread, false) => row("要求按话题返回邮件的序号", "话题列表完毕", "不能列出话题"),
        (Verb::Thread, true) => row("要求按话题返回邮件的 UID", "按 UID 的话题列表完毕", "不能按 UID 列出话题"),
        (Verb::Idle, _) => row("等待服务器通知变化，直到 DONE 为止", "服务器已停止通知变化", "服务器此时不通知变化"),
        (Verb::Namespace, _) => row("询问个人邮箱和共享邮箱的命名空间", "命名空间告知完毕", "不能告知命名空间"),
        (Verb::Id, _) => {
            row("客户与服务器互相告知程序的名称和版本", "程序名称和版本交换完毕", "服务器不告知程序名称和版本")
        }
        (Verb::Enable, _) => row("启用协议扩展", "服务器所支持的扩展已启用", "不能启用扩展"),
        (Verb::Compress, _) => row("请求此后压缩连接上的数据", "此后连接上的数据经过压缩", "服务器不同意压缩连接"),
        (Verb::Quota, _) => row("查询或设置存储配额", "存储配额查询或设置完毕", "不能查询或设置存储配额"),
        (Verb::Acl, _) => row("查询或更改邮箱的访问权限", "访问权限查询或更改完毕", "不能查询或更改访问权限"),
        (Verb::Metadata, _) => row("查询或设置邮箱或服务器的注释", "注释查询或设置完毕", "不能查询或设置注释"),
        (Verb::Notify, _) => row("告知服务器需要通知哪些变化", "服务器将通知这些变化", "服务器不通知这些变化"),
        (Verb::Replace, _) => row(
            "告知即将用一封邮件替换原有的邮件",
            "邮件已替换",
            "邮件未替换，原有的邮件保留|邮箱不存在、空间不足或不允许",
        ),
        (Verb::Language, _) => row("询问或选择服务器文字所用的语言", "语言已告知或选定", "不支持该语言"),
        (Verb::Comparator, _) => row("询问或选择比较文本的方式", "文本比较方式已告知或选定", "不支持该文本比较方式"),
        (Verb::Url, _) => row("生成、使用或撤销可访问邮件的 URL", "URL 已处理", "URL 无法处理"),
        (Verb::Convert, _) => row("要求把邮件的某些部分转换成其他格式", "转换后的部分已发送", "这些部分无法转换"),
        (Verb::CancelUpdate, _) => row("请求服务器不再更新搜索结果", "不再更新搜索结果", "无法取消更新"),
        (Verb::Unauthenticate, _) => row("取消登录，保留连接", "客户已不再处于登录状态", "无法取消登录"),
        (Verb::ProxyAuth, _) => {
            row("管理员请求以其他用户的身份操作", "客户以所指定用户的身份操作", "不允许以所指定用户的身份操作")
        }
        (Verb::Push, _) => {
            row("请求通过苹果的推送服务通知新邮件", "将通过推送服务通知新邮件", "不通过推送服务通知新邮件")
        }
        (Verb::JmapAccess, _) => row("询问以 JMAP 访问同一邮箱的地址", "JMAP 地址已告知", "无法告知 JMAP 地址"),
        (Verb::Other, _) => row("IMAP 没有定义的命令", "命令已执行", "命令失败"),
    }
}

/// A tagged BAD: the same sentence for all commands, except those that carry a password.
pub fn bad(command: Command) -> &'static str {
    match command.verb {
        Verb::Login => "服务器不能理解该登录命令，或此处不允许这样登录",
        Verb::Authenticate => "服务器不能理解该登录命令，或客户已取消登录",
        Verb::Append => "服务器不能理解 APPEND 命令，或此处不允许：邮件未存入邮箱",
        _ => "服务器不认识该命令，或参数有误，或当前状态不允许",
    }
}

pub fn login_first() -> &'static str {
    "命令失败：客户必须先登录"
}

pub fn stored_in_part() -> &'static str {
    "仅在满足条件的邮件上更改了标志"
}

pub fn select_first() -> &'static str {
    "命令失败：必须先选择邮箱"
}

pub fn wrong_state() -> &'static str {
    "当前状态不允许该命令"
}

pub fn unknown_command() -> &'static str {
    "服务器不认识该命令"
}

pub fn within_idle() -> &'static str {
    "在 IDLE 期间发送，而此时服务器只等待 DONE"
}

pub fn idle_broken() -> &'static str {
    "客户发送的不是 DONE，IDLE 因此结束；该响应也是对那一行的答复"
}

pub fn notify_none() -> &'static str {
    "要求服务器不通知任何变化"
}

pub fn notifies_none() -> &'static str {
    "服务器不再主动通知变化"
}

pub fn logged_in_already() -> &'static str {
    "服务器不处理该登录：客户已经登录"
}

pub fn message_at_fault() -> &'static str {
    "邮件未存入邮箱：服务器不接受该邮件本身"
}

pub fn nothing_enabled() -> &'static str {
    "没有启用任何扩展：服务器未列出任何一项"
}

pub fn done_too_late() -> &'static str {
    "来得太晚：IDLE 已经结束，服务器会把这一行当作命令"
}

pub fn to_done() -> &'static str {
    "答复 DONE：IDLE 已经结束，服务器把它当作了命令"
}

pub fn store_ignored() -> &'static str {
    "没有更改任何标志：邮箱以只读方式打开"
}

pub fn to_literal() -> &'static str {
    "答复字面量中的一行：服务器把这一行当作了命令"
}

pub fn appended_in_vain() -> &'static str {
    "在服务器不认识的命令中发送邮件，邮件不会存入邮箱"
}

pub fn not_offered() -> &'static str {
    "服务器不提供该命令"
}

pub fn tagged_odd() -> &'static str {
    "状态不应出现在带标签的响应中"
}

pub fn tagged_ok_to_nothing() -> &'static str {
    "成功响应，但其标签没有对应的命令"
}

pub fn tagged_no_to_nothing() -> &'static str {
    "拒绝响应，但其标签没有对应的命令"
}

pub fn tagged_bad_to_nothing() -> &'static str {
    "出错响应，但其标签没有对应的命令"
}

pub fn data(data: Data) -> &'static str {
    match data {
        Data::Untagged(untagged) => self::untagged(untagged),
        Data::Goodbye => "服务器告知即将关闭连接",
        Data::ExistsNow => "告知邮箱中现有的邮件数",
        Data::RecentNow => "告知邮箱中现有的新邮件数",
        Data::FlagsStored => "告知更改之后的邮件标志",
        Data::FlagsChanged => "告知邮件标志已在别处被更改",
        Data::NoneEnabled => "告知没有启用任何扩展",
    }
}

fn untagged(untagged: Untagged) -> &'static str {
    match untagged {
        Untagged::Ok(_) => "服务器告知一项信息",
        Untagged::No(_) => "服务器警告：命令可能部分失败",
        Untagged::Bad(_) => "服务器报告无法归于某条命令的错误",
        Untagged::Bye => "服务器主动关闭连接",
        Untagged::Preauth => "服务器在不应出现之处声明客户已登录",
        Untagged::Capability => "服务器列出其能力",
        Untagged::List => "列出一个邮箱及其属性",
        Untagged::Lsub => "列出一个已订阅的邮箱",
        Untagged::Status => "告知所询问邮箱的邮件数等状态",
        Untagged::StatusReport => "按 NOTIFY 的要求，通知某个邮箱现有的邮件数等状态",
        Untagged::Search => "列出搜索到的邮件",
        Untagged::Sort => "按次序列出邮件",
        Untagged::Thread => "按话题列出邮件",
        Untagged::Flags => "告知该邮箱中邮件可用的标志",
        Untagged::Exists => "告知所打开邮箱中的邮件数",
        Untagged::Recent => "告知上次打开邮箱以来新到的邮件数",
        Untagged::Expunge => "告知一封邮件已删除，其后的邮件序号各减一",
        Untagged::Vanished => "告知哪些 UID 的邮件已删除",
        Untagged::Fetch | Untagged::UidFetch => "把邮件的数据传送给客户",
        Untagged::Namespace => "告知个人邮箱和共享邮箱的命名空间",
        Untagged::Id => "告知服务器程序的名称和版本",
        Untagged::Enabled => "告知已启用的扩展",
        Untagged::Quota => "告知存储配额及已用空间",
        Untagged::Acl => "告知邮箱的访问权限",
        Untagged::Metadata => "告知邮箱或服务器的注释",
        Untagged::Language => "告知服务器文字所用的语言",
        Untagged::Comparator => "告知可用的文本比较方式",
        Untagged::Url => "传送可访问邮件的 URL，或该 URL 指明的内容",
        Untagged::Converted => "把转换后的邮件部分传送给客户",
        Untagged::JmapAccess => "告知以 JMAP 访问同一邮箱的地址",
        Untagged::Other => "未知类型的数据",
    }
}

/// An untagged OK with a code; `what` are the code's words.
pub fn tells(what: &str) -> String {
    format!("告知客户：{what}")
}

pub fn tells_something() -> &'static str {
    "告知某种信息，所带的响应码此处不认识"
}

pub fn go_ahead(go_ahead: GoAhead) -> &'static str {
    match go_ahead {
        GoAhead::Message => "服务器已准备好接收邮件",
        GoAhead::Idling => "服务器将随时通知变化",
        GoAhead::Login => "服务器已准备好接收用户名或密码",
        GoAhead::Argument => "服务器已准备好接收命令的其余部分",
    }
}

pub fn done() -> &'static str {
    "结束等待变化"
}

pub fn fetched() -> &'static str {
    "把邮件或所请求的部分传送给客户"
}

pub fn uninvited() -> &'static str {
    "属于服务器未允许发送的字面量，服务器把这一行当作命令"
}

pub fn appended() -> &'static str {
    "发送要存入邮箱的邮件"
}

pub fn other_content() -> &'static str {
    "按字节数传送一个字符串"
}
