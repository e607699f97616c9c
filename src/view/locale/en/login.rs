//! Who logs in, how often.

pub fn sessions(count: u64, parts: &[String]) -> String {
    format!("{count} session{}: {}", if count == 1 { "" } else { "s" }, parts.join("; "))
}

pub fn logged_in(count: u64, all: bool) -> String {
    match (count, all) {
        (1, true) => "with a log-in".to_owned(),
        (_, true) => "a log-in in every one".to_owned(),
        (_, false) => format!("with a log-in: {count}"),
    }
}

pub fn refused(count: u64) -> String {
    format!("where no attempt to log in succeeded: {count}")
}

pub fn unknown(count: u64) -> String {
    format!("where the capture does not show whether the log-in succeeded: {count}")
}

pub fn without(count: u64, accepted: u64) -> String {
    let taken = match accepted {
        0 => String::new(),
        1 => " (1 message was accepted there without user name or password)".to_owned(),
        _ => format!(" ({accepted} messages were accepted there without user name or password)"),
    };
    format!("without a log-in: {count}{taken}")
}

pub fn hidden(count: u64) -> String {
    format!("encrypted by TLS, where a log-in cannot be seen: {count}")
}

pub fn late(count: u64) -> String {
    format!("begun before the capture, where a log-in may have gone before: {count}")
}

pub fn silent(count: u64) -> String {
    format!("where nothing was said: {count}")
}
