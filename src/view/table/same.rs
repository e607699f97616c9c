/*!
The list of messages that are the same: the closing table that names each message's equals in both directions.

A session is written as soon as it is over. What later session carries its message again is not known then, so the
message itself names the earlier ones alone.
*/

use super::listing::KEPT;
use super::{Options, heading};
use crate::protocol::event::MessageId;
use crate::session::model::{Match, Session};
use crate::view::locale::{self, Label};
use std::collections::HashMap;
use std::io::{self, Write};

/// Most messages named in one line.
const NAMED: usize = 16;

type Place = (u64, MessageId);

/// Messages that are the same, in the order in which the first of them were seen again.
#[derive(Debug, Default)]
pub struct Same {
    groups: Vec<Group>,
    /// The group of each message.
    places: HashMap<Place, usize>,
    left_out: u64,
}

#[derive(Debug)]
struct Group {
    first: Place,
    /// The others, and how each matches.
    again: Vec<(Place, Match)>,
    more: u64,
}

impl Same {
    /// Adds the messages of a session that is over.
    pub fn add(&mut self, session: &Session) {
        for message in &session.messages {
            let Some(same) = message.same_as.first() else { continue };
            let (earlier, this) = ((same.session, same.message), (session.id, message.n));
            if self.places.len() >= KEPT {
                self.left_out += 1;
                continue;
            }
            let groups = &mut self.groups;
            let group = *self.places.entry(earlier).or_insert_with(|| {
                groups.push(Group { first: earlier, again: Vec::new(), more: 0 });
                groups.len() - 1
            });
            self.places.insert(this, group);
            let Some(group) = self.groups.get_mut(group) else { continue };
            match group.again.len() < NAMED {
                true => group.again.push((this, same.by)),
                false => group.more += 1,
            }
        }
    }

    /// Writes the list, if there is anything in it.
    pub fn write(&self, out: &mut dyn Write, options: &Options) -> io::Result<()> {
        if self.groups.is_empty() {
            return Ok(());
        }
        heading::title(out, options.style, options.label(Label::SameMessages))?;
        let named = |(session, message): Place| {
            let (of, number) = (options.label(Label::Session), options.label(Label::Message));
            format!("{of} {session}{}{number} {message}", options.comma())
        };
        for Group { first, again, more } in &self.groups {
            let mut line = named(*first);
            for (place, by) in again {
                line = format!("{line} = {} – {}", named(*place), locale::matched(options.lang, *by));
            }
            if *more > 0 {
                line = format!("{line} = … +{more}");
            }
            heading::paragraph(out, options.style, &line)?;
        }
        match self.left_out {
            0 => Ok(()),
            left_out => writeln!(out, " … +{left_out}"),
        }
    }
}
