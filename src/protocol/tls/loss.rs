//! What one direction of a TLS connection has lost, and when.

/// What a period of the connection is protected by (RFC 8446, section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epoch {
    /// Early data.
    Early,
    /// The rest of the handshake, in TLS 1.3.
    Handshake,
    /// What comes after Finished in TLS 1.3.
    Application,
    /// What comes after ChangeCipherSpec, up to TLS 1.2.
    Cipher,
}

/// Records that could not be opened since one was.
#[derive(Debug, Default)]
pub struct Loss {
    /// Bytes of them, headers included, as far as it is known.
    pub bytes: u64,
    /// How many of them are not in the capture.
    pub missing: u64,
    /// How many headers were seen of them.
    pub records: u64,
    /// Records whose headers were not seen may be among them.
    pub unbounded: bool,
    /// Records that failed to open since.
    pub failures: u32,
    /// The keys in use when it began.
    pub epoch: Option<Epoch>,
    /// KeyUpdate messages among it.
    pub updates: u64,
}

impl Loss {
    /// A record proves that `records` were lost before it.
    pub fn place_is_known(&mut self, records: u64) {
        (self.records, self.unbounded, self.failures) = (records, false, 0);
    }
}

/// What is not in the capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// Nothing.
    Nothing,
    /// So many bytes of content, or a few less: padding is not known.
    Content(u64),
    /// So many bytes of TLS's own messages, and no content.
    Messages(u64),
}
