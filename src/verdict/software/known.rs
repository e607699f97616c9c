/*!
What the signatures have told before of the same traits: a program behaves in each session as in the last, and a capture has
thousands of them. Each thread remembers for itself.
*/

use super::signature::{Group, Signature};
use super::traits::Traits;
use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};

/// Places for what is remembered: traits that hash to one of them take it from those before.
const PLACES: usize = 128;
/// Bytes of the longest traits that are remembered.
const LONGEST: usize = 4_096;

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::new(Known::default());
}

struct Known {
    /// Random, so that no capture can choose traits that hash to one place.
    hash: RandomState,
    places: Vec<Option<Remembered>>,
}

struct Remembered {
    group: &'static Group,
    traits: Box<str>,
    /// Of each trait its place in the group, and where it ends.
    ends: Box<[(Option<usize>, usize)]>,
    fits: Option<&'static Signature>,
}

impl Default for Known {
    fn default() -> Self {
        Self { hash: RandomState::new(), places: (0..PLACES).map(|_| None).collect() }
    }
}

/// The signature of `group` that `traits` fit, as `tell` says: it is asked where that is not remembered.
pub fn fitting(
    group: &'static Group,
    traits: &Traits<'_>,
    tell: impl FnOnce() -> Option<&'static Signature>,
) -> Option<&'static Signature> {
    let text = traits.text();
    if text.len() > LONGEST {
        return tell();
    }
    KNOWN.with_borrow_mut(|Known { hash, places }| {
        let at = hash.hash_one(text) as usize % PLACES;
        let Some(place) = places.get_mut(at) else { return tell() };
        match place {
            Some(known)
                if std::ptr::eq(known.group, group)
                    && *known.traits == *text
                    && known.ends.iter().copied().eq(traits.ends()) =>
            {
                known.fits
            }
            _ => {
                let fits = tell();
                *place = Some(Remembered { group, traits: text.into(), ends: traits.ends().collect(), fits });
                fits
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::signature::group;
    use super::super::traits;
    use super::fitting;
    use crate::protocol::Protocol;
    use crate::verdict::Needs;
    use crate::verdict::testing::session;
    use std::cell::Cell;

    #[test]
    fn the_signatures_are_asked_once_for_the_same_traits_and_again_for_others() {
        let asked = Cell::new(0);
        let told = |protocol: Protocol, server: bool, script: &str| {
            let session = session(script, Needs::ALL);
            let group = group(protocol, server);
            let traits = match server {
                true => traits::of_server(&session, Some(group.names)),
                false => traits::of_client(&session, Some(group.names)),
            };
            let before = asked.get();
            let fits = fitting(group, &traits, || {
                asked.set(before + 1);
                group.signatures.get(before)
            });
            (asked.get() - before, fits.map(std::ptr::from_ref))
        };
        let script =
            |name: &str, after: &str| format!("S: 220 mx\nC: EHLO {name}\nS: 250 mx\n{after}C: QUIT\nS: 221 bye");
        let (first, fits) = told(Protocol::Smtp, false, &script("alpha", ""));
        assert_eq!(first, 1);
        // By shape, the name is the same.
        assert_eq!(told(Protocol::Smtp, false, &script("gamma", "")), (0, fits));
        assert_eq!(told(Protocol::Smtp, true, &script("alpha", "")).0, 1);
        assert_eq!(told(Protocol::Lmtp, false, &script("alpha", "")).0, 1);
        assert_eq!(told(Protocol::Smtp, false, &script("alpha", "C: NOOP\nS: 250 ok\n")).0, 1);
        assert_eq!(told(Protocol::Smtp, false, &script("alpha", &"C: XNOPE\nS: 500 no\n".repeat(2_000))).0, 1);
    }
}
