//! The words of the page's drawings.

pub fn sequence_of(session: u64) -> String {
    format!("会话 {session} 的时序图")
}

pub fn seconds() -> &'static str {
    "时间（秒）"
}

pub fn repeated(times: u64, steps: u64) -> String {
    format!("… 同样的往来另有 {times} 次（{steps} 步）")
}

pub fn left_out(steps: u64) -> String {
    format!("此处有 {steps} 步未画出")
}

pub fn silence(length: &str) -> String {
    format!("静默 {length}")
}

pub fn sent_again(segments: u64, length: &str) -> String {
    format!("重传 {segments} 次，历时 {length}")
}

pub fn ended(how: &str) -> String {
    format!("连接：{how}")
}

pub fn timeline_of(sessions: u64) -> String {
    format!("会话时间线（共 {sessions} 个）")
}

pub fn sessions_each(length: &str) -> String {
    format!("每 {length} 内开始的会话数")
}

pub fn without_time(sessions: u64) -> String {
    format!("抓包中没有时间的会话：{sessions}")
}

pub fn no_finding() -> &'static str {
    "未发现问题"
}

pub fn severe_here() -> &'static str {
    "含高严重程度的发现"
}

pub fn way_of(message: &str) -> String {
    format!("邮件 {message} 的路径")
}

pub fn hops_left_out(hops: u64) -> String {
    format!("另有 {hops} 个传送此邮件的会话未画出")
}

pub fn other_hosts() -> &'static str {
    "其他主机"
}
