/*!
A conversation as bytes. Five values that mail hardly uses stand between what is said, so that any bytes are a
conversation, and a fuzzer that inserts, cuts or joins makes another one:

| byte | what follows |
|---|---|
| `F8`, `F9` | a packet of the client, of the server |
| `FA n n`, `FB n n` | a gap in what the client, the server sent: n + 1 bytes, big-endian; 65,535 stands for 2³¹ |
| `FC b` | the byte `b` itself, whatever it is |

What comes before the first of them is said by the server.
*/

use mailtap::capture::Time;
use mailtap::flow::{PacketRef, Side};
use mailtap::protocol::Sink;
use mailtap::protocol::channel::Stack;

/// One packet's worth of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Bytes, at least one.
    Data(Side, Vec<u8>),
    /// That many bytes are missing.
    Gap(Side, u64),
}

const CLIENT: u8 = 0xf8;
const SERVER: u8 = 0xf9;
const CLIENT_GAP: u8 = 0xfa;
const SERVER_GAP: u8 = 0xfb;
const ITSELF: u8 = 0xfc;

/// The conversation that `bytes` stand for.
pub fn read(bytes: &[u8]) -> Vec<Turn> {
    let mut turns = Vec::new();
    let mut said = Vec::new();
    let mut side = Side::Server;
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        let next = match byte {
            CLIENT | CLIENT_GAP => Side::Client,
            SERVER | SERVER_GAP => Side::Server,
            ITSELF => {
                said.extend(rest.next());
                continue;
            }
            _ => {
                said.push(byte);
                continue;
            }
        };
        if !said.is_empty() {
            turns.push(Turn::Data(side, std::mem::take(&mut said)));
        }
        side = next;
        if matches!(byte, CLIENT_GAP | SERVER_GAP) {
            let missing = u64::from(rest.next().unwrap_or(0)) << 8 | u64::from(rest.next().unwrap_or(0));
            turns.push(Turn::Gap(side, if missing == 0xffff { 1 << 31 } else { missing + 1 }));
        }
    }
    if !said.is_empty() {
        turns.push(Turn::Data(side, said));
    }
    turns
}

/// The bytes that stand for a conversation.
pub fn write(turns: &[Turn]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for turn in turns {
        match turn {
            Turn::Data(side, said) => {
                bytes.push(if *side == Side::Client { CLIENT } else { SERVER });
                for &byte in said {
                    if matches!(byte, CLIENT..=ITSELF) {
                        bytes.push(ITSELF);
                    }
                    bytes.push(byte);
                }
            }
            Turn::Gap(side, missing) => {
                bytes.push(if *side == Side::Client { CLIENT_GAP } else { SERVER_GAP });
                let missing = u16::try_from(missing.saturating_sub(1)).unwrap_or(u16::MAX);
                bytes.extend_from_slice(&missing.to_be_bytes());
            }
        }
    }
    bytes
}

/// The packet with that number, a millisecond after the one before.
pub fn at(packet: u64) -> PacketRef {
    PacketRef { packet, time: Time::from_microseconds(packet as i64 * 1_000) }
}

/// Plays a conversation to a dialogue and its layers, to its end.
pub fn play(turns: &[Turn], stack: &mut Stack, out: &mut dyn Sink) {
    for (packet, turn) in (1..).zip(turns) {
        match turn {
            Turn::Data(side, bytes) => stack.data(*side, bytes, at(packet), out),
            Turn::Gap(side, missing) => stack.gap(*side, *missing, at(packet), out),
        }
    }
    stack.end(out);
}
