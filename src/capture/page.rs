/*!
Where in a page of memory bytes read from a file are put.

The kernel holds files and pipes in pages, and copies them page by page. Some processors copy much more slowly to an
address a little behind the beginning of a page, which is where large allocations begin. On an AMD EPYC (Zen 4), read(2)
copies 2.2 GB/s to 1 to 15 bytes behind it, 4.8 GB/s to 16 to 31 bytes behind it, and 5.8 GB/s elsewhere. So each byte is
put as far into a page of memory as it is into a page of its stream: then whole pages are copied to whole pages.
*/

/// Bytes of a page of a file, and of memory on most systems; where these are larger they are a multiple of this.
pub(super) const PAGE_BYTES: usize = 4096;

/// How far into a page the byte at `offset` of a stream is.
pub(super) fn within_page(offset: u64) -> usize {
    (offset % PAGE_BYTES as u64) as usize
}

/// The first index of `buffer`, not below `from`, whose address is as far into a page as the byte at `offset` of a stream.
/// It is less than [`PAGE_BYTES`] above `from`.
///
/// It holds until `buffer` grows, which may move it.
pub(super) fn place(buffer: &[u8], from: usize, offset: u64) -> usize {
    let address = buffer.as_ptr().addr().wrapping_add(from);
    from + within_page(offset).wrapping_sub(address) % PAGE_BYTES
}

#[cfg(test)]
pub(super) mod testing {
    use super::PAGE_BYTES;
    use std::io::{self, Read};

    /// A stream that gives at most the next of `sizes` a read, over and over, and panics where its bytes are wanted at
    /// another place in a page than they have in the stream.
    pub(in crate::capture) struct Paged {
        pub(in crate::capture) stream: Vec<u8>,
        pub(in crate::capture) at: usize,
        pub(in crate::capture) sizes: std::iter::Cycle<std::vec::IntoIter<usize>>,
    }

    impl Read for Paged {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            assert!(!buffer.is_empty(), "no space is no end");
            assert_eq!(buffer.as_ptr().addr() % PAGE_BYTES, self.at % PAGE_BYTES, "at {}", self.at);
            let rest = &self.stream[self.at..];
            let count = rest.len().min(buffer.len()).min(self.sizes.next().unwrap());
            buffer[..count].copy_from_slice(&rest[..count]);
            self.at += count;
            Ok(count)
        }
    }

    /// Bytes that repeat at no power of two.
    pub(in crate::capture) fn stream(len: usize) -> Vec<u8> {
        (0..len).map(|number| (number % 251) as u8).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{PAGE_BYTES, place};

    #[test]
    fn a_place_is_the_first_that_fits() {
        let buffer = vec![0; 3 * PAGE_BYTES];
        for from in [0, 1, 17, PAGE_BYTES - 1, PAGE_BYTES, PAGE_BYTES + 1] {
            for offset in [0, 1, 16, 4_095, 4_096, 4_097, u64::MAX] {
                let place = place(&buffer, from, offset);
                assert!((from..from + PAGE_BYTES).contains(&place));
                assert_eq!(buffer[place..].as_ptr().addr() as u64 % 4_096, offset % 4_096);
            }
        }
    }
}
