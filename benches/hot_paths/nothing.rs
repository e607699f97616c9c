//! Handlers and a sink that do nothing, so that the stages before them are measured alone.

use divan::black_box;
use mailtap::flow::{ConnectionHandler, Endpoints, PacketRef, Side, StreamHandler, Transport};
use mailtap::limits::Limit;
use mailtap::protocol::event::{
    ContentEnd, ContentMark, Credential, MessageId, MessageOutcome, MessageStart, Step, TlsFact, Transaction, Via,
};
use mailtap::protocol::{Sink, StepId};
use std::net::{IpAddr, SocketAddr};

/// Follows every connection; the endpoint with the lower port is the server.
pub struct FollowAll;

/// Ignores what it receives.
pub struct Deaf;

impl ConnectionHandler for FollowAll {
    type StreamHandler = Deaf;
    type Token = ();

    fn guess(&self, source: SocketAddr, destination: SocketAddr) -> Endpoints {
        if source.port() < destination.port() {
            Endpoints { client: destination, server: source }
        } else {
            Endpoints { client: source, server: destination }
        }
    }

    fn begun(&mut self, _: &Endpoints, _: PacketRef) {}

    fn listen(&mut self, (): (), _: &Endpoints, _: PacketRef) -> Deaf {
        Deaf
    }

    fn over(&mut self, _: Deaf, transport: Transport) {
        black_box(transport);
    }
}

impl StreamHandler for Deaf {
    fn data(&mut self, from: Side, bytes: &[u8], _: PacketRef) {
        black_box((from, bytes));
    }

    fn gap(&mut self, from: Side, missing: u64, _: PacketRef) {
        black_box((from, missing));
    }
}

/// Receives everything and keeps nothing but counts.
#[derive(Default)]
pub struct Nobody {
    steps: StepId,
    messages: MessageId,
}

impl Sink for Nobody {
    fn step(&mut self, step: Step<'_>) -> StepId {
        black_box(step);
        self.steps += 1;
        self.steps
    }

    fn credential(&mut self, credential: Credential) {
        black_box(credential);
    }

    fn message(&mut self, start: MessageStart) -> MessageId {
        black_box(start);
        self.messages += 1;
        self.messages
    }

    fn content(&mut self, message: MessageId, bytes: &[u8]) {
        black_box((message, bytes));
    }

    fn content_mark(&mut self, message: MessageId, mark: ContentMark) {
        black_box((message, mark));
    }

    fn content_missing(&mut self, message: MessageId, missing: u64) {
        black_box((message, missing));
    }

    fn content_step(&mut self, message: MessageId, step: StepId) {
        black_box((message, step));
    }

    fn content_part(&mut self, message: MessageId, part: Option<String>) {
        black_box((message, part));
    }

    fn unique_id(&mut self, message: MessageId, id: &[u8]) {
        black_box((message, id));
    }

    fn content_end(&mut self, message: MessageId, end: ContentEnd) {
        black_box((message, end));
    }

    fn message_outcome(&mut self, message: MessageId, outcome: MessageOutcome) {
        black_box((message, outcome));
    }

    fn transaction(&mut self, transaction: Transaction) {
        black_box(transaction);
    }

    fn client_name(&mut self, name: &[u8]) {
        black_box(name);
    }

    fn banner(&mut self, text: &[u8]) {
        black_box(text);
    }

    fn capabilities(&mut self, list: &[&[u8]]) {
        black_box(list);
    }

    fn tls(&mut self, fact: TlsFact) {
        black_box(fact);
    }

    fn proxied(&mut self, via: Via, client: Option<IpAddr>) {
        black_box((via, client));
    }

    fn limit(&mut self, limit: Limit) {
        black_box(limit);
    }
}
