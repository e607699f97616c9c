//! IMAP's responses.

/// A status response's word (RFC 3501, section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Status {
    Ok,
    No,
    Bad,
    Preauth,
    Bye,
}

/// A response code (RFC 3501, section 7.1; RFC 5530).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Code {
    Alert,
    BadCharset,
    Capability,
    Parse,
    PermanentFlags,
    ReadOnly,
    ReadWrite,
    TryCreate,
    UidNext,
    UidValidity,
    Unseen,
    AppendUid,
    CopyUid,
    UidNotSticky,
    HighestModseq,
    NoModseq,
    Modified,
    Closed,
    AuthenticationFailed,
    AuthorizationFailed,
    Expired,
    PrivacyRequired,
    ContactAdmin,
    NoPerm,
    InUse,
    ExpungeIssued,
    Corruption,
    ServerBug,
    ClientBug,
    Cannot,
    Limit,
    OverQuota,
    AlreadyExists,
    NonExistent,
    Unavailable,
    /// A code that is none of these.
    Other,
}

/// An untagged response's kind (RFC 3501, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Untagged {
    /// `* OK` with its code.
    Ok(Option<Code>),
    /// `* NO` with its code.
    No(Option<Code>),
    /// `* BAD` with its code.
    Bad(Option<Code>),
    Bye,
    Preauth,
    Capability,
    List,
    Lsub,
    Status,
    Search,
    Sort,
    Thread,
    Flags,
    Exists,
    Recent,
    Expunge,
    Vanished,
    Fetch,
    Namespace,
    Id,
    Enabled,
    Quota,
    Acl,
    Metadata,
    /// A response that is none of these.
    Other,
}
