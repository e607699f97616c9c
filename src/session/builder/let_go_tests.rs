//! What a session lets go of, and what it keeps.

use super::let_go::FEWEST_STEPS;
use super::*;
use crate::capture::Time;
use crate::flow::{PacketRef, Side};
use crate::protocol::event::{Kind, Span, Subject};
use crate::session::Needs;
use crate::session::model::Measure;

fn say(builder: &mut Builder, text: &str) -> StepId {
    let span = Span::one(text.len() as u64 + 2, PacketRef { packet: 1, time: Time::default() });
    builder.step(event::Step {
        text: text.as_bytes(),
        ..event::Step::of(Side::Client, Kind::Command, Subject::Unknown, span)
    })
}

fn log_in(builder: &mut Builder, steps: Vec<StepId>) {
    let username = Some(b"bob".to_vec());
    builder.credential(event::Credential { username, steps, ..event::Credential::default() });
}

/// What a builder says it holds, against a pass over all of it.
fn is_counted_right(builder: &Builder) {
    let unpacked = builder.session.weight() - size_of::<Session>() + size_of::<Builder>();
    assert_eq!(builder.held(), unpacked + builder.packed.weight());
}

#[test]
fn texts_go_first_then_steps_and_logins_stay() {
    let mut builder = Builder::new(Protocol::Smtp, Needs::STEPS);
    for n in 0..1_000 {
        let step = say(&mut builder, &format!("NOOP {n} {}", "x".repeat(400)));
        if n % 100 == 0 {
            log_in(&mut builder, vec![1, step]);
        }
    }
    builder.banner(b"hello");
    is_counted_right(&builder);
    let (before, all) = (builder.held(), format!("{:?} {:?}", builder.session.steps, builder.session.credentials));
    let texts = |builder: &Builder| builder.session.steps.iter().map(|step| step.text.clone()).collect::<Vec<_>>();
    let said = texts(&builder);
    builder.let_go();
    is_counted_right(&builder);
    assert!(builder.packable() == 0 && builder.held() < before * 3 / 4, "{} of {before}", builder.held());
    builder.unpack();
    is_counted_right(&builder);
    assert_eq!(format!("{:?} {:?}", builder.session.steps, builder.session.credentials), all);
    assert!(texts(&builder) == said && builder.session.limits_hit.is_empty());
    builder.let_go();
    let mut asked = 0;
    let mut texts_went = false;
    while builder.spare() > 0 && asked < 100 {
        let before = builder.held();
        builder.let_go();
        is_counted_right(&builder);
        assert!(builder.held() < before, "{asked}");
        texts_went |= builder.steps() == 1_000 && builder.stored(1).unwrap().text_omitted;
        asked += 1;
    }
    assert!(texts_went && asked < 60, "{asked}");
    // Later steps are not kept, and have a number that no step has.
    let later = say(&mut builder, "NOOP");
    log_in(&mut builder, vec![1, later, 900]);
    is_counted_right(&builder);
    builder.unpack();
    let session = builder.session;
    assert_eq!((session.steps.len(), later), (FEWEST_STEPS, FEWEST_STEPS as StepId + 1));
    assert_eq!(session.credentials.len(), 11);
    assert!(session.credentials.iter().all(|credential| credential.steps == [1] && credential.username.is_some()));
    assert!(session.steps.iter().all(|step| step.text_omitted && step.text.is_empty() && step.bytes > 400));
    assert_eq!(session.limits_hit.iter().collect::<Vec<_>>(), [(Limit::Memory, 1_001)]);
}

#[test]
fn a_session_alone_stays_within_its_allowance() {
    let mut builder = Builder::new(Protocol::Smtp, Needs::STEPS).with_allowance(64 * 1024);
    for _ in 0..20_000 {
        say(&mut builder, "A");
        assert!(builder.spare_unpacked() <= 64 * 1024);
    }
    let kept = builder.session.steps.iter().filter(|step| !step.text_omitted).count();
    let counted = builder.session.limits_hit.iter().map(|(_, count)| count).sum::<u64>();
    assert_eq!(counted, 20_000 - kept as u64);
}

/// Many connections at once have had a greeting, or one command and its answer, and no more.
#[test]
fn a_session_has_little_room_for_steps_that_did_not_come() {
    let mut builder = Builder::new(Protocol::Smtp, Needs::STEPS);
    let mut rooms = Vec::new();
    for _ in 0..9 {
        say(&mut builder, "NOOP");
        rooms.push(builder.session.steps.capacity());
    }
    assert_eq!(rooms, [1, 4, 4, 4, 8, 8, 8, 8, 16]);
}

/// What a step carries becomes known after the step, packed or not.
#[test]
fn what_a_step_carries_is_counted() {
    let mut builder = Builder::new(Protocol::Smtp, Needs::STEPS);
    let steps: Vec<StepId> = (0..4).map(|_| say(&mut builder, "data")).collect();
    let content = ContentRef { message: 1, complete: true, unfinished: false, measure: Measure::None };
    for &step in &steps[..2] {
        assert!(builder.change_content(step, |carries| *carries = Some(content)));
        is_counted_right(&builder);
    }
    builder.let_go();
    is_counted_right(&builder);
    for &step in &steps[1..] {
        assert!(builder.change_content(step, |carries| *carries = Some(content)));
        is_counted_right(&builder);
    }
    builder.unpack();
    assert!(builder.session.steps.iter().all(|step| step.carries() == Some(content)));
}
