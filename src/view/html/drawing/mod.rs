/*!
The drawings of the page, as SVG that lies in it: the dialogue of a session, all sessions over time, the ways of
messages.

Each is a pure function. What depends on the language is drawn in every language, and the page shows one. Nothing is
told by colour alone: signs, dashes and hatching say the same. The look is in `templates/drawing.css`, by class.
*/

mod arrows;
mod axis;
mod density;
mod lanes;
mod plan;
mod sequence;
mod sign;
mod svg;
mod timed;
mod timeline;

#[cfg(test)]
mod tests;

pub use lanes::lanes;
pub use sequence::sequence;
pub use timed::TimelineSession;
pub use timeline::timeline;
