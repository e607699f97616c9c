//! What the server's replies decide: transactions, recipients, the outcome of messages, and what the client's bytes
//! are.

use super::command::Verb;
use super::dialogue::Dialogue;
use super::parse;
use super::question::{ContentReplies, Pending, Question};
use super::replies_due::RepliesDue;
use super::reply::Reply;
use super::state::{AfterGap, AwaitedReply, Awaiting, ClientInput, Content, LineContext};
use super::transaction::{Decision, Transaction};
use super::turn::Roles;
use crate::limits::RECIPIENTS;
use crate::protocol::event::{Decided, LoginOutcome, Sink, StepId, TransactionEnd, Via};

impl Dialogue {
    /// Acts on the reply to `pending`, which was reported as step `told`.
    pub(super) fn answered(&mut self, pending: Pending, reply: &Reply<'_>, told: StepId, out: &mut dyn Sink) {
        let Pending { step, question, gives_up, passed_over: _ } = pending;
        if let Some(message) = gives_up {
            self.abandoned(message, Some(told), TransactionEnd::Abandoned, out);
        }
        match question {
            Question::Command(verb) if verb.ends_transaction() => {
                if reply.is_positive() {
                    self.transaction_ends(TransactionEnd::Abandoned, Some(told), out);
                    if verb == Verb::Xclient {
                        self.logged_in = false;
                        out.proxied(Via::Xclient, self.proxied_client.take());
                    }
                    if let Some((_, name)) = self.hello.take_if(|(asked, _)| step == Some(*asked)) {
                        self.named = true;
                        out.client_name(&name);
                    }
                    if reply.is_whole && matches!(verb, Verb::Ehlo | Verb::Lhlo) {
                        out.capabilities(&capabilities(reply));
                    }
                }
            }
            Question::Command(Verb::Data) => self.data_answered(step, reply, told),
            Question::Command(Verb::StartTls) => {
                // Where the reply was not awaited, the client has already gone on in the clear.
                if self.awaited(step, AwaitedReply::StartTls) && reply.is_positive() {
                    self.start_tls(out);
                }
            }
            Question::Command(Verb::Xexch50) => self.xexch50_answered(step, reply, out),
            Question::Command(Verb::Bdat) => {
                self.awaited(step, AwaitedReply::Chunk);
            }
            Question::Command(Verb::Turn | Verb::Atrn) if reply.is_positive() => self.turn(out),
            // The 354 shows that a command whose end is missing was DATA.
            Question::Command(Verb::Other) if reply.code == 354 && self.after_gap != AfterGap::No => {
                self.after_gap = AfterGap::No;
                self.client = ClientInput::Content(step.map_or_else(Content::after_unseen_data, Content::after));
            }
            Question::Command(_) | Question::Blank | Question::RefusedLine | Question::Unseen { .. } => {}
            Question::Mail(sender) => self.mail_answered(sender, step, reply, told, out),
            Question::Rcpt(path) => self.rcpt_answered(path, step, Some((reply, told)), out),
            Question::Auth(exchange) | Question::Response(exchange) => {
                self.auth_answered(step, exchange, reply, told, out);
            }
            Question::Chunk => {
                if !reply.is_positive() {
                    self.transaction.refuse(Decision::of(reply, Decided::Content, told));
                }
            }
            Question::Content(mut content_replies) => {
                content_replies.steps.push(told);
                if self.is_decided(&mut content_replies, reply, told) {
                    self.delivered(content_replies, TransactionEnd::Content, out);
                } else {
                    self.queue.put_back(Pending {
                        step,
                        question: Question::Content(content_replies),
                        passed_over: false,
                        gives_up: None,
                    });
                }
            }
            Question::LastChunk(mut content_replies) => {
                content_replies.steps.push(told);
                if self.is_decided(&mut content_replies, reply, told) {
                    self.delivered(content_replies, TransactionEnd::Content, out);
                } else {
                    self.queue.put_back(Pending {
                        step,
                        question: Question::LastChunk(content_replies),
                        passed_over: false,
                        gives_up: None,
                    });
                }
            }
        }
    }

    /// Counts a reply to a message's content. True where it was the last.
    fn is_decided(&mut self, content_replies: &mut ContentReplies, reply: &Reply<'_>, told: StepId) -> bool {
        let decision = Decision::of(reply, Decided::Content, told);
        match &mut content_replies.due {
            RepliesDue::One if reply.code == 353 => {
                content_replies.due = match self.transaction.replies_due() {
                    RepliesDue::PerRecipient { left } => RepliesDue::PerRecipientAndOne { left },
                    RepliesDue::Unknown(codes) => RepliesDue::UnknownAndOne(codes),
                    _ => RepliesDue::PerRecipientAndOne { left: 0 },
                };
                false
            }
            RepliesDue::One | RepliesDue::PerRecipientAndOne { left: 0 } => {
                content_replies.decided = Some(decision);
                true
            }
            RepliesDue::PerRecipientAndOne { left } => {
                *left -= 1;
                self.transaction.final_code(reply.code, told);
                false
            }
            RepliesDue::PerRecipient { left } => {
                *left = left.saturating_sub(1);
                let done = *left == 0;
                self.transaction.final_code(reply.code, told);
                content_replies.one_decides(decision);
                done
            }
            // `Later` is resolved when the first reply comes, before this call.
            RepliesDue::Later => true,
            RepliesDue::Unknown(codes) => {
                if codes.len() < RECIPIENTS {
                    codes.push((reply.code, told));
                }
                content_replies.one_decides(decision);
                false
            }
            RepliesDue::UnknownAndOne(codes) => {
                if codes.len() <= RECIPIENTS {
                    codes.push((reply.code, told));
                }
                content_replies.decided = Some(decision);
                false
            }
        }
    }

    /// The server has agreed to swap roles. Half-read input of both sides is reported under the old roles.
    fn turn(&mut self, out: &mut dyn Sink) {
        let roles = match self.roles {
            Roles::AsConnected => Roles::Swapped,
            Roles::Swapped => Roles::AsConnected,
        };
        self.finish(out);
        let upgrade = self.take_upgrade();
        *self = Self { roles, begun: true, upgrade, ..Self::new(self.flavour) };
    }

    fn data_answered(&mut self, step: Option<StepId>, reply: &Reply<'_>, told: StepId) {
        self.transaction.data_answered(step, reply, told);
        if !self.awaited(step, AwaitedReply::Data) {
            if !reply.is_intermediate() {
                // The content was read as a message before the refusal came. The server took its lines for commands.
                self.queue.replies_missing();
            }
            return;
        }
        self.client = match step {
            Some(step) if reply.is_intermediate() => {
                // The client sent the deferred bytes without waiting for the 354, so the gap before them may hold
                // content too.
                let after_gap = std::mem::replace(&mut self.after_gap, AfterGap::No) != AfterGap::No;
                let mut content = Content::after(step);
                content.has_gap = after_gap && !self.deferred.is_empty();
                ClientInput::Content(content)
            }
            _ => ClientInput::Commands(LineContext::Refusal),
        };
    }

    /// The server has agreed to TLS. The deferred bytes were sent before the client knew that, unless they are TLS
    /// already.
    pub(super) fn start_tls(&mut self, out: &mut dyn Sink) {
        if !self.deferred.first_byte().is_some_and(parse::is_tls_record) {
            self.read_as(LineContext::StartTls, out);
        }
        self.tls_begins(out);
    }

    /// From here on both directions are TLS.
    pub(super) fn tls_begins(&mut self, out: &mut dyn Sink) {
        self.transaction_ends(TransactionEnd::Abandoned, None, out);
        self.logged_in = false;
        self.client = ClientInput::Commands(LineContext::Nothing);
        self.upgrade = Some(self.tls(false));
    }

    /// True where the client's bytes were deferred until the reply to this step. They are read as commands from here
    /// on, unless the caller sets another state.
    pub(super) fn awaited(&mut self, step: Option<StepId>, awaited_reply: AwaitedReply) -> bool {
        match &self.client {
            ClientInput::Waiting(Awaiting::Reply { step: waited, to, .. })
                if Some(*waited) == step && *to == awaited_reply =>
            {
                self.client = ClientInput::Commands(LineContext::Nothing);
                true
            }
            _ => false,
        }
    }

    /// No reply will come: the command is taken as accepted, and what depends on the reply is reported as unknown.
    pub(super) fn unanswered(&mut self, pending: Pending, out: &mut dyn Sink) {
        let Pending { step, question, gives_up, passed_over: _ } = pending;
        if let Some(message) = gives_up {
            self.abandoned(message, None, TransactionEnd::Abandoned, out);
        }
        match question {
            Question::Command(verb) if verb.ends_transaction() => {
                self.transaction_ends(TransactionEnd::Abandoned, step, out);
            }
            Question::Unseen { another: true } => self.transaction_ends(TransactionEnd::Unseen, None, out),
            Question::Unseen { another: false } => self.transaction.recipients_missing(),
            Question::Mail(sender) => {
                self.transaction_ends(TransactionEnd::Abandoned, None, out);
                self.transaction = Transaction::begin(sender, step, None);
            }
            Question::Rcpt(path) => self.rcpt_answered(path, step, None, out),
            Question::Auth(Some(exchange)) | Question::Response(Some(exchange)) => {
                self.undecided_login = true;
                out.credential(exchange.finish(LoginOutcome::Unknown));
            }
            Question::Content(content_replies) | Question::LastChunk(content_replies) => {
                self.delivered(content_replies, TransactionEnd::Content, out)
            }
            Question::Command(_)
            | Question::Blank
            | Question::Auth(None)
            | Question::Response(None)
            | Question::Chunk
            | Question::RefusedLine => {}
        }
    }
}

/// The extensions in the reply to EHLO or LHLO: one a line after the first (RFC 5321, section 4.1.1.1). Some servers end
/// the reply with a line that is none: `Ok SESSIONID=<…>`, for one.
fn capabilities<'a>(reply: &'a Reply<'_>) -> Vec<&'a [u8]> {
    let mut lines: Vec<&[u8]> = reply.lines().skip(1).collect();
    lines.pop_if(|last| !is_extension(last));
    lines
}

/// False for a remark that all is well. Anything else may be an extension, even what a device on the way has made
/// unreadable, and a single word has the form of one.
fn is_extension(line: &[u8]) -> bool {
    let mut words = line.split(|byte| byte.is_ascii_whitespace() || b",.;:".contains(byte));
    let is_ok = words.next().is_some_and(|word| word.eq_ignore_ascii_case(b"OK")) && words.next().is_some();
    !is_ok && parse::enhanced(line).is_none()
}
