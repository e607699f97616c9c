/*!
What a template of the page is given: `docs/page.md` describes it. All text in it is safe for a reader's eye
([`escape`](crate::view::escape)); the template engine makes it safe for HTML.
*/

pub mod again;
pub mod answer;
pub mod capture;
pub mod finding;
pub mod login;
pub mod message;
pub mod outcome;
pub mod session;
pub mod step;
pub mod text;

use crate::view::locale::Label;
use answer::Answer;
use capture::{Capture, LimitHit, Way};
use finding::Finding;
use login::Counted;
use serde::Serialize;
use std::collections::BTreeMap;
use text::{Text, options};

/// The page, but for its sessions.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The language to begin with: `en` or `zh`.
    pub lang: &'static str,
    /// How moments are told: `utc`, `local`, or `relative`, in seconds since the first packet of the capture.
    pub clock: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// Secrets have been replaced.
    pub redacted: bool,
    /// What it comes to.
    pub verdict: Text,
    /// The highest severity of the findings; `none` where nothing was found.
    pub severity: &'static str,
    /// What was read.
    pub capture: Capture,
    /// The findings, the most severe first.
    pub findings: Vec<Finding>,
    /// The questions of a lab report.
    pub answers: Vec<Answer>,
    /// Attempts to log in, equal ones together.
    pub logins: Vec<Counted>,
    /// Further attempts.
    pub more_logins: u64,
    /// Who logs in where, how often.
    pub frequency: Vec<Text>,
    /// The ways of messages.
    pub journeys: Vec<Way>,
    /// Bounds that cost something.
    pub limits: Vec<LimitHit>,
    /// What the page leaves out.
    pub left_out: LeftOut,
    /// Words that tables have in common, by name.
    pub labels: BTreeMap<&'static str, Text>,
}

/// What the page leaves out.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LeftOut {
    /// Sessions that are not in its list.
    pub sessions: u64,
    /// Sessions that are, and do not open.
    pub details: u64,
    /// Sessions that are not in its timeline.
    pub timeline: u64,
    /// How many sessions the list has.
    pub listed: usize,
    /// MiB of sessions that a page has room for.
    pub mebibytes: usize,
}

/// Words that tables have in common.
pub fn labels() -> BTreeMap<&'static str, Text> {
    let labels = [
        ("number", Label::Number),
        ("source_ip", Label::SourceIp),
        ("destination_ip", Label::DestinationIp),
        ("command", Label::CommandAndParameters),
        ("purpose", Label::Purpose),
        ("carries_secret", Label::CarriesSecret),
        ("session", Label::Session),
        ("sessions", Label::Sessions),
        ("client", Label::Client),
        ("server", Label::Server),
        ("started", Label::Started),
        ("outcome", Label::Outcome),
        ("tls", Label::Tls),
        ("user", Label::User),
        ("password", Label::Password),
        ("mechanism", Label::Mechanism),
        ("credentials", Label::Credentials),
        ("no_credentials", Label::NoCredentials),
        ("findings", Label::Findings),
        ("finding", Label::Finding),
        ("severity", Label::Severity),
        ("evidence", Label::Evidence),
        ("remedy", Label::Remedy),
        ("reference", Label::Reference),
        ("servers", Label::Servers),
        ("count", Label::Count),
        ("message", Label::Message),
        ("messages", Label::Messages),
        ("mime", Label::MimeInformation),
        ("field", Label::Field),
        ("value", Label::Value),
        ("meaning", Label::Meaning),
        ("journeys", Label::Journeys),
        ("what_changed", Label::WhatChanged),
        ("from", Label::From),
        ("to", Label::To),
        ("size", Label::Size),
        ("date", Label::Date),
        ("message_id", Label::MessageId),
        ("logins", Label::LogIns),
        ("who_logs_in", Label::WhoLogsIn),
        ("limits", Label::LimitsHit),
        ("sources", Label::Sources),
        ("source", Label::Source),
        ("format", Label::Format),
        ("packets", Label::Packets),
        ("first_packet", Label::FirstPacket),
        ("last_packet", Label::LastPacket),
        ("problem", Label::Problem),
        ("verdict", Label::Verdict),
        ("none", Label::None),
        ("authorization_id", Label::AuthorizationId),
    ];
    labels.into_iter().map(|(name, label)| (name, Text::of(|lang| options(lang).label(label)))).collect()
}
