//! Signs: what matters has a shape, so that nobody has to tell colours apart.

use super::svg::Svg;
use crate::session::model::Severity;

/// The class of what has to do with a severity.
pub fn class(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::High) => "d-high",
        Some(Severity::Medium) => "d-medium",
        Some(Severity::Low) => "d-low",
        Some(Severity::Info) => "d-info",
        None => "d-none",
    }
}

/// The sign of a severity, in the middle of a square of 14: a triangle, full for the highest; a circle below `medium`.
pub fn severity(svg: &mut Svg, severity: Severity, [x, y]: [i64; 2]) {
    let top = y - 7;
    match severity {
        Severity::High | Severity::Medium => {
            let full = if severity == Severity::High { "d-sign d-full d-high" } else { "d-sign d-medium" };
            svg.path(full, &format!("M{x} {top}l7 13h-14z"));
            let stroke = if severity == Severity::High { "d-sign d-on d-high" } else { "d-sign d-medium" };
            svg.path(stroke, &format!("M{x} {}v4m0 2v1", y - 2));
        }
        Severity::Low => {
            svg.path("d-sign d-low", &circle(x, y));
            svg.path("d-sign d-low", &format!("M{x} {}v4m0 2v1", y - 3));
        }
        Severity::Info => {
            svg.path("d-sign d-info", &circle(x, y));
            svg.path("d-sign d-info", &format!("M{x} {}v1m0 2v4", y - 3));
        }
    }
}

/// A cross in a circle: refused.
pub fn cross(svg: &mut Svg, class: &str, [x, y]: [i64; 2]) {
    svg.path(class, &format!("{}M{} {}l5 5m0-5l-5 5", circle(x, y), x - 2, y - 2));
}

/// An exclamation mark in a circle.
pub fn bang(svg: &mut Svg, class: &str, [x, y]: [i64; 2]) {
    svg.path(class, &format!("{}M{x} {}v4m0 2v1", circle(x, y), y - 3));
}

/// A closed lock.
pub fn lock(svg: &mut Svg, class: &str, [x, y]: [i64; 2]) {
    svg.path(class, &format!("M{} {}h10v8h-10zM{} {}v-3a3 3 0 0 1 6 0v3", x - 5, y - 1, x - 3, y - 1));
}

fn circle(x: i64, y: i64) -> String {
    format!("M{} {y}a6 6 0 1 1 12 0a6 6 0 1 1-12 0", x - 6)
}
