//! IMAP's commands.

/// A command's verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Verb {
    Capability,
    Noop,
    Logout,
    StartTls,
    Authenticate,
    Login,
    Select,
    Examine,
    Create,
    Delete,
    Rename,
    Subscribe,
    Unsubscribe,
    List,
    Lsub,
    Status,
    Append,
    Check,
    Close,
    Unselect,
    Expunge,
    Search,
    Fetch,
    Store,
    Copy,
    Move,
    Sort,
    Thread,
    Idle,
    Namespace,
    Id,
    Enable,
    Compress,
    /// GETQUOTA, GETQUOTAROOT, SETQUOTA (RFC 9208).
    Quota,
    /// GETACL, SETACL, DELETEACL, LISTRIGHTS, MYRIGHTS (RFC 4314).
    Acl,
    /// GETMETADATA, SETMETADATA (RFC 5464).
    Metadata,
    Notify,
    /// A verb that is none of these.
    Other,
}
