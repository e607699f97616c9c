/*!
The header of a classic libpcap file, and the flavours that its magic number and its version tell apart.

Sources: draft-ietf-opsawg-pcap, and what Wireshark's wiretap library and netsniff-ng read and write beyond it.
*/

use super::LinkType;

/// Bytes of the header that all flavours have.
pub(super) const HEADER_BYTES: usize = 24;
/// Record headers that a file of the usual magic numbers may have: libpcap's, those of Nokia IPSO, of Red Hat 6.1, and
/// of SuSE 6.3. These systems' patches of libpcap changed the records, and not always the magic number.
const USUAL_RECORDS: &[usize] = &[16, 20, 24, 28];
/// The same of the magic number that Alexey Kuznetzov gave to his longer records.
const MODIFIED_RECORDS: &[usize] = &[24, 28, 16, 20];
/// Link types of AIX (the ifType numbers of RFC 1573) and what they are in the registry: Ethernet, token ring, FDDI,
/// loopback.
const AIX_LINKS: [(u32, LinkType); 4] =
    [(6, LinkType::ETHERNET), (9, LinkType(6)), (15, LinkType(10)), (24, LinkType::NULL)];

/// What a magic number announces.
struct Magic {
    number: u32,
    nanoseconds: bool,
    /// Bytes of the file's header.
    header_bytes: usize,
    /// Bytes that a record's header may have, the likeliest first.
    record_headers: &'static [usize],
}

const fn magic(number: u32, nanoseconds: bool, header_bytes: usize, record_headers: &'static [usize]) -> Magic {
    Magic { number, nanoseconds, header_bytes, record_headers }
}

const MAGICS: [Magic; 6] = [
    magic(0xa1b2_c3d4, false, HEADER_BYTES, USUAL_RECORDS),
    magic(0xa1b2_3c4d, true, HEADER_BYTES, USUAL_RECORDS),
    magic(0xa1b2_cd34, false, HEADER_BYTES, MODIFIED_RECORDS),
    // netsniff-ng's own: source of the time, interface, protocol, hardware type and packet type follow the lengths.
    magic(0xa1e2_cb12, true, HEADER_BYTES, &[24]),
    // IXIA's hardware and software: the length of all records follows the header.
    magic(0x1c00_01ac, true, HEADER_BYTES + 4, &[16]),
    magic(0x1c00_01ab, false, HEADER_BYTES + 4, &[16]),
];

/// The header of a classic file.
pub(super) struct FileHeader {
    pub(super) big_endian: bool,
    pub(super) nanoseconds: bool,
    /// Bytes of it.
    pub(super) bytes: usize,
    /// Bytes that a record's header may have, the likeliest first.
    pub(super) record_headers: &'static [usize],
    pub(super) lengths: Lengths,
    pub(super) snaplen: u32,
    pub(super) link: LinkType,
}

/// In which order a record has the captured length and the length on the wire.
#[derive(Clone, Copy)]
pub(super) enum Lengths {
    /// The captured one first: since version 2.4.
    CapturedFirst,
    /// Either: some writers of version 2.3, and AIX. The captured length is never the longer one.
    ShorterIsCaptured,
    /// The captured one last: before version 2.3.
    CapturedLast,
}

/// The magic number that `beginning` has, and whether it is big-endian.
fn announced(beginning: &[u8]) -> Option<(&'static Magic, bool)> {
    let bytes = *beginning.first_chunk::<4>()?;
    MAGICS.iter().find_map(|magic| match magic.number {
        number if number == u32::from_be_bytes(bytes) => Some((magic, true)),
        number if number == u32::from_le_bytes(bytes) => Some((magic, false)),
        _ => None,
    })
}

/// True where `beginning` is that of a classic file.
pub(super) fn begins(beginning: &[u8]) -> bool {
    announced(beginning).is_some()
}

impl FileHeader {
    /// Reads the header that `data` begins with: [`HEADER_BYTES`] of it suffice. None where there are fewer.
    ///
    /// # Errors
    /// The version, where records of that version are not known.
    pub(super) fn parse(data: &[u8]) -> Option<Result<Self, String>> {
        let (magic, big_endian) = announced(data)?;
        let (fields, _) = data.first_chunk::<HEADER_BYTES>()?.as_chunks::<4>();
        let [_, version, _, _, snaplen, network] = *fields else { return None };
        let number = |bytes| if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        let [one, two, three, four] = version;
        let half = |bytes| if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
        let (major, minor) = (half([one, two]), half([three, four]));
        let mut header = Self {
            big_endian,
            nanoseconds: magic.nanoseconds,
            bytes: magic.header_bytes,
            record_headers: magic.record_headers,
            lengths: match (major, minor) {
                (2, 0..=2) => Lengths::CapturedLast,
                (2, 3) => Lengths::ShorterIsCaptured,
                // DG/UX wrote 543.0 into files that are otherwise of version 2.4.
                (2, _) | (543, 0) => Lengths::CapturedFirst,
                _ => return Some(Err(format!("pcap version {major}.{minor}"))),
            },
            snaplen: number(snaplen),
            // The upper bits describe a frame check sequence, which IP's own lengths exclude.
            link: LinkType((number(network) & 0xffff) as u16),
        };
        // AIX writes version 2.2, its own link types, and nanoseconds where microseconds are due.
        let aix = AIX_LINKS.iter().find(|(theirs, _)| *theirs == number(network));
        if let (Some((_, link)), (2, 2), 0xa1b2_c3d4) = (aix, (major, minor), magic.number) {
            header.link = *link;
            header.nanoseconds = true;
            header.lengths = Lengths::ShorterIsCaptured;
        }
        Some(Ok(header))
    }
}
