//! The words of the page's drawings.

pub fn sequence_of(session: u64) -> String {
    format!("Sequence diagram of session {session}")
}

pub fn seconds() -> &'static str {
    "Time (s)"
}

pub fn repeated(times: u64, steps: u64) -> String {
    match times {
        1 => format!("… the same once more ({steps} steps)"),
        _ => format!("… the same ×{times} more ({steps} steps)"),
    }
}

pub fn left_out(steps: u64) -> String {
    match steps {
        1 => "1 step is not drawn here".to_owned(),
        _ => format!("{steps} steps are not drawn here"),
    }
}

pub fn silence(length: &str) -> String {
    format!("{length} of silence")
}

pub fn sent_again(segments: u64, length: &str) -> String {
    format!("sent again ×{segments} over {length}")
}

pub fn ended(how: &str) -> String {
    format!("Connection: {how}")
}

pub fn timeline_of(sessions: u64) -> String {
    format!("Timeline of the sessions ({sessions})")
}

pub fn sessions_each(length: &str) -> String {
    format!("Sessions that began in each {length}")
}

pub fn without_time(sessions: u64) -> String {
    format!("No time in the capture: {sessions}")
}

pub fn no_finding() -> &'static str {
    "no finding"
}

pub fn severe_here() -> &'static str {
    "with a finding of high severity"
}

pub fn way_of(message: &str) -> String {
    format!("Way of message {message}")
}

pub fn hops_left_out(hops: u64) -> String {
    format!("{hops} more sessions with this message are not drawn")
}

pub fn other_hosts() -> &'static str {
    "other hosts"
}
