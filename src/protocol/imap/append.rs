/*!
APPEND: the messages that a client puts into a mailbox (RFC 3501, section 6.3.11); REPLACE does the same (RFC 8508).

The command's step is emitted before its first message, so that the server's `+` and the content follow it. A line
between the messages of a MULTIAPPEND (RFC 3502) or the parts of a CATENATE (RFC 4469) belongs to the same command: it
is the text of the content step that it announces. The line that ends the command belongs to the last content step.
CATENATE's URLs name octets that the server has and that never cross, so the texts beside a URL are not the whole
message. Texts that follow each other are one text, and without a URL they are the whole message.
*/

use super::command::{Command, Verb};
use super::dialogue::resolve;
use super::fragmentizer::{Fragment, Literal};
use super::lexer::Announced;
use super::login::Completion;
use super::queue::{Appended, CommandId, OnCompletion, Pending};
use super::state::{Append, AppendBody, Decided, Dialogue, Form, PendingLiteral, is_text};
use super::{Subject, What, mailbox_name, parse};
use crate::flow::Side;
use crate::limits::{COMMANDS_IN_FLIGHT, Limit};
use crate::protocol::event::{ContentEnd, Direction, Kind, MessageStart, Sink, Step};
use crate::protocol::secret::Raw;
use crate::protocol::span::Span;

impl Dialogue {
    /// A command that ends with a message's literal. `false` where the literal is something else.
    pub(super) fn append(
        &mut self,
        fragment: &Fragment<'_>,
        command: &Command<'_>,
        literal: Announced,
        out: &mut dyn Sink,
    ) -> bool {
        let arguments = fragment.text.get(command.arguments.clone()).unwrap_or_default();
        let parsed = match command.verb {
            Verb::Append => parse::append(arguments),
            Verb::Replace => parse::replace(arguments),
            _ => None,
        };
        let Some((mailbox, words)) = parsed else { return false };
        let form = Form::of(words);
        let mailbox = mailbox_name::bounded(mailbox, out);
        let (step, command_id) = self.command(fragment, command, true, out);
        self.client.append = Some(Append {
            command_id,
            key: Raw(command.key.to_vec()),
            step,
            mailbox,
            nth: 0,
            form,
            announcing: None,
            body: None,
            came: None,
            steps: Vec::new(),
            decided: None,
        });
        self.append_literal(literal, out);
        true
    }

    fn append_literal(&mut self, literal: Announced, out: &mut dyn Sink) {
        match literal {
            Announced { octets, synchronising: true } => {
                let key = self.client.append.as_ref().map_or(b"".as_slice(), |append| &append.key);
                self.client.waiting = Some(PendingLiteral::for_message(key, octets));
            }
            Announced { octets, .. } => {
                if let Some(append) = &self.client.append {
                    self.client.literal_lines.begin(append.step, false);
                }
                self.append_begin(octets, out);
            }
        }
    }

    /// The next `octets` are a message, or a part of one.
    pub(super) fn append_begin(&mut self, octets: u64, out: &mut dyn Sink) {
        self.client.way.fragmentizer.stream(octets);
        let Some(append) = self.client.append.as_mut().filter(|append| append.body.is_none()) else { return };
        let message = out.message(MessageStart {
            direction: Direction::Appended,
            mailbox: append.mailbox.clone(),
            number: None,
            uid: None,
            part: (append.form != Form::Literal).then(|| "text".to_owned()),
            described: None,
            headless: false,
            steps: vec![append.step],
        });
        append.body = Some(AppendBody { message, has_gap: false });
    }

    /// The next octets of the message.
    pub(super) fn append_octets(&mut self, octets: &[u8], out: &mut dyn Sink) {
        self.client.literal_lines.octets(octets);
        if let Some(body) = self.client.append.as_ref().and_then(|append| append.body) {
            out.content(body.message, octets);
        }
    }

    /// The next `missing` octets of the message are not in the capture.
    pub(super) fn append_missing(&mut self, missing: u64, out: &mut dyn Sink) {
        self.client.literal_lines.end();
        if let Some(body) = self.client.append.as_mut().and_then(|append| append.body.as_mut()) {
            body.has_gap = true;
            out.content_missing(body.message, missing);
        }
    }

    /// The literal has ended (`whole`), or its end will not come.
    pub(super) fn append_end(&mut self, literal: Literal, whole: bool, out: &mut dyn Sink) {
        self.client.literal_lines.end();
        let Some(append) = &mut self.client.append else { return };
        append.came = Some(literal);
        if !whole {
            self.append_came(None, out);
            self.append_message_over(false, out);
        }
    }

    /// Emits the step of the content that has come; `end` is the line that ends the command. `false` where none waits.
    pub(super) fn append_came(&mut self, end: Option<&Fragment<'_>>, out: &mut dyn Sink) -> bool {
        let state = self.state;
        let Some(append) = &mut self.client.append else { return false };
        let Some(literal) = append.came.take() else { return false };
        let announcing = append.announcing.take();
        let text = announcing.as_ref().map_or(b"".as_slice(), |fragment| &fragment.text);
        let subject = Subject { state, what: What::Content { verb: Verb::Append, octets: literal.span.bytes } };
        let mut span = Span::default();
        announcing.iter().for_each(|line| span.join(&line.span));
        span.join(&literal.span);
        end.into_iter().for_each(|line| span.join(&line.span));
        let announced = literal.short_of();
        let step = out.step(Step { text, announced, ..Step::of(Side::Client, Kind::Data, subject, span) });
        if let Some(body) = append.body {
            out.content_step(body.message, step);
        }
        // Beyond the bound on a session's steps, all get the same number.
        if append.steps.last().is_none_or(|&last| last < step) {
            append.steps.push(step);
        }
        true
    }

    /// The message, or a part of it that stands alone, has ended; `whole` where its end was seen.
    fn append_message_over(&mut self, whole: bool, out: &mut dyn Sink) {
        let Some(append) = &mut self.client.append else { return };
        let Some(body) = append.body.take() else { return };
        out.content_end(body.message, ContentEnd::of(whole, body.has_gap));
        let appended = Appended { message: body.message, steps: std::mem::take(&mut append.steps), nth: append.nth };
        match (&append.decided, self.queue.get_mut(append.command_id).map(|command| &mut command.on_completion)) {
            (None, Some(OnCompletion::Append(messages))) if messages.len() < COMMANDS_IN_FLIGHT => {
                messages.push(appended)
            }
            (decided, _) => {
                if decided.is_none() {
                    out.limit(Limit::CommandsInFlight);
                }
                let completion = decided.as_ref().map(|decided| Completion {
                    status: decided.status,
                    step: decided.step,
                    words: &decided.words,
                    uids: &decided.uids,
                    code: None,
                    state: self.state,
                });
                let on_completion = OnCompletion::Append(vec![appended]);
                resolve(
                    Pending { key: Raw::default(), verb: Verb::Append, step: append.step, on_completion },
                    completion,
                    out,
                );
            }
        }
    }

    /// The command is over: no more of it will come.
    pub(super) fn append_over(&mut self, out: &mut dyn Sink) {
        self.append_came(None, out);
        self.append_message_over(true, out);
        let Some(append) = self.client.append.take() else { return };
        if let Some(fragment) = append.announcing {
            // It announced a literal that never came.
            let subject = Subject { state: self.state, what: What::Content { verb: Verb::Append, octets: 0 } };
            fragment.tell(fragment.step(Side::Client, Kind::Data, subject), out);
        }
    }

    /// The line after a message: empty, the next message's announcement, or the end of a list. `false` where no APPEND
    /// is under way, or the line does not belong to it because the literal was miscounted.
    pub(super) fn append_rest(
        &mut self,
        fragment: &Fragment<'_>,
        literal: Option<Announced>,
        out: &mut dyn Sink,
    ) -> bool {
        if self.client.append.is_none() {
            return false;
        }
        if !matches!(fragment.text.first(), None | Some(b' ' | b')' | b'(')) {
            self.append_over(out);
            return false;
        }
        match literal {
            Some(literal) => {
                self.append_came(None, out);
                self.append_next(fragment, out);
                if let Some(append) = &mut self.client.append {
                    append.announcing = Some(fragment.clone().into_owned());
                }
                self.append_literal(literal, out);
            }
            None => {
                let is_end = matches!(fragment.text.trim_ascii(), b"" | b")");
                let told = is_end && self.append_came(Some(fragment), out);
                self.append_came(None, out);
                self.append_all_text(is_end, out);
                self.append_over(out);
                if !told {
                    let subject = Subject { state: self.state, what: What::Content { verb: Verb::Append, octets: 0 } };
                    fragment.tell(fragment.step(Side::Client, Kind::Data, subject), out);
                }
            }
        }
        true
    }

    /// `fragment` announces the next content.
    fn append_next(&mut self, fragment: &Fragment<'_>, out: &mut dyn Sink) {
        let words = fragment.text.trim_ascii_start();
        let Some(append) = &mut self.client.append else { return };
        match &mut append.form {
            // A text right after the text before it: both are one.
            Form::Catenate { .. } if !words.starts_with(b")") && is_text(words) => {}
            Form::Catenate { only_text } if !words.starts_with(b")") => {
                *only_text = false;
                self.append_message_over(true, out);
            }
            _ => {
                self.append_all_text(words.starts_with(b")"), out);
                self.append_message_over(true, out);
                if let Some(append) = &mut self.client.append {
                    append.nth += 1;
                    append.form = Form::of(words);
                }
            }
        }
    }

    /// A CATENATE ends; `seen` where its end was seen. If it has texts alone, they are the whole message.
    fn append_all_text(&mut self, seen: bool, out: &mut dyn Sink) {
        if let Some(append) = self.client.append.as_ref().filter(|_| seen)
            && let (Form::Catenate { only_text: true }, Some(body)) = (append.form, append.body)
        {
            out.content_part(body.message, None);
        }
    }

    /// The reply to an APPEND has come: it also decides on the content that is still coming.
    pub(super) fn append_decided(&mut self, command_id: CommandId, completion: Completion<'_>) {
        if let Some(append) = self.client.append.as_mut().filter(|append| append.command_id == command_id) {
            append.decided = Some(Decided {
                status: completion.status,
                step: completion.step,
                words: completion.words.to_vec(),
                uids: completion.uids.to_vec(),
            });
        }
    }
}
