//! Numbers the sessions, links messages seen more than once, and shows the selected sessions.

use super::event::{ConnectionChange, ConnectionEvent, Ready};
use super::home::Homes;
use super::input::InputCounts;
use super::numbering::SessionNumbering;
use super::options::{BatchEnd, Emit, Options};
use super::probe::Probing;
use super::shards::Shards;
use crate::decode::Segment;
use crate::limits::{Limit, LimitsHit};
use crate::session::summary::Summary;
use crate::verdict::Verdict;
use crate::verdict::across::Across;
use crate::verdict::across::all::AllAnalyses;
use crate::verdict::across::login_frequency::{LoginCounter, Logins};
use crate::verdict::across::outcome::AcrossReport;
use crate::verdict::across::same_message::MessageIndex;
use crate::verdict::verdicts::Verdicts;
use crate::view::{Preparation, View};
use std::io;

/// The stage after the connections.
pub struct OutputStage<'a> {
    options: &'a Options,
    numbering: SessionNumbering,
    messages: MessageIndex,
    logins: LoginCounter,
    across: AllAnalyses,
    verdicts: Verdicts,
    summary: Summary,
    view: &'a mut dyn View,
    homes: Homes,
}

impl<'a> OutputStage<'a> {
    /// Nothing has come yet.
    pub fn new(options: &'a Options, view: &'a mut dyn View) -> Self {
        Self {
            options,
            numbering: SessionNumbering::new(options.emit, options.selection, options.waiting_sessions),
            messages: MessageIndex::default(),
            logins: LoginCounter::default(),
            across: AllAnalyses::default(),
            verdicts: Verdicts::default(),
            summary: Summary::default(),
            view,
            homes: Homes::default(),
        }
    }

    /// Takes events, in the order of packets, and shows the sessions that are ready.
    ///
    /// # Errors
    /// Where the view cannot write.
    pub fn take(&mut self, events: &mut Vec<ConnectionEvent>) -> io::Result<()> {
        for ConnectionEvent { first, change, .. } in events.drain(..) {
            match change {
                ConnectionChange::Begun { time, promising } => self.numbering.begun(first, time, promising),
                ConnectionChange::Spoke => self.numbering.spoke(first),
                ConnectionChange::Decided(is_mail) => self.numbering.decided(first, is_mail),
                ConnectionChange::Over(session) => {
                    if let Some(Probing { probe, protocol, client }) = self.numbering.over(first, session)
                        && self.options.selects_probes(protocol)
                    {
                        self.summary.add_probe(probe, client);
                    }
                }
            }
            self.show_ready()?;
        }
        Ok(())
    }

    /// As [`OutputStage::take`], at the end of a batch.
    ///
    /// # Errors
    /// Where the view cannot write.
    pub fn end_of_batch(&mut self, end: BatchEnd, events: &mut Vec<ConnectionEvent>) -> io::Result<()> {
        self.take(events)?;
        // Who reads sessions as they end is not kept waiting by a connection whose packets may be held back. Should it turn
        // out to be no mail, its number is left out.
        self.numbering.decide_silent(match self.options.emit {
            Emit::AsTheyEnd => end.now,
            Emit::InOrder => end.time,
        });
        if end.quiet && self.options.emit == Emit::AsTheyEnd {
            self.numbering.let_pass();
        }
        if end.clock_set != 0 {
            self.numbering.clock_set(end.clock_set);
        }
        self.show_ready()
    }

    /// Shows the steps of the session of `segment`, if it has a number already.
    ///
    /// # Errors
    /// Where the view cannot write.
    pub fn show_steps(&mut self, shards: &mut Shards<'_>, shard: usize, segment: &Segment<'_>) -> io::Result<()> {
        // Where it takes the whole session to know whether it is shown, its steps are shown when it is over.
        if !self.options.filter.is_known_at_once() {
            return Ok(());
        }
        let Some(follower) = shards.follower(shard, segment) else { return Ok(()) };
        match self.numbering.id(follower.key()) {
            Some(id) => follower.show_steps(id, self.view),
            None => Ok(()),
        }
    }

    /// Sends sessions back when they have been shown.
    pub fn send_home(&mut self, homes: Homes) {
        self.homes = homes;
    }

    /// What the view makes of sessions ahead.
    pub fn preparation(&self) -> Option<Preparation> {
        self.view.preparation()
    }

    /// Adds bounds that were hit.
    pub fn add_limits(&mut self, limits: &LimitsHit) {
        self.summary.limits_hit.add(limits);
    }

    /// The capture has been read: returns the totals.
    pub fn finish(mut self, counted: InputCounts) -> (Summary, Logins, Option<Verdict>, AcrossReport) {
        self.summary.limits_hit.add(&counted.limits_hit);
        self.summary.limits_hit.add(self.numbering.limits_hit());
        let mail = self.summary.packets.mail;
        let mut packets = counted.packets;
        packets.mail = mail;
        packets.other = packets.read.saturating_sub(mail + packets.undecodable);
        let (across, limits) = self.across.finish();
        self.verdicts.across(&across.findings);
        self.summary.limits_hit.hit_times(Limit::FindingsAcross, self.verdicts.left_out());
        // Where no session is chosen of those that there are, none was judged: "no session was found" would be untrue.
        let none_chosen = self.summary.shown() == 0 && self.summary.looked_at() > 0;
        let judged = !self.options.selection.rules.is_empty() && !none_chosen;
        let verdict = judged.then(|| self.verdicts.finish());
        self.summary.limits_hit.add(&limits);
        self.summary.filters.clone_from(&self.options.filter.told);
        (Summary { packets, traffic: counted.traffic, ..self.summary }, self.logins.finish(), verdict, across)
    }

    fn show_ready(&mut self) -> io::Result<()> {
        while let Some(Ready { mut session, shown, prepared, made }) = self.numbering.next_ready() {
            self.messages.link(&mut session);
            // Limits concern all that was read, as packets do: those of sessions that are not selected count too.
            if !self.options.selects(&session) {
                self.summary.add_left_out(&session);
                self.homes.send(session, made.worker, made.weight);
                continue;
            }
            if self.options.steps {
                for step in session.steps.iter().skip(shown) {
                    self.view.step(&session, step)?;
                }
            }
            self.summary.add(&session);
            if !self.options.selection.rules.is_empty() {
                self.verdicts.session(&session);
            }
            if self.options.selection.logins {
                self.logins.session(&session);
            }
            if self.options.selection.across {
                self.across.session(&session);
            }
            if let Some(tally) = &self.options.tally {
                tally.add_session();
            }
            match self.view.lent_session(&session, prepared.as_deref())? {
                true => self.homes.send(session, made.worker, made.weight),
                false => self.view.session(session)?,
            }
        }
        Ok(())
    }
}
