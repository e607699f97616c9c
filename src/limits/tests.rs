use super::*;

#[test]
fn every_text_names_constants_of_its_own_row_alone() {
    for limit in Limit::ALL {
        for text in [limit.hit(), limit.readme()] {
            assert!(!text.en.contains(['{', '}']) && !text.zh.contains(['{', '}']), "{text:?}");
            assert_ne!(text.en, text.zh);
        }
    }
    assert_eq!(Limit::LineBytes.readme().en, "64 KiB of a line");
    assert_eq!(Limit::StepsPerSession.readme().zh, "一个会话 100,000 个步骤");
    assert!(Limit::StepsPerSession.hit().en.ends_with("100000"));
}

/// The README's bounds of sessions that wait are those of the usual budget.
#[test]
fn sessions_that_wait_have_their_share_of_the_usual_budget() {
    assert_eq!(WAITING_SESSION_BYTES, Budget::default().ended());
    // With `--redact`: what waits for the order has the rest.
    assert_eq!(REDACT_HELD + REDACT_STRING_BYTES + WAITING_SESSION_BYTES / 4, Budget::default().ended());
    assert_eq!(FRAGMENT_BYTES + ORDER_BYTES, Budget::default().unread());
}

#[test]
fn names_are_told_apart() {
    let names: std::collections::BTreeSet<&str> = Limit::ALL.iter().map(|limit| limit.name()).collect();
    assert_eq!(names.len(), Limit::ALL.len());
}
