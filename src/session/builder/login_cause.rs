//! Why a login was not accepted, where the server's list of capabilities says more than its reply.

use super::Builder;
use crate::protocol::event::{Kind, LoginCause, LoginOutcome, StepId};
use crate::session::logins;

impl Builder {
    /// Why a login was not accepted: `told` has its mechanism, its outcome, and what its `reply` says.
    pub(super) fn cause(
        &self,
        (mechanism, outcome, cause): (&str, LoginOutcome, Option<LoginCause>),
        reply: Option<&[u8]>,
        steps: &[StepId],
    ) -> Option<LoginCause> {
        let decided = matches!(outcome, LoginOutcome::Accepted | LoginOutcome::Cancelled);
        let session = &self.session;
        if decided || logins::is_offered(session.protocol, &session.capabilities, mechanism) != Some(false) {
            return cause;
        }
        let stored = || steps.iter().filter_map(|&n| self.stored(n));
        // A list from before TLS is none of after it.
        if stored().next().map(|step| step.channel) != self.listed_in || self.listed_in.is_none() {
            return cause;
        }
        let challenged = stored().any(|step| step.kind == Kind::Continuation);
        logins::cause_by_offer(cause, reply, challenged).or(cause)
    }
}
