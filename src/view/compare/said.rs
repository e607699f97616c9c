//! What rows and summary say, for tables and Markdown: plain text, safe for a terminal.

use super::Compared;
use crate::flow::Side;
use crate::protocol::event::{Channel, Kind};
use crate::session::model::{Session, Step};
use crate::verdict::compare::{Hand, How, Outcome, Piece, Quiet, Row, What, pieces};
use crate::verdict::purpose::purpose;
use crate::view::locale::compared::{Parting, Quotes, Word};
use crate::view::locale::{self, compare as words};
use crate::view::table::numbers;
use crate::view::{Lang, escape};

/// Characters of a text that is quoted in a sentence, or stands in a row that is the same on both sides.
const QUOTED: usize = 100;
/// Characters of an equal stretch between differences that are shown.
const EQUAL: usize = 48;
/// Characters of a stretch that differs.
const DIFFERENT: usize = 400;
/// Characters of a row in all.
const SHOWN: usize = 2_000;

/// The sign of a row, and its word in the legend.
pub fn sign(how: &How) -> (&'static str, Word) {
    match how {
        How::Same => ("=", Word::Same),
        How::Quiet(_) => ("~", Word::Quiet),
        How::Differs(_) => ("!=", Word::Differs),
        How::Only(Hand::Left) => ("<", Word::OnlyLeft),
        How::Only(Hand::Right) => (">", Word::OnlyRight),
        How::Unseen(..) => ("?", Word::Unseen),
    }
}

impl<'a> Compared<'a> {
    /// The steps of a row.
    pub fn steps(&self, row: &Row) -> [Option<&'a Step>; 2] {
        let [left, right] = self.sessions;
        [row.left.and_then(|at| left.steps.get(at)), row.right.and_then(|at| right.steps.get(at))]
    }

    /// Number and packets of a step: the packets where the row is not quiet.
    pub fn number(&self, row: &Row, step: Option<&Step>) -> String {
        let Some(step) = step else { return "–".to_owned() };
        match row.how {
            How::Same | How::Quiet(_) => step.n.to_string(),
            _ => format!("{}\n({})", step.n, numbers(step)),
        }
    }

    /// Who speaks.
    pub fn who(&self, row: &Row) -> &'static str {
        let step = self.steps(row).into_iter().flatten().next();
        locale::side(self.lang, step.map_or(Side::Client, |step| step.from))
    }

    /// What a row says: the text, with what differs marked, and on a line of its own what that is.
    pub fn said(&self, row: &Row) -> String {
        let [left, right] = self.steps(row);
        let [ours, theirs] = [(self.sessions[0], left), (self.sessions[1], right)]
            .map(|(session, step)| step.map(|step| self.text(session, step)).unwrap_or_default());
        let note = |note: &str| match self.lang {
            Lang::En => format!("({note})"),
            Lang::Zh => format!("（{note}）"),
        };
        match &row.how {
            How::Same => short(&ours, QUOTED),
            How::Only(_) => short(if left.is_some() { &ours } else { &theirs }, SHOWN),
            How::Unseen(_, why) => {
                let text = short(if left.is_some() { &ours } else { &theirs }, QUOTED);
                format!("{text}\n{}", note(words::why(self.lang, *why)))
            }
            How::Quiet(Quiet::NotCompared | Quiet::Further) if ours == theirs => short(&ours, QUOTED),
            How::Quiet(quiet) => format!("{}\n{}", marked(&ours, &theirs), note(words::quiet(self.lang, *quiet))),
            How::Differs(what @ What::Content(changed)) => {
                let mut text = words::what(self.lang, what);
                if let Some(place) = changed.place.as_ref().filter(|_| !self.masked) {
                    let [left, right] = place.quoted.each_ref().map(|quoted| escape::line(quoted).into_owned());
                    text = format!("{text}\n{}", marked(&left, &right));
                }
                text
            }
            How::Differs(what) => format!("{}\n{}", marked(&ours, &theirs), note(&words::what(self.lang, what))),
        }
    }

    /// A step's text, or what it is where it has none.
    pub fn text(&self, session: &Session, step: &Step) -> String {
        if step.text_omitted {
            return format!("({})", locale::label(self.lang, locale::Label::TextOmitted));
        }
        if matches!(step.kind, Kind::Data | Kind::Tls | Kind::Gap) || step.text.is_empty() {
            return locale::row(self.lang, &purpose(session, step), step.bytes, step.carries().as_ref())
                .unwrap_or_else(|| format!("({})", locale::kind(self.lang, step.kind)));
        }
        escape::block(&step.text).into_owned()
    }

    /// The comparison in a few sentences, and the bounds that cost something in either session.
    pub fn summary(&self) -> String {
        let mut told = vec![self.outcome()];
        let hides =
            |session: &Session| !session.tls.decrypted && session.steps.iter().any(|step| step.channel == Channel::Tls);
        if self.sessions.into_iter().any(hides) {
            told.push(words::word(self.lang, Word::Hidden).to_owned());
        }
        for (session, hand) in self.sessions.into_iter().zip([Word::Left, Word::Right]) {
            let hand = words::word(self.lang, hand);
            let limits = session.limits_hit.iter();
            told.extend(limits.map(|(limit, count)| match self.lang {
                Lang::En => format!("{hand}: {count} {}.", locale::limit(self.lang, limit)),
                Lang::Zh => format!("{hand}：{} {count}。", locale::limit(self.lang, limit)),
            }));
        }
        told.join(if self.lang == Lang::En { " " } else { "" })
    }

    fn outcome(&self) -> String {
        let comparison = self.comparison;
        let parting = comparison.parting.and_then(|at| Some((at, comparison.rows.get(at)?)));
        let Some((at, row)) = parting else { return words::same_process(self.lang, &comparison.tally) };
        let mut steps = self.steps(row);
        if let How::Only(_) = row.how {
            // What the other side does instead, if the same end speaks there next.
            let rest = comparison.rows.get(at..).unwrap_or_default();
            let alone = rest.iter().take_while(|row| matches!(row.how, How::Only(_)));
            let other = alone.map(|row| self.steps(row)).find(|[left, right]| match steps {
                [Some(_), _] => right.is_some(),
                _ => left.is_some(),
            });
            let [left, right] = other.unwrap_or_default();
            let speaker = steps.iter().flatten().next().map(|step| step.from);
            let same = |step: Option<&'a Step>| step.filter(|step| Some(step.from) == speaker);
            steps = [steps[0].or(same(left)), steps[1].or(same(right))];
        }
        let [left, right] = steps;
        let packets = steps.map(|step| step.map(|step| (step.n, numbers(step))));
        let [ours, theirs] = packets.each_ref().map(|at| at.as_ref().map(|(n, packets)| (*n, packets.as_str())));
        let place = words::place(self.lang, ours, theirs);
        let quoted = |hand: usize, step: Option<&Step>| {
            let session = self.sessions.get(hand).copied();
            let text = session.zip(step).map(|(session, step)| self.text(session, step)).unwrap_or_default();
            short(&text, QUOTED)
        };
        let (ours, theirs) = (quoted(0, left), quoted(1, right));
        let said = Quotes { left: &ours, right: &theirs };
        let from = left.or(right).map_or(Side::Client, |step| step.from);
        let asked = left.and_then(|step| self.sessions[0].answered(step));
        let to = match (asked, left.map(|step| step.kind)) {
            (Some(asked), _) if asked.kind == Kind::Data => Some(words::word(self.lang, Word::TheMessage).to_owned()),
            (Some(asked), _) => asked.command.as_deref().map(|to| escape::line(to).into_owned()),
            (None, Some(Kind::Greeting)) => Some(words::word(self.lang, Word::TheConnection).to_owned()),
            _ => None,
        };
        let parting = match (&row.how, left, right) {
            (How::Differs(What::Outcome), Some(one), Some(other)) => match &to {
                Some(to) => Parting::Outcome { to, outcomes: [Outcome::of(one), Outcome::of(other)], said },
                None => Parting::Instead { from, said, overwritten: false },
            },
            (how, Some(one), Some(other)) => {
                let overwritten = *how == How::Differs(What::Overwritten);
                // Of several lines, the one that differs.
                let lines = [one, other].map(|step| step.text.lines());
                let [ours, theirs] = lines;
                let line = ours.zip(theirs).find(|(one, other)| overwritten && one != other);
                let line = line.map(|(one, other)| [one, other].map(|line| short(&escape::line(line), QUOTED)));
                return self.with_counts(match &line {
                    Some([left, right]) => {
                        let said = Quotes { left, right };
                        words::parting(self.lang, &place, Parting::Instead { from, said, overwritten })
                    }
                    None => words::parting(self.lang, &place, Parting::Instead { from, said, overwritten }),
                });
            }
            (_, Some(_), None) => Parting::Only { hand: Hand::Left, from, said: &ours },
            _ => Parting::Only { hand: Hand::Right, from, said: &theirs },
        };
        self.with_counts(words::parting(self.lang, &place, parting))
    }

    fn with_counts(&self, parting: String) -> String {
        let mut told = vec![parting, words::counts(self.lang, &self.comparison.tally)];
        told.extend(self.comparison.within.map(|hand| words::within(self.lang, hand)));
        told.join(if self.lang == Lang::En { " " } else { "" })
    }
}

/// The first line, cut at `limit` characters.
fn short(text: &str, limit: usize) -> String {
    let first = match limit {
        QUOTED => text.lines().next().unwrap_or_default(),
        _ => text,
    };
    let (shown, cut) = escape::cut(first, limit);
    let more = cut || shown.len() < text.trim_end().len();
    format!("{shown}{}", if more { " …" } else { "" })
}

/// Both texts in one: `[-left-]{+right+}` where they differ. Of long stretches that are equal, the ends are shown.
fn marked(left: &str, right: &str) -> String {
    let parts = pieces(left, right);
    let last = parts.len().saturating_sub(1);
    let mut text = String::new();
    for (at, piece) in parts.into_iter().enumerate() {
        match piece {
            Piece::Same(same) => text.push_str(&ends(same, at > 0, at < last)),
            Piece::Left(left) => text.push_str(&format!("[-{}-]", cut(left))),
            Piece::Right(right) => text.push_str(&format!("{{+{}+}}", cut(right))),
        }
        if text.len() > SHOWN {
            text.push_str(" …");
            break;
        }
    }
    text
}

fn cut(text: &str) -> String {
    let (shown, cut) = escape::cut(text, DIFFERENT);
    format!("{shown}{}", if cut { "…" } else { "" })
}

/// An equal stretch: whole if it is short, otherwise as much of it as is near a difference.
fn ends(same: &str, behind: bool, before: bool) -> String {
    let count = same.chars().count();
    if count <= EQUAL {
        return same.to_owned();
    }
    let half = EQUAL / 2;
    let head: String = same.chars().take(half).collect();
    let tail: String = same.chars().skip(count - half).collect();
    match behind && !before {
        true => format!("{head} …"),
        false => format!("{head} … {tail}"),
    }
}
