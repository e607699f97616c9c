//! A key log, cut in two where its first byte says: the same as a whole, and no more than it has room for. The same bytes
//! as private keys.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtap::protocol::tls::key_log::{Entry, KeyLog, entries};
use mailtap::protocol::tls::key_ring::KeyRing;
use mailtap::protocol::tls::keys::{KeySource, Keys};
use mailtap::protocol::tls::private_key::PrivateKeys;

fuzz_target!(|data: &[u8]| {
    let Some((&cut, text)) = data.split_first() else { return };
    let whole = entries(text);
    let (mut log, mut pieces) = (KeyLog::default(), Vec::new());
    let (first, second) = text.split_at(usize::from(cut).min(text.len()));
    for piece in [first, second] {
        log.read(piece, &mut |entry| pieces.push(entry));
    }
    log.finish(&mut |entry| pieces.push(entry));
    assert_eq!(whole, pieces, "the same in pieces");
    let told: usize = whole
        .iter()
        .map(|entry| match entry {
            Entry::Connection { random, secret, .. } => random.len() + secret.reveal().len(),
            Entry::Encrypted { beginning, secret } => beginning.len() + secret.reveal().len(),
            Entry::Session { id, secret } => id.len() + secret.reveal().len(),
        })
        .sum();
    assert!(2 * told <= text.len(), "two digits a byte");

    let ring = KeyRing::default();
    let left_out = ring.add(text, KeySource::SecretsBlock, 2);
    assert!(left_out <= whole.len() as u64);
    for entry in &whole {
        if let Entry::Connection { random, .. } = entry {
            assert!(ring.of(random, 1).is_none(), "not known before its packet");
            assert!(left_out > 0 || ring.of(random, 2).is_some());
        }
    }
    let mut keys = PrivateKeys::default();
    if keys.add(text).is_err() {
        assert!(keys.is_empty());
    }
});
