/*!
The inner form of a [`Source`]: first move, then look.

`Source::next_packet` lends a packet out of the call that read it. A caller that wants to look at the packet and perhaps
go on to the next (a filter), or hold the heads of several files (a merge), could not be written that way, because the
loan would last over the whole loop. Here moving and looking are two calls.
*/

use super::{CaptureError, Heard, Packet, Quiet, Read, Skimmer, Source, SourceInfo, Time};
use crate::limits::LimitsHit;

/// A position in a supply of packets.
pub trait Cursor: Send {
    /// Moves to the next packet.
    ///
    /// # Errors
    /// As [`Source::next_packet`]; after an error the cursor is at its end.
    fn advance(&mut self) -> Result<Moved, CaptureError>;

    /// Makes ready to show the packet that the last [`Cursor::advance`] moved to, where that was put off. Returns where it
    /// is then.
    ///
    /// # Errors
    /// As [`Cursor::advance`].
    fn begin(&mut self) -> Result<Moved, CaptureError> {
        Ok(Moved::Packet)
    }

    /// As [`Source::skim`], over packets earlier than `before`; whether any was passed over. The last of these is then the
    /// packet at which the cursor stands.
    fn skim(&mut self, before: Option<Time>, skimmer: &mut dyn Skimmer) -> bool {
        let _ = (before, skimmer);
        false
    }

    /// The packet that the last [`Cursor::advance`] moved to.
    fn packet(&self) -> Packet<'_>;

    /// The time of that packet.
    fn time(&self) -> Time {
        self.packet().time
    }

    /// What has been read so far.
    fn info(&self) -> Vec<SourceInfo>;

    /// Whether the next packets may be earlier than those before, as far as is known of the file.
    fn may_step_back(&self) -> bool {
        false
    }

    /// How often the clock of the capture has gone back up to this packet. Times on either side of such a step cannot be
    /// compared.
    fn clock_steps(&self) -> u64 {
        0
    }

    /// As [`Source::limits`].
    fn limits(&self) -> LimitsHit {
        LimitsHit::default()
    }

    /// As [`Source::heard`].
    fn heard(&self) -> Option<Heard> {
        None
    }

    /// As [`Source::is_live`].
    fn is_live(&self) -> bool {
        false
    }
}

/// Where [`Cursor::advance`] moved to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// To a packet.
    Packet,
    /// Nowhere yet: no packet came for a while.
    Idle(Quiet),
    /// To the end.
    End,
}

impl<C: Cursor + ?Sized> Source for C {
    fn next_packet(&mut self) -> Result<Read<'_>, CaptureError> {
        Ok(match self.advance()? {
            Moved::Packet => Read::Packet(self.packet()),
            Moved::Idle(quiet) => Read::Idle(quiet),
            Moved::End => Read::End,
        })
    }

    fn skim(&mut self, skimmer: &mut dyn Skimmer) {
        Cursor::skim(self, None, skimmer);
    }

    fn info(&self) -> Vec<SourceInfo> {
        Cursor::info(self)
    }

    fn limits(&self) -> LimitsHit {
        Cursor::limits(self)
    }

    fn heard(&self) -> Option<Heard> {
        Cursor::heard(self)
    }

    fn is_live(&self) -> bool {
        Cursor::is_live(self)
    }
}

impl<C: Cursor + ?Sized> Cursor for Box<C> {
    fn advance(&mut self) -> Result<Moved, CaptureError> {
        (**self).advance()
    }

    fn skim(&mut self, before: Option<Time>, skimmer: &mut dyn Skimmer) -> bool {
        (**self).skim(before, skimmer)
    }

    fn packet(&self) -> Packet<'_> {
        (**self).packet()
    }

    fn time(&self) -> Time {
        (**self).time()
    }

    fn info(&self) -> Vec<SourceInfo> {
        Cursor::info(&**self)
    }

    fn may_step_back(&self) -> bool {
        (**self).may_step_back()
    }

    fn clock_steps(&self) -> u64 {
        (**self).clock_steps()
    }

    fn limits(&self) -> LimitsHit {
        Cursor::limits(&**self)
    }

    fn heard(&self) -> Option<Heard> {
        Cursor::heard(&**self)
    }

    fn is_live(&self) -> bool {
        Cursor::is_live(&**self)
    }
}
