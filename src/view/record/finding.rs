//! The record of a finding.

use super::each::Context;
use super::enums;
use crate::session::model;
use crate::view::locale;
use schemars::JsonSchema;
use serde::Serialize;

/// Something wrong, weak or worth knowing.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Finding<'a> {
    /// A stable kebab-case name.
    id: &'static str,
    /// How much it matters.
    severity: enums::Severity,
    /// What it is, in a few words.
    title: &'static str,
    /// What it means.
    detail: String,
    /// What to do about it.
    remedy: &'static str,
    /// The steps that show it.
    steps: &'a [u32],
    /// The source: an RFC section or a CVE.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'static str>,
}

impl<'a> Finding<'a> {
    pub(crate) fn new(finding: &'a model::Finding, context: &Context<'a>) -> Self {
        let locale::FindingWords { title, detail, remedy, reference } = locale::finding(context.options.lang, finding);
        Self {
            id: finding.id,
            severity: enums::Severity(finding.severity),
            title,
            detail,
            remedy,
            steps: &finding.steps,
            reference,
        }
    }
}
