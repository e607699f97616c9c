/*!
What lies between the connection and IMAP: nothing, TLS, or compression.

```text
         STARTTLS OK                 plain text after all (decrypted capture)
 Clear ───────────────▶ Tls ────────────────────────────────────────────────▶ Clear
   │   COMPRESS OK
   └──────────────────▶ Deflate
```
*/

use super::deflate::Inflater;
use super::talk::{Switch, Talk};
use crate::flow::{PacketRef, Side};
use crate::protocol::Sink;
use crate::protocol::framing::Input;
use crate::protocol::tls::{Observer, Outcome};

/// An IMAP connection, both directions.
#[derive(Debug, Default)]
pub struct Dialogue {
    layer: Layer,
    talk: Talk,
}

#[derive(Debug, Default)]
enum Layer {
    #[default]
    Clear,
    Tls(Box<Observer>),
    /// RFC 4978. Steps then give the sizes of what was said, which is not what crossed.
    Deflate(Box<[Inflater; 2]>),
}

impl Dialogue {
    /// A connection that is seen from its first byte, as far as anybody knows.
    pub fn new() -> Self {
        Self::default()
    }

    /// A connection whose beginning is known to be missing: the first line that the server is seen to say is no
    /// greeting.
    pub fn in_the_middle() -> Self {
        Self { layer: Layer::default(), talk: Talk::in_the_middle() }
    }

    fn switch(&mut self, to: Switch, out: &mut dyn Sink) {
        // Within a layer, another one is not spoken: what follows is read as it comes, and is likely to be unknown.
        if matches!(self.layer, Layer::Clear) {
            self.layer = match to {
                Switch::Tls => Layer::Tls(Box::new(Observer::after_starttls(out))),
                Switch::Deflate => Layer::Deflate(Box::default()),
            };
        }
    }
}

impl crate::protocol::Dialogue for Dialogue {
    fn data(&mut self, from: Side, bytes: &[u8], at: PacketRef, out: &mut dyn Sink) {
        let mut input = Input::new(bytes, at);
        while !input.is_empty() {
            match &mut self.layer {
                Layer::Clear => {
                    if let Some(switch) = self.talk.read(from, &mut input, out) {
                        self.switch(switch, out);
                    }
                }
                Layer::Tls(observer) => match observer.data(from, input.rest(), at, out) {
                    Outcome::Taken => return,
                    Outcome::Plain => self.layer = Layer::Clear,
                },
                Layer::Deflate(inflaters) => {
                    let talk = &mut self.talk;
                    inflaters[from as usize].inflate(&mut input, |plain| {
                        let mut plain = Input::new(plain, at);
                        while talk.read(from, &mut plain, out).is_some() {}
                    });
                }
            }
        }
    }

    fn gap(&mut self, from: Side, missing: u64, at: PacketRef, out: &mut dyn Sink) {
        match &mut self.layer {
            Layer::Clear => {
                if let Some(switch) = self.talk.gap(from, missing, at, out) {
                    self.switch(switch, out);
                }
            }
            Layer::Tls(observer) => {
                self.talk.tell_skipped(from, out);
                observer.gap(from, missing, at, out);
            }
            // What comes after a gap in it cannot be inflated.
            Layer::Deflate(inflaters) => {
                inflaters[from as usize].desynchronise();
                self.talk.cut(from, out);
                self.talk.tell_gap(from, missing, at, out);
            }
        }
    }

    fn end(&mut self, out: &mut dyn Sink) {
        match &mut self.layer {
            Layer::Clear => {}
            Layer::Tls(observer) => observer.end(out),
            Layer::Deflate(inflaters) => {
                for (inflater, from) in inflaters.iter_mut().zip([Side::Client, Side::Server]) {
                    inflater.tell(from, out);
                }
            }
        }
        self.talk.end(out);
    }
}
