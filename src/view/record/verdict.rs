//! The record of a verdict.

use super::enums;
use super::value::Ours;
use crate::verdict::conclusion;
use crate::view::{Lang, locale};
use schemars::JsonSchema;
use serde::Serialize;

/// What a session, or the capture, comes to.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Verdict {
    /// Whether it was safe from those on the path: `unknown` if nothing crossed that has to be safe, or if the capture
    /// does not show it.
    safe: enums::Safe,
    /// What became of what was sent: `yes` also if the capture does not show for whom, `no` if it was refused or given up in
    /// the middle of the content, `partly` if the server took it for some recipients, `deferred` if it may be tried again,
    /// `nothing` if nothing was sent.
    delivered: enums::Delivered,
    /// The same in a sentence or two.
    text: String,
    /// The id of the finding on top: the one that explains the others. Absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    cause: Option<Ours>,
}

impl Verdict {
    /// The record of `verdict`.
    pub(crate) fn new(verdict: &conclusion::Verdict, lang: Lang) -> Self {
        Self {
            safe: enums::Safe(verdict.safe),
            delivered: enums::Delivered(verdict.delivered),
            text: locale::verdict(lang, verdict),
            cause: verdict.cause.map(Ours),
        }
    }
}
