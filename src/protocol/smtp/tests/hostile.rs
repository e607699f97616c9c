//! Arbitrary input: no panic, and no more steps than the input can stand for.

use super::*;
use crate::capture::Time;
use crate::flow::{PacketRef, Side};
use crate::protocol::channel::Stack;
use proptest::prelude::*;

#[test]
fn a_go_ahead_to_nothing_ends_half_a_line() {
    let told = smtp("S: 220 mx\nC| BDAT\nS: 354 go\nC| O\nC~ 1");
    assert_eq!(
        told.rows(),
        ["1 S Greeting 220 mx", "2 C Unknown BDAT", "3 S Continuation 354 go", "4 C Gap ", "5 C Data ",]
    );
    assert_eq!(messages(&told), ["? > : 1… unknown"]);

    let told = smtp("S: 220 mx\nC| c2VjcmV0\nS: 334 \nC: c2VjcmV0");
    assert_eq!(told.steps[1].secrets, ["c2VjcmV0"], "perhaps half a response");
}

/// What a side may do next.
#[derive(Debug, Clone)]
enum Act {
    Say(Side, Vec<u8>),
    Lose(Side, u64),
}

impl Act {
    fn is_about_tls(&self) -> bool {
        matches!(self, Self::Say(_, bytes) if bytes.starts_with(b"STARTTLS") || matches!(bytes.first(), Some(20..=23)))
    }
}

/// Pieces of real sessions and of nonsense: far likelier to meet each other in odd states than random bytes.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "EHLO a\r\n",
        "MAIL FROM:<a@x>\r\n",
        "RCPT TO:<b@y>\r\n",
        "DATA\r\n",
        "BDAT 5\r\n",
        "BDAT 5 LAST\r\n",
        "BDAT 0 LAST\r\n",
        "BDAT x\r\n",
        ".\r\n",
        ".\n",
        "\n.\n",
        "\r\n.\r\n",
        "text\r\n",
        "AUTH LOGIN\r\n",
        "AUTH PLAIN AGEAYg==\r\n",
        "YQ==\r\n",
        "*\r\n",
        "STARTTLS\r\n",
        "RSET\r\n",
        "QUIT\r\n",
        "220 x\r\n",
        "220-x\r\n",
        "250 x\r\n",
        "250-x\r\n",
        "354 go\r\n",
        "353 go\r\n",
        "334 YQ==\r\n",
        "235 in\r\n",
        "421 x\r\n",
        "503 x\r\n",
        "550 x\r\n",
        "\u{16}\u{3}\u{1}",
        "250",
        "\r\n",
    ]);
    prop_oneof![
        8 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..40),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let side = || prop_oneof![Just(Side::Client), Just(Side::Server)];
    prop_oneof![
        12 => (side(), piece()).prop_map(|(side, bytes)| Act::Say(side, bytes)),
        1 => (side(), 1u64..50).prop_map(|(side, missing)| Act::Lose(side, missing)),
    ]
}

fn play(flavour: Flavour, acts: &[Act], size: usize) -> Recorder {
    let mut dialogue = Stack::new(Dialogue::new(flavour));
    let mut told = Recorder::default();
    let mut packet = 0;
    let mut next = || {
        packet += 1;
        PacketRef { packet, time: Time::from_microseconds(packet as i64) }
    };
    for act in acts {
        match act {
            Act::Say(side, bytes) => {
                bytes.chunks(size).for_each(|piece| dialogue.data(*side, piece, next(), &mut told))
            }
            Act::Lose(side, missing) => dialogue.gap(*side, *missing, next(), &mut told),
        }
    }
    dialogue.end(&mut told);
    told
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// The recorder checks the order of what is reported; this test checks that messages end and have an outcome.
    #[test]
    fn nothing_breaks_it(acts in prop::collection::vec(act(), 0..60)) {
        for flavour in [Flavour::Smtp, Flavour::Lmtp] {
            let told = play(flavour, &acts, usize::MAX);
            let said: usize = acts.iter().map(|act| if let Act::Say(_, bytes) = act { bytes.len() } else { 1 }).sum();
            prop_assert!(told.steps.len() <= said + 1);
            for message in &told.messages {
                prop_assert!(message.complete.is_some() && message.outcome.is_some());
            }
        }
    }

    /// Where the packets' borders are makes no difference, as long as the two directions keep their order.
    #[test]
    fn pieces_change_nothing(acts in prop::collection::vec(act(), 0..30), size in 1usize..5) {
        // After STARTTLS the borders make a difference (between what was sent with it and TLS): `tls.rs` tests that.
        let acts: Vec<_> = acts.into_iter().filter(|act| !act.is_about_tls()).collect();
        let whole = play(Flavour::Smtp, &acts, usize::MAX);
        let cut = play(Flavour::Smtp, &acts, size);
        prop_assert_eq!(cut.rows(), whole.rows());
    }

    #[test]
    fn bytes_of_any_kind(client in prop::collection::vec(any::<u8>(), 0..300), server in prop::collection::vec(any::<u8>(), 0..300)) {
        let told = play(Flavour::Smtp, &[Act::Say(Side::Client, client.clone()), Act::Say(Side::Server, server.clone())], 7);
        prop_assert!(told.steps.len() <= client.len() + server.len() + 1);
    }
}
