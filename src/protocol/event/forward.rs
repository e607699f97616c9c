//! For a [`Sink`](super::Sink) that wraps another, its field `0`: the methods that forward their arguments unchanged.

/// Writes the named methods. A method that is neither named nor written by hand is a compile error.
macro_rules! forward {
    ($($method:ident)+) => { $($crate::protocol::event::forward! { @ $method })+ };
    (@ step) => {
        fn step(&mut self, step: $crate::protocol::event::Step<'_>) -> $crate::protocol::event::StepId {
            self.0.step(step)
        }
    };
    (@ credential) => {
        fn credential(&mut self, credential: $crate::protocol::event::Credential) {
            self.0.credential(credential);
        }
    };
    (@ message) => {
        fn message(&mut self, start: $crate::protocol::event::MessageStart) -> $crate::protocol::event::MessageId {
            self.0.message(start)
        }
    };
    (@ content) => {
        fn content(&mut self, message: $crate::protocol::event::MessageId, bytes: &[u8]) {
            self.0.content(message, bytes);
        }
    };
    (@ content_mark) => {
        fn content_mark(
            &mut self,
            message: $crate::protocol::event::MessageId,
            mark: $crate::protocol::event::ContentMark,
        ) {
            self.0.content_mark(message, mark);
        }
    };
    (@ content_missing) => {
        fn content_missing(&mut self, message: $crate::protocol::event::MessageId, missing: u64) {
            self.0.content_missing(message, missing);
        }
    };
    (@ content_step) => {
        fn content_step(
            &mut self,
            message: $crate::protocol::event::MessageId,
            step: $crate::protocol::event::StepId,
        ) {
            self.0.content_step(message, step);
        }
    };
    (@ content_part) => {
        fn content_part(&mut self, message: $crate::protocol::event::MessageId, part: Option<String>) {
            self.0.content_part(message, part);
        }
    };
    (@ unique_id) => {
        fn unique_id(&mut self, message: $crate::protocol::event::MessageId, id: &[u8]) {
            self.0.unique_id(message, id);
        }
    };
    (@ content_end) => {
        fn content_end(&mut self, message: $crate::protocol::event::MessageId, end: $crate::protocol::event::ContentEnd) {
            self.0.content_end(message, end);
        }
    };
    (@ message_outcome) => {
        fn message_outcome(
            &mut self,
            message: $crate::protocol::event::MessageId,
            outcome: $crate::protocol::event::MessageOutcome,
        ) {
            self.0.message_outcome(message, outcome);
        }
    };
    (@ transaction) => {
        fn transaction(&mut self, transaction: $crate::protocol::event::Transaction) {
            self.0.transaction(transaction);
        }
    };
    (@ client_name) => {
        fn client_name(&mut self, name: &[u8]) {
            self.0.client_name(name);
        }
    };
    (@ banner) => {
        fn banner(&mut self, text: &[u8]) {
            self.0.banner(text);
        }
    };
    (@ capabilities) => {
        fn capabilities(&mut self, list: &[&[u8]]) {
            self.0.capabilities(list);
        }
    };
    (@ tls) => {
        fn tls(&mut self, fact: $crate::protocol::event::TlsFact) {
            self.0.tls(fact);
        }
    };
    (@ proxied) => {
        fn proxied(&mut self, via: $crate::protocol::event::Via, client: Option<std::net::IpAddr>) {
            self.0.proxied(via, client);
        }
    };
    (@ limit) => {
        fn limit(&mut self, limit: $crate::limits::Limit) {
            self.0.limit(limit);
        }
    };
}
pub(crate) use forward;
