//! Numbers the sessions, links what is the same, selects what was asked for, and shows it.

use super::event::{Event, What};
use super::intake::Counted;
use super::options::{BatchEnd, Options};
use super::order::Order;
use super::shards::Shards;
use crate::decode::Segment;
use crate::limits::LimitsHit;
use crate::session::Plan;
use crate::session::summary::Summary;
use crate::verdict::across::Across;
use crate::verdict::across::login_frequency::{LoginCounter, Logins};
use crate::verdict::across::same_message::MessageIndex;
use crate::view::View;
use std::io;
use std::sync::Arc;

/// The stage after the connections.
pub struct Outtake<'a> {
    options: &'a Options,
    order: Order,
    messages: MessageIndex,
    logins: LoginCounter,
    summary: Summary,
    view: &'a mut dyn View,
}

impl<'a> Outtake<'a> {
    /// Nothing has come yet.
    pub fn new(options: &'a Options, plan: &Arc<Plan>, view: &'a mut dyn View) -> Self {
        Self {
            options,
            order: Order::new(options.order, Arc::clone(plan), options.selection.rules),
            messages: MessageIndex::default(),
            logins: LoginCounter::default(),
            summary: Summary::default(),
            view,
        }
    }

    /// Takes what has happened, in the order of packets, and shows the sessions that are ready.
    ///
    /// # Errors
    /// Where the view cannot write.
    pub fn take(&mut self, events: &mut Vec<Event>) -> io::Result<()> {
        for Event { first, what, .. } in events.drain(..) {
            match what {
                What::Begun { time, promising } => self.order.begun(first, time, promising),
                What::Spoke => self.order.spoke(first),
                What::Decided(is_mail) => self.order.decided(first, is_mail),
                What::Over(session) => self.order.over(first, session),
            }
            self.show_ready()?;
        }
        Ok(())
    }

    /// As [`Outtake::take`], at the end of a batch.
    ///
    /// # Errors
    /// Where the view cannot write.
    pub fn end_of_batch(&mut self, end: BatchEnd, events: &mut Vec<Event>) -> io::Result<()> {
        self.take(events)?;
        self.order.decide_silent(end.time);
        self.show_ready()
    }

    /// Shows what was said in `segment`, if its session has a number already.
    ///
    /// # Errors
    /// Where the view cannot write.
    pub fn show_steps(&mut self, shards: &mut Shards<'_>, shard: usize, segment: &Segment<'_>) -> io::Result<()> {
        let Some(ear) = shards.ear(shard, segment) else { return Ok(()) };
        match self.order.id(ear.key()) {
            Some(id) => ear.show_steps(id, self.view),
            None => Ok(()),
        }
    }

    /// Adds bounds that cost something.
    pub fn add_limits(&mut self, limits: &LimitsHit) {
        self.summary.limits_hit.add(limits);
    }

    /// The capture has been read.
    pub fn finish(mut self, counted: Counted) -> (Summary, Logins) {
        self.summary.limits_hit.add(&counted.limits_hit);
        self.summary.limits_hit.add(self.order.limits_hit());
        let mail = self.summary.packets.mail;
        let mut packets = counted.packets;
        packets.mail = mail;
        packets.other = packets.read.saturating_sub(mail + packets.undecodable);
        (Summary { packets, traffic: counted.traffic, ..self.summary }, self.logins.finish())
    }

    fn show_ready(&mut self) -> io::Result<()> {
        while let Some((mut session, shown)) = self.order.next_ready() {
            self.messages.link(&mut session);
            // Limits are of what was read, as packets are: they are told of sessions that nobody asked for, too.
            if !self.options.selects(&session) {
                self.summary.add_unselected(&session);
                continue;
            }
            if self.options.steps {
                for step in session.steps.iter().skip(shown) {
                    self.view.step(&session, step)?;
                }
            }
            self.summary.add(&session);
            if self.options.selection.logins {
                self.logins.session(&session);
            }
            self.view.session(session)?;
        }
        Ok(())
    }
}
