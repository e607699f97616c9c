//! What held a session up, as far as it is worth a look: a healthy session's heading has nothing of this.

use super::Options;
use crate::flow::{CloseReason, Side, Silence};
use crate::protocol::event::Kind;
use crate::session::model::{Phase, Session, Step};
use crate::verdict::budget;
use crate::view::locale::{self, Label};

/// The shortest time for which a closed window is worth a look: the shortest after which senders ask whether it has
/// opened.
const CLOSED_NANOSECONDS: i64 = 200_000_000;
/// The shortest silence that is worth a look.
const SILENCE_NANOSECONDS: i64 = 3_000_000_000;

/// The shortest session of which it is told where the time went: a second.
const SPENT_NANOSECONDS: i64 = 1_000_000_000;

/// Where the time of a session went that took its time; what held it up, as far as it is worth a look, and bytes that its streams do not have.
pub fn facts(options: &Options, session: &Session) -> Vec<(&'static str, String)> {
    let (lang, transport) = (options.lang, &session.transport);
    let counters = &transport.counters;
    let mut facts = Vec::new();
    let budget = budget::of(session);
    if budget.total() >= SPENT_NANOSECONDS {
        facts.push((options.label(Label::TimeSpent), locale::budget(lang, &budget).join("\n")));
    }
    let again = counters.all_sent_again();
    if again > 0 {
        facts.push((options.label(Label::SentAgain), locale::sent_again(lang, again, counters.needless)));
    }
    let windows: Vec<String> = transport
        .stalls
        .closed_windows
        .iter()
        .filter(|window| window.nanoseconds >= CLOSED_NANOSECONDS)
        .map(|window| locale::window_closed(lang, window))
        .collect();
    if !windows.is_empty() {
        facts.push((options.label(Label::WindowClosed), windows.join("\n")));
    }
    let silence = transport.stalls.silence.filter(|silence| {
        let stalls = again > 0 || !(idles(session, silence) || thinks(session, silence));
        silence.nanoseconds() >= SILENCE_NANOSECONDS && stalls
    });
    if let Some(silence) = silence {
        facts.push((options.label(Label::LongestSilence), locale::silence(lang, &silence)));
    }
    if counters.urgent > 0 {
        facts.push((options.label(Label::UrgentBytes), locale::urgent(lang, counters.urgent)));
    }
    facts
}

/// Whether a client waits for news in a silence: in IDLE (RFC 2177) a mailbox without news is silent for as long as it
/// likes.
fn idles(session: &Session, silence: &Silence) -> bool {
    let before = session.steps.iter().take_while(|step| step.packets.first() <= silence.from.packet);
    let last = before.filter(|step| step.from == Side::Client).last();
    last.is_some_and(|step| step.command.as_deref() == Some("IDLE"))
}

/// Whether a client takes its time in a silence, for its next command, in the middle of it, or to close the connection,
/// when it has been answered: a human who types, a program with other things to do. So do both ends when all is said.
fn thinks(session: &Session, silence: &Silence) -> bool {
    let mut before = None;
    for step in session.steps.iter().filter(|step| step.kind != Kind::Gap) {
        let answered = before.is_none_or(|step: &Step| step.from == Side::Server);
        if step.packets.last() >= silence.to.packet {
            return answered && matches!(step.kind, Kind::Command | Kind::Response);
        }
        before = Some(step);
    }
    let closes =
        silence.of == Some(Side::Client) && matches!(session.transport.end, CloseReason::Closed | CloseReason::Reset);
    before.is_some_and(|step| step.from == Side::Server && (closes || step.phase == Phase::Release))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Time;
    use crate::flow::PacketRef;
    use crate::protocol::Protocol;
    use crate::view::table::Style;
    use crate::view::testing::Talk;
    use crate::view::{Lang, Show};

    /// The names of the facts about `talk`, silent for ten seconds from packet `from` to packet `to`.
    fn told(talk: Talk, of: Option<Side>, from: u64, to: u64) -> Vec<&'static str> {
        let at = |packet, seconds: i64| PacketRef { packet, time: Time::from_microseconds(seconds * 1_000_000) };
        let mut session = talk.session;
        session.transport.stalls.silence = Some(Silence { of, from: at(from, 0), to: at(to, 10) });
        let style = Style { width: 80, colour: false };
        let (list, time) = (Default::default(), crate::view::clock::Clock::Utc);
        let options = Options { style, show: Show::ALL, list, lang: Lang::En, text_limit: 80, time };
        facts(&options, &session).into_iter().map(|(name, _)| name).collect()
    }

    /// Packets 4 to 8.
    fn talk() -> Talk {
        Talk::new(Protocol::Pop3).s("+OK ready").c("USER someone").s("+OK").c("STAT").s("+OK 0 0")
    }

    #[test]
    fn a_slow_answer_is_told() {
        assert_eq!(told(talk(), Some(Side::Server), 7, 8), ["Longest silence"]);
        assert_eq!(told(talk(), None, 7, 8), ["Longest silence"]);
        // The client goes on without it.
        assert_eq!(told(talk().c("NOOP").c("QUIT"), None, 9, 10), ["Longest silence"]);
    }

    #[test]
    fn a_client_that_takes_its_time_is_not() {
        assert_eq!(told(talk(), Some(Side::Client), 6, 7), [""; 0]);
        assert_eq!(told(talk(), Some(Side::Client), 8, 9), [""; 0], "it closes the connection");
        let released = talk().phase(Phase::Release).c("QUIT").s("+OK bye");
        assert_eq!(told(released, Some(Side::Server), 11, 12), [""; 0], "all is said");
        let idle = || Talk::new(Protocol::Imap).s("* OK").c("a IDLE").other(Side::Server, Kind::Continuation, "+", 3);
        assert_eq!(told(idle().s("* 1 EXISTS"), None, 6, 7), [""; 0], "no news");
    }

    #[test]
    fn but_it_is_where_content_stops_or_the_server_gives_up() {
        let content = talk().other(Side::Client, Kind::Data, "", 10);
        assert_eq!(told(content, Some(Side::Client), 8, 9), ["Longest silence"]);
        assert_eq!(told(talk().s("-ERR time is up"), None, 8, 9), ["Longest silence"]);
        let mut open = talk();
        open.session.transport.end = CloseReason::Open;
        assert_eq!(told(open, Some(Side::Client), 8, 9), ["Longest silence"]);
    }

    #[test]
    fn any_silence_is_told_where_segments_were_sent_again() {
        let mut again = talk();
        again.session.transport.counters.sent_again = 1;
        assert_eq!(told(again, Some(Side::Client), 6, 7), ["Sent again", "Longest silence"]);
    }
}
