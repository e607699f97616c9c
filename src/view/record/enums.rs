//! The JSON's words for the model's enums. A variant without a word does not compile.

use super::value::Ours;
use crate::flow;
use crate::protocol::{self, event, imap, pop3};
use crate::session::model;
use crate::verdict;
use crate::verdict::software::claims;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

macro_rules! words {
    ($($name:ident: $model:ty { $($variant:pat => $word:literal),* $(,)? })*) => {$(
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $name(pub $model);

        impl $name {
            pub(crate) fn name(self) -> &'static str {
                match self.0 { $($variant => $word),* }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Ours(self.name()).serialize(serializer)
            }
        }

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "enum": [$($word),*] })
            }
        }
    )*};
}

words! {
    Protocol: protocol::Protocol {
        protocol::Protocol::Smtp => "smtp",
        protocol::Protocol::Lmtp => "lmtp",
        protocol::Protocol::Pop3 => "pop3",
        protocol::Protocol::Imap => "imap",
    }
    CloseReason: flow::CloseReason {
        flow::CloseReason::Closed => "closed",
        flow::CloseReason::Reset => "reset",
        flow::CloseReason::Idle => "idle",
        flow::CloseReason::Open => "open",
        flow::CloseReason::Refused => "refused",
        flow::CloseReason::Unanswered => "unanswered",
        flow::CloseReason::Prohibited => "prohibited",
    }
    Side: flow::Side {
        flow::Side::Client => "client",
        flow::Side::Server => "server",
    }
    Via: event::Via {
        event::Via::ProxyProtocol => "proxy-protocol",
        event::Via::Xclient => "xclient",
        event::Via::Socks => "socks",
        event::Via::HttpConnect => "http-connect",
    }
    TlsMode: model::TlsMode {
        model::TlsMode::None => "none",
        model::TlsMode::StartTls => "starttls",
        model::TlsMode::Implicit => "implicit",
    }
    LineEnds: model::LineEnds {
        model::LineEnds::CrLf => "crlf",
        model::LineEnds::Lf => "lf",
        model::LineEnds::Mixed => "mixed",
    }
    Phase: model::Phase {
        model::Phase::Connection => "connection",
        model::Phase::Encryption => "encryption",
        model::Phase::Authentication => "authentication",
        model::Phase::Transaction => "transaction",
        model::Phase::Release => "release",
    }
    State: model::State {
        model::State::Pop3(pop3::State::Authorization) => "authorization",
        model::State::Pop3(pop3::State::Transaction) => "transaction",
        model::State::Pop3(pop3::State::Update) => "update",
        model::State::Imap(imap::State::NotAuthenticated) => "not authenticated",
        model::State::Imap(imap::State::Authenticated) => "authenticated",
        model::State::Imap(imap::State::Selected) => "selected",
        model::State::Imap(imap::State::Logout) => "logout",
    }
    DecryptedBy: model::DecryptedBy {
        model::DecryptedBy::Capture => "in-place",
        model::DecryptedBy::Keys(event::KeySource::KeyLog) => "keylog",
        model::DecryptedBy::Keys(event::KeySource::SecretsBlock) => "dsb",
        model::DecryptedBy::Keys(event::KeySource::ServerKey) => "rsa-key",
    }
    Place: claims::Place {
        claims::Place::Banner => "banner",
        claims::Place::Id => "id",
        claims::Place::UserAgent => "user-agent",
        claims::Place::XMailer => "x-mailer",
    }
    KeyFault: event::KeyFault {
        event::KeyFault::NoSecret => "no-secret",
        event::KeyFault::Handshake => "no-handshake",
        event::KeyFault::CipherSuite => "cipher-suite",
        event::KeyFault::DoesNotFit => "does-not-fit",
    }
    Channel: event::Channel {
        event::Channel::Clear => "clear",
        event::Channel::Tls => "tls",
        event::Channel::Decrypted => "decrypted",
    }
    Kind: event::Kind {
        event::Kind::Greeting => "greeting",
        event::Kind::Command => "command",
        event::Kind::Reply => "reply",
        event::Kind::Untagged => "untagged",
        event::Kind::Continuation => "continuation",
        event::Kind::Response => "response",
        event::Kind::Data => "data",
        event::Kind::Tls => "tls",
        event::Kind::Gap => "gap",
        event::Kind::Unknown => "unknown",
    }
    Exposure: event::Exposure {
        event::Exposure::Plaintext => "plaintext",
        event::Exposure::Token => "token",
        event::Exposure::Hash => "hash",
        event::Exposure::None => "none",
    }
    LoginOutcome: event::LoginOutcome {
        event::LoginOutcome::Accepted => "accepted",
        event::LoginOutcome::Rejected => "rejected",
        event::LoginOutcome::Cancelled => "cancelled",
        event::LoginOutcome::Unknown => "unknown",
    }
    LoginCause: event::LoginCause {
        event::LoginCause::WrongSecret => "wrong-secret",
        event::LoginCause::Malformed => "malformed",
        event::LoginCause::MechanismNotOffered => "mechanism-not-offered",
        event::LoginCause::EncryptionDemanded => "encryption-demanded",
        event::LoginCause::Limit => "limit",
        event::LoginCause::Expired => "expired",
        event::LoginCause::PasswordTransition => "password-transition",
        event::LoginCause::InUse => "in-use",
        event::LoginCause::SwitchedOff => "switched-off",
        event::LoginCause::Temporary => "temporary",
        event::LoginCause::Cancelled => "cancelled",
        event::LoginCause::Unknown => "unknown",
    }
    Direction: event::Direction {
        event::Direction::Sent => "sent",
        event::Direction::Retrieved => "retrieved",
        event::Direction::Appended => "appended",
    }
    Delivery: event::Delivery {
        event::Delivery::Accepted => "accepted",
        event::Delivery::Partly => "partly",
        event::Delivery::Rejected => "rejected",
        event::Delivery::Deferred => "deferred",
        event::Delivery::Unknown => "unknown",
    }
    Outcome: model::Outcome {
        model::Outcome::Accepted => "accepted",
        model::Outcome::Partly => "partly",
        model::Outcome::Rejected => "rejected",
        model::Outcome::Deferred => "deferred",
        model::Outcome::Aborted => "aborted",
        model::Outcome::Unknown => "unknown",
    }
    Match: model::Match {
        model::Match::Content => "content",
        model::Match::Body => "body",
        model::Match::MessageId => "message-id",
    }
    Role: verdict::Role {
        verdict::Role::Submitted => "submitted",
        verdict::Role::Relayed => "relayed",
        verdict::Role::Delivered => "delivered",
        verdict::Role::Retrieved => "retrieved",
        verdict::Role::Appended => "appended",
    }
    ChangeKind: verdict::ChangeKind {
        verdict::ChangeKind::TraceFieldsAdded => "trace-fields-added",
        verdict::ChangeKind::FieldsChanged => "fields-changed",
        verdict::ChangeKind::BodyChanged => "body-changed",
    }
    BodyChange: verdict::BodyChange {
        verdict::BodyChange::ReEncoded => "re-encoded",
        verdict::BodyChange::Appended => "appended",
        verdict::BodyChange::Other => "other",
    }
    Safe: verdict::Safe {
        verdict::Safe::Yes => "yes",
        verdict::Safe::No => "no",
        verdict::Safe::Unknown => "unknown",
    }
    Delivered: verdict::Delivered {
        verdict::Delivered::Yes => "yes",
        verdict::Delivered::No => "no",
        verdict::Delivered::Partly => "partly",
        verdict::Delivered::Deferred => "deferred",
        verdict::Delivered::Unknown => "unknown",
        verdict::Delivered::Nothing => "nothing",
    }
    Upshot: verdict::Upshot {
        verdict::Upshot::NotConnected => "not-connected",
        verdict::Upshot::Refused(_) => "refused",
        verdict::Upshot::Accepted => "accepted",
        verdict::Upshot::Partly => "partly",
        verdict::Upshot::Deferred => "deferred",
        verdict::Upshot::RejectedOrDeferred => "rejected-or-deferred",
        verdict::Upshot::Rejected => "rejected",
        verdict::Upshot::Aborted => "aborted",
        verdict::Upshot::Unknown => "unknown",
        verdict::Upshot::Retrieved => "retrieved",
        verdict::Upshot::Appended => "appended",
        verdict::Upshot::LoginRejected => "login-rejected",
        verdict::Upshot::LoginDeferred => "login-deferred",
        verdict::Upshot::LoginUnknown => "login-unknown",
        verdict::Upshot::LoggedIn => "logged-in",
        verdict::Upshot::TlsFailed => "tls-failed",
        verdict::Upshot::Encrypted => "encrypted",
        verdict::Upshot::HungUp(_) | verdict::Upshot::FellSilent => "hung-up",
        verdict::Upshot::Failed => "failed",
        verdict::Upshot::Nothing => "nothing",
    }
    Severity: model::Severity {
        model::Severity::Info => "info",
        model::Severity::Low => "low",
        model::Severity::Medium => "medium",
        model::Severity::High => "high",
    }
    Class: model::Class {
        model::Class::Failure => "failure",
        model::Class::Weakness => "weakness",
        model::Class::Remark => "remark",
    }
}
