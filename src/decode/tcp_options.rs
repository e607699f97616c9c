//! The options of a TCP header, as far as they are of interest.

/// What the options say (RFC 9293, section 3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TcpOptions {
    /// The sender's timestamp (RFC 7323, section 3.2).
    pub timestamp: Option<u32>,
    /// Sequence numbers, first and past the last, of bytes that came twice (RFC 2883).
    pub received_twice: Option<[u32; 2]>,
}

impl TcpOptions {
    /// Reads the options of a header with this acknowledgement number. Stops where they make no sense.
    pub(super) fn read(mut options: &[u8], acknowledgement: Option<u32>) -> Self {
        const END: u8 = 0;
        const PADDING: u8 = 1;
        const SELECTIVE_ACKNOWLEDGEMENT: u8 = 5;
        const TIMESTAMPS: u8 = 8;
        // Most segments carry a timestamp and nothing else, as RFC 7323, appendix A, lays it out.
        if let &[PADDING, PADDING, TIMESTAMPS, 10, a, b, c, d, _, _, _, _] = options {
            return Self { timestamp: Some(u32::from_be_bytes([a, b, c, d])), received_twice: None };
        }
        let mut read = Self::default();
        while let [kind, rest @ ..] = options {
            options = match (*kind, rest) {
                (END, _) => break,
                (PADDING, rest) => rest,
                (kind, [length, content @ ..]) => {
                    let Some((content, next)) =
                        usize::from(*length).checked_sub(2).and_then(|l| content.split_at_checked(l))
                    else {
                        break;
                    };
                    match (kind, content) {
                        (TIMESTAMPS, &[a, b, c, d, ..]) => read.timestamp = Some(u32::from_be_bytes([a, b, c, d])),
                        (SELECTIVE_ACKNOWLEDGEMENT, blocks) => {
                            read.received_twice = acknowledgement.and_then(|number| received_twice(blocks, number));
                        }
                        _ => {}
                    }
                    next
                }
                (_, []) => break,
            };
        }
        read
    }
}

/// The first block tells of a duplicate where it is acknowledged already, or where the second contains it (RFC 2883,
/// section 4).
fn received_twice(blocks: &[u8], acknowledgement: u32) -> Option<[u32; 2]> {
    let mut blocks = blocks.chunks_exact(8).map(|block| match *block {
        [a, b, c, d, e, f, g, h] => [u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])],
        _ => [0; 2],
    });
    let [first, end] = blocks.next()?;
    let up_to = |one: u32, other: u32| other.wrapping_sub(one) as i32 >= 0;
    let repeated = up_to(end, acknowledgement)
        || blocks.next().is_some_and(|[from, until]| up_to(from, first) && up_to(end, until));
    repeated.then_some([first, end])
}

#[cfg(test)]
mod tests {
    use super::TcpOptions;

    fn block(from: u32, until: u32) -> Vec<u8> {
        [from.to_be_bytes(), until.to_be_bytes()].concat()
    }

    fn selective(blocks: &[Vec<u8>]) -> Vec<u8> {
        let blocks = blocks.concat();
        [vec![1, 1, 5, blocks.len() as u8 + 2], blocks].concat()
    }

    #[test]
    fn timestamps_stand_behind_options_that_are_not_known() {
        // MPTCP is kind 30.
        let options = [vec![30, 4, 0, 1, 1, 1, 8, 10], 77_u32.to_be_bytes().to_vec(), vec![0; 4]].concat();
        assert_eq!(TcpOptions::read(&options, None).timestamp, Some(77));
    }

    #[test]
    fn a_block_that_is_acknowledged_came_twice() {
        let read = |blocks: &[Vec<u8>], number| TcpOptions::read(&selective(blocks), Some(number)).received_twice;
        assert_eq!(read(&[block(500, 600)], 900), Some([500, 600]));
        assert_eq!(read(&[block(u32::MAX - 9, 4)], 5), Some([u32::MAX - 9, 4]));
        // An ordinary block is ahead of the acknowledgement.
        assert_eq!(read(&[block(1000, 1100)], 900), None);
        assert_eq!(read(&[block(1000, 1100), block(900, 2000)], 800), Some([1000, 1100]));
        assert_eq!(read(&[block(1000, 1100), block(2000, 3000)], 800), None);
    }

    #[test]
    fn options_that_make_no_sense_end_the_reading() {
        for options in [&[8_u8][..], &[8, 0], &[8, 1, 0], &[5, 200, 1], &[0, 8, 10, 0, 0, 0, 1], &[5, 2], &[8, 3, 1]] {
            assert_eq!(TcpOptions::read(options, Some(1)), TcpOptions::default());
        }
    }
}
