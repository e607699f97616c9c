//! Enhanced status codes (RFC 3463, and IANA's registry of them): what the three numbers mean.

use super::enumerated;
use crate::protocol::smtp::Enhanced;

/// Declares [`Meaning`] with the table of registered codes (subject, detail, name), so that each is named once.
macro_rules! registered {
    ($($subject:literal $detail:literal $variant:ident,)*) => {
        enumerated! {
            /// What an enhanced status code says: its registered detail; else its subject; else its class.
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            #[allow(missing_docs)]
            pub enum Meaning {
                Success,
                TemporaryFailure,
                PermanentFailure,
                /// A class other than 2, 4 and 5.
                NoClass,
                $($variant),*
            }
        }

        /// The meaning of a registered subject and detail.
        fn registered(subject: u16, detail: u16) -> Option<Meaning> {
            match (subject, detail) {
                $(($subject, $detail) => Some(Meaning::$variant),)*
                _ => None,
            }
        }
    };
}

registered! {
    1 0 Address,
    1 1 NoSuchMailbox,
    1 2 NoSuchSystem,
    1 3 BadMailboxSyntax,
    1 4 AmbiguousMailbox,
    1 5 AddressValid,
    1 6 MailboxMoved,
    1 7 BadSenderSyntax,
    1 8 BadSenderSystem,
    1 9 RelayedToOldMailer,
    1 10 RecipientNullMx,
    2 0 Mailbox,
    2 1 MailboxDisabled,
    2 2 MailboxFull,
    2 3 TooLongForMailbox,
    2 4 ListExpansion,
    3 0 MailSystem,
    3 1 SystemFull,
    3 2 SystemNotAccepting,
    3 3 FeatureMissing,
    3 4 TooBigForSystem,
    3 5 Misconfigured,
    3 6 PriorityChanged,
    4 0 Network,
    4 1 NoAnswer,
    4 2 BadConnection,
    4 3 DirectoryFailure,
    4 4 NoRoute,
    4 5 Congestion,
    4 6 RoutingLoop,
    4 7 DeliveryTimeExpired,
    5 0 MailProtocol,
    5 1 InvalidCommand,
    5 2 SyntaxError,
    5 3 TooManyRecipients,
    5 4 InvalidArguments,
    5 5 WrongProtocolVersion,
    5 6 AuthLineTooLong,
    6 0 Media,
    6 1 MediaNotSupported,
    6 2 ConversionProhibited,
    6 3 ConversionNotSupported,
    6 4 ConvertedWithLoss,
    6 5 ConversionFailed,
    6 6 ContentNotAvailable,
    6 7 Utf8AddressNotPermitted,
    6 8 Utf8ReplyNotPermitted,
    6 9 Utf8HeaderNotTransferable,
    // Registered twice by mistake; deprecated in favour of X.6.8.
    6 10 Utf8ReplyNotPermittedOld,
    7 0 Security,
    7 1 NotAuthorized,
    7 2 ListExpansionProhibited,
    7 3 SecurityConversion,
    7 4 SecurityFeature,
    7 5 CryptographicFailure,
    7 6 AlgorithmNotSupported,
    7 7 IntegrityFailure,
    7 8 CredentialsInvalid,
    7 9 MechanismTooWeak,
    7 10 EncryptionNeeded,
    7 11 EncryptionRequiredForMechanism,
    7 12 PasswordTransition,
    7 13 AccountDisabled,
    7 14 TrustRequired,
    7 15 PriorityTooLow,
    7 16 TooBigForPriority,
    7 17 MailboxOwnerChanged,
    7 18 DomainOwnerChanged,
    7 19 OwnerTestIncomplete,
    7 20 NoDkimPassed,
    7 21 NoDkimAcceptable,
    7 22 NoDkimOfAuthor,
    7 23 SpfFailed,
    7 24 SpfError,
    7 25 ReverseDnsFailed,
    7 26 SeveralChecksFailed,
    7 27 SenderNullMx,
    7 28 MailFlood,
    7 29 ArcFailed,
    7 30 RequireTlsNeeded,
}

impl Meaning {
    /// What `code` means. For X.0.0 and unknown subjects it is the meaning of the class.
    pub fn of(code: Enhanced) -> Self {
        registered(code.subject, code.detail).or_else(|| registered(code.subject, 0)).unwrap_or(match code.class {
            2 => Self::Success,
            4 => Self::TemporaryFailure,
            5 => Self::PermanentFailure,
            _ => Self::NoClass,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The registry as of 2024-12-06: each subject has its details without a gap.
    #[test]
    fn every_registered_code_has_a_meaning_of_its_own() {
        for (subject, last) in [(1, 10), (2, 4), (3, 6), (4, 7), (5, 6), (6, 10), (7, 30)] {
            let own: std::collections::HashSet<_> = (0..=last).map(|detail| registered(subject, detail)).collect();
            assert_eq!(own.len(), last as usize + 1, "X.{subject}");
            assert!(!own.contains(&None), "X.{subject}");
            assert_eq!(registered(subject, last + 1), None, "X.{subject}");
        }
    }

    #[test]
    fn detail_then_subject_then_class() {
        let cases = [
            ((5, 1, 1), Meaning::NoSuchMailbox),
            ((4, 7, 30), Meaning::RequireTlsNeeded),
            ((5, 1, 10), Meaning::RecipientNullMx),
            ((4, 7, 1), Meaning::NotAuthorized),
            ((5, 1, 99), Meaning::Address),
            ((5, 7, 999), Meaning::Security),
            ((2, 0, 0), Meaning::Success),
            ((4, 0, 5), Meaning::TemporaryFailure),
            ((5, 8, 1), Meaning::PermanentFailure),
            ((3, 9, 1), Meaning::NoClass),
        ];
        for ((class, subject, detail), meaning) in cases {
            assert_eq!(Meaning::of(Enhanced { class, subject, detail }), meaning, "{class}.{subject}.{detail}");
        }
    }
}
