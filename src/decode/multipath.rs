//! The options of Multipath TCP (RFC 8684, section 3; version 0: RFC 6824) in a TCP header.

/// What a TCP header says of Multipath TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MultipathOptions {
    /// The connection may have further subflows.
    pub capable: Option<Capable>,
    /// This SYN asks to join the connection with this token, which the receiver chose.
    pub join: Option<u32>,
    /// It is of the handshake that follows such a SYN.
    pub joins: bool,
    /// Where the payload stands in the connection's data.
    pub signal: Option<DataSignal>,
    /// The whole connection ends at once.
    pub fast_close: bool,
}

/// MP_CAPABLE (section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capable {
    /// The version of Multipath TCP: 0 or 1.
    pub version: u8,
    /// The sender's key.
    pub sender: Option<u64>,
    /// The receiver's key.
    pub receiver: Option<u64>,
    /// Length of the payload, which begins the sender's data.
    pub data: Option<u16>,
}

/// DSS, a data sequence signal (section 3.3). Of numbers of 64 bits, the lower half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DataSignal {
    /// The data that the sender has received up to this number.
    pub acknowledgement: Option<u32>,
    /// The same with all its 64 bits, where the option has them.
    pub long_acknowledgement: Option<u64>,
    /// Where the payload stands.
    pub mapping: Option<Mapping>,
    /// The sender's data ends with this mapping, of which the end takes one number (DATA_FIN).
    pub fin: bool,
}

/// Which data a stretch of a subflow carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    /// The data sequence number of its first byte.
    pub data: u32,
    /// The same with all its 64 bits, where the option has them.
    pub long: Option<u64>,
    /// The subflow sequence number of its first byte, counted from the SYN. 0 for an end without data.
    pub subflow: u32,
    /// Its length in bytes; 0 for all that follows (section 3.7).
    pub length: u16,
}

/// The number of the option (IANA).
const KIND: u8 = 30;

/// Whether `options`, all those of a header, may hold one of Multipath TCP.
pub(super) fn is_among(options: &[u8]) -> bool {
    // Most segments carry a time stamp and nothing else.
    let usual = options.is_empty() || (options.len() == 12 && options.starts_with(&[1, 1, 8, 10]));
    !usual && each(options).next().is_some()
}

impl MultipathOptions {
    /// What `options`, all those of a header, say. One that makes no sense is passed over.
    pub fn read(options: &[u8]) -> Self {
        let mut all = Self::default();
        for option in each(options) {
            let Some(&first) = option.first() else { continue };
            match first >> 4 {
                0 => all.capable = capable(option),
                // The answers to a SYN that joins are longer, and hold no token.
                1 if option.len() == 10 => all.join = number(option, 2, 4).map(|token| token as u32),
                1 => all.joins = true,
                2 => all.signal = signal(option),
                7 => all.fast_close = true,
                _ => {}
            }
        }
        all
    }
}

/// The contents of the options of Multipath TCP, from the subtype on.
fn each(mut options: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        loop {
            match options {
                [] | [0, ..] => return None,
                [1, rest @ ..] => options = rest,
                [kind, length, ..] => {
                    let length = usize::from(*length);
                    let option = options.get(2..length)?;
                    options = options.get(length..)?;
                    if *kind == KIND {
                        return Some(option);
                    }
                }
                [_] => return None,
            }
        }
    })
}

fn capable(option: &[u8]) -> Option<Capable> {
    let version = option.first()? & 0x0f;
    Some(Capable {
        version,
        sender: number(option, 2, 8),
        receiver: number(option, 10, 8),
        data: number(option, 18, 2).map(|length| length as u16),
    })
}

fn signal(option: &[u8]) -> Option<DataSignal> {
    let flags = *option.get(1)?;
    let width = |long: u8| if flags & long == 0 { 4 } else { 8 };
    let long = flags & 0x08 != 0;
    let mut at = 2;
    let mut take = |bytes: usize| {
        let taken = number(option, at, bytes);
        at += bytes;
        taken
    };
    let acknowledgement = if flags & 0x01 != 0 { Some(take(width(0x02))?) } else { None };
    let mapping = if flags & 0x04 != 0 {
        let data = take(width(0x08))?;
        let (subflow, length) = (take(4)? as u32, take(2)? as u16);
        Some(Mapping { data: data as u32, long: Some(data).filter(|_| long), subflow, length })
    } else {
        None
    };
    let long_acknowledgement = acknowledgement.filter(|_| flags & 0x02 != 0);
    let acknowledgement = acknowledgement.map(|number| number as u32);
    Some(DataSignal { acknowledgement, long_acknowledgement, mapping, fin: flags & 0x10 != 0 && mapping.is_some() })
}

/// The number of `bytes` octets at `at`.
fn number(option: &[u8], at: usize, bytes: usize) -> Option<u64> {
    let octets = option.get(at..at + bytes)?;
    Some(octets.iter().fold(0, |number, &octet| number << 8 | u64::from(octet)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tokens_and_mappings_are_read() {
        let mut options = vec![1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];
        assert!(!is_among(&options));
        options.extend([30, 12, 0x01, 0x81, 0, 0, 0, 0, 0, 0, 0, 7]);
        assert!(is_among(&options));
        let read = MultipathOptions::read(&options).capable.unwrap();
        assert_eq!((read.version, read.sender, read.receiver), (1, Some(7), None));
        let read = MultipathOptions::read(&[30, 12, 0x10, 1, 0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 0]);
        assert_eq!(read.join, Some(0xdead_beef));
        let long = [
            &[30, 28, 0x20, 0x1f][..],
            &[1, 1, 1, 1, 0, 0, 0, 5],
            &[2, 2, 2, 2, 0, 0, 0, 6],
            &[0, 0, 0, 9, 0, 3, 0, 0],
        ];
        let mut short = [&[30, 18, 0x20, 0x15][..], &[0, 0, 0, 5], &[0, 0, 0, 6], &[0, 0, 0, 9], &[0, 3]].concat();
        let signal = |long_acknowledgement, long| {
            let mapping = Some(Mapping { data: 6, long, subflow: 9, length: 3 });
            Some(DataSignal { acknowledgement: Some(5), long_acknowledgement, mapping, fin: true })
        };
        assert_eq!(
            MultipathOptions::read(&long.concat()).signal,
            signal(Some(0x0101_0101_0000_0005), Some(0x0202_0202_0000_0006))
        );
        assert_eq!(MultipathOptions::read(&short).signal, signal(None, None));
        short[1] = 16;
        assert_eq!(MultipathOptions::read(&short).signal, None, "two octets short");
    }

    #[test]
    fn what_makes_no_sense_is_passed_over() {
        for options in [&[30][..], &[30, 0], &[30, 1], &[30, 2], &[30, 40, 1], &[8, 0, 30, 12], &[30, 4, 0x20, 0x1f]] {
            assert_eq!(MultipathOptions::read(options), MultipathOptions::default());
        }
    }
}
