//! The record of a program that was told by its behaviour.

use super::enums;
use crate::flow::Side;
use crate::protocol::event::StepId;
use crate::session::model;
use crate::verdict::software::claims;
use schemars::JsonSchema;
use serde::Serialize;

/// A program, told by how it behaves.
#[derive(Serialize, JsonSchema)]
pub struct Software<'a> {
    /// Its name.
    name: &'a str,
    /// The versions that behave so, as far as they were run.
    versions: &'a str,
    /// How sure it is, from 0 to 1.
    confidence: f32,
    /// The steps that show it, by number.
    steps: &'a [StepId],
    /// What it says of itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    claims: Vec<Claim<'a>>,
}

/// What a program says of itself.
#[derive(Serialize, JsonSchema)]
struct Claim<'a> {
    /// `banner`, `id`, `user-agent` or `x-mailer`.
    from: enums::Place,
    /// Its words.
    text: &'a str,
}

impl<'a> Software<'a> {
    /// The record of the program of `side`, where it is known.
    pub fn new(session: &'a model::Session, side: Side) -> Option<Self> {
        let told = match side {
            Side::Client => session.client_software.as_deref()?,
            Side::Server => session.server_software.as_deref()?,
        };
        let claims = claims::of(session, side);
        Some(Self {
            name: told.name,
            versions: told.versions,
            confidence: told.confidence,
            steps: &told.steps,
            claims: claims
                .into_iter()
                .map(|claim| Claim { from: enums::Place(claim.place), text: claim.text })
                .collect(),
        })
    }
}
