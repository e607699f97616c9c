/*!
The rules, one file each. A new rule is a file here and its line below; `docs/adding-a-finding.md` has the recipe.
*/

use super::Rule;
use super::across::all::RULES;
use std::sync::LazyLock;

/// Makes a module of each file, and the list of the rules in them.
macro_rules! rules {
    ($($name:ident)*) => {
        $(mod $name;)*

        /// All rules, by id.
        pub const ALL: &[&Rule] = &[$(&$name::RULE),*];
    };
}

rules! {
    address_probing
    bare_carriage_return
    bare_line_feed
    bytes_missing
    certificate_expired
    certificate_name_mismatch
    certificate_not_yet_valid
    certificate_self_signed
    client_gave_up
    client_left_after_capabilities
    conflicting_bytes
    connection_prohibited
    connection_refused
    connection_reset
    connection_unanswered
    content_read_as_commands
    content_unfinished
    credential_reuse
    delivery_deferred
    delivery_rejected
    dot_not_doubled
    dot_not_on_its_line
    duplicate_header
    ehlo_refused
    encryption_demanded
    fallback_to_clear_mechanism
    handshake_stalled
    header_envelope_mismatch
    idle_timeout
    late_reply
    length_mismatch
    line_too_long
    literal_mismatch
    literal_without_leave
    login_deferred
    login_despite_logindisabled
    login_refused
    login_switched_off
    logins_per_session
    loss_in_the_capture
    loss_on_the_network
    mailbox_refused
    malformed_credentials
    mechanism_not_offered
    message_cut_at_dot
    message_not_stored
    mtu_black_hole
    nul_byte
    obsolete_tls
    open_relay
    password_equals_user_name
    path_mtu_reduced
    peer_unreachable
    pipelining_not_offered
    plaintext_message
    plaintext_password
    plaintext_token
    preauth_blocks_starttls
    protocol_violation
    proxy_header_expected
    proxy_header_not_expected
    proxy_not_trusted
    repeated_login_failures
    replies_out_of_step
    reply_missing
    retransmission_stall
    server_shut_down
    session_refused
    slow_client
    slow_greeting
    slow_reply
    slow_transfer
    smtp_smuggling
    software_claims_otherwise
    spoke_before_greeting
    stale_connection
    starttls_injection
    starttls_stripped
    tls_alert
    tls_mismatch
    tls_not_offered
    tls_offered_not_used
    tls_refused
    too_big
    unauthenticated_submission
    weak_challenge_response
    weak_cipher
    zero_window_stall
}

/// All rules by id: those of sessions, and those of several sessions that no session has.
pub fn catalogue() -> Vec<&'static Rule> {
    let of_several = RULES.iter().filter(|rule| ALL.iter().all(|known| known.id != rule.id));
    let mut all: Vec<&'static Rule> = ALL.iter().chain(of_several).copied().collect();
    all.sort_by_key(|rule| rule.id);
    all
}

/// How many rules there are.
pub fn count() -> usize {
    static COUNT: LazyLock<usize> = LazyLock::new(|| catalogue().len());
    *COUNT
}

/// The rule called `id`.
pub fn find(id: &str) -> Option<&'static Rule> {
    // The list is sorted.
    match ALL.binary_search_by_key(&id, |rule| rule.id) {
        Ok(place) => ALL.get(place).copied(),
        Err(_) => RULES.iter().copied().find(|rule| rule.id == id),
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use std::path::PathBuf;

    /// The files of this folder that hold rules: name without `.rs`, and text.
    fn files() -> Vec<(String, String)> {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/verdict/rules"));
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let mut files: Vec<_> = entries
            .map(|path| {
                let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
                (name, std::fs::read_to_string(path).expect("text"))
            })
            .filter(|(name, _)| name != "mod")
            .collect();
        files.sort();
        files
    }

    #[test]
    fn every_file_has_its_line_and_the_lines_are_sorted() {
        let listed: Vec<String> = ALL.iter().map(|rule| rule.id.replace('-', "_")).collect();
        let files: Vec<String> = files().into_iter().map(|(name, _)| name).collect();
        for name in &files {
            assert!(listed.contains(name), "{name}.rs is not in the list in rules/mod.rs, so it is not compiled");
        }
        assert_eq!(listed, files, "the list in rules/mod.rs, and what it should be: the files beside it, sorted");
    }

    #[test]
    fn every_rule_is_tried_with_a_case_and_a_near_miss() {
        for (name, text) in files() {
            // A case that is commented out is none.
            let text: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            assert!(text.contains("has!(") || text.contains("fn has_"), "{name}.rs has no case: has!(…)");
            assert!(text.contains("has_not!("), "{name}.rs has no near miss: has_not!(…)");
        }
    }

    #[test]
    fn no_rule_is_explained_by_itself_however_far_one_follows_the_explanations() {
        fn follow(id: &'static str, path: &mut Vec<&'static str>) {
            assert!(!path.contains(&id), "{path:?} comes back to {id}");
            path.push(id);
            for &cause in super::find(id).map(|rule| rule.because_of).unwrap_or_default() {
                follow(cause, path);
            }
            path.pop();
        }
        ALL.iter().for_each(|rule| follow(rule.id, &mut Vec::new()));
    }

    #[test]
    fn every_rule_is_explained_by_rules_that_there_are() {
        for rule in ALL {
            for cause in rule.because_of {
                assert!(super::find(cause).is_some(), "{} because of {cause}, which is no rule", rule.id);
            }
        }
    }

    #[test]
    fn every_rule_says_since_when() {
        for rule in ALL {
            assert!(rule.since.split('.').filter_map(|part| part.parse::<u32>().ok()).count() == 3, "{}", rule.id);
        }
    }
}
