//! SASL's mechanisms.

/// A mechanism whose payload is understood here, or [`Mechanism::Other`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Mechanism {
    /// RFC 4616.
    Plain,
    /// draft-murchison-sasl-login.
    Login,
    /// RFC 2195.
    CramMd5,
    /// The same with another hash: CRAM-SHA1, CRAM-SHA256 (Courier, Cyrus' clients).
    Cram,
    /// RFC 2831.
    DigestMd5,
    /// RFC 5802, 7677: any hash, with or without channel binding.
    Scram,
    /// MS-NLMP.
    Ntlm,
    /// RFC 4752, and the other wrappings of GSS-API and Kerberos.
    Gssapi,
    /// Google's bearer token.
    XOauth2,
    /// RFC 7628.
    OauthBearer,
    /// RFC 4422, appendix A.
    External,
    /// RFC 4505.
    Anonymous,
    /// Any other: its name is reported, its payload kept.
    Other,
}

impl Mechanism {
    /// The mechanism of this name, which is in upper case.
    pub fn named(name: &str) -> Self {
        match name {
            "PLAIN" => Self::Plain,
            "LOGIN" => Self::Login,
            "CRAM-MD5" => Self::CramMd5,
            "DIGEST-MD5" => Self::DigestMd5,
            "NTLM" => Self::Ntlm,
            "GSSAPI" | "GSS-SPNEGO" | "KERBEROS_V4" | "KERBEROS_V5" => Self::Gssapi,
            "XOAUTH2" => Self::XOauth2,
            "OAUTHBEARER" => Self::OauthBearer,
            "EXTERNAL" => Self::External,
            "ANONYMOUS" => Self::Anonymous,
            _ if name.starts_with("CRAM-") => Self::Cram,
            _ if name.starts_with("SCRAM-") || name == "SCRAM" => Self::Scram,
            _ if name.starts_with("GS2-") => Self::Gssapi,
            _ => Self::Other,
        }
    }

    /// True if `name`, in upper case, is that of a mechanism that is understood here.
    pub fn is_known(name: &str) -> bool {
        Self::named(name) != Self::Other
    }

    /// True if the login cannot succeed before the client has sent a response.
    pub(super) fn begins_with_client(self) -> bool {
        matches!(
            self,
            Self::Plain | Self::Login | Self::Scram | Self::Ntlm | Self::Gssapi | Self::XOauth2 | Self::OauthBearer
        )
    }

    /// True if a client's payload holds a password or a token, even when it is malformed.
    pub(super) fn carries_secrets(self) -> bool {
        matches!(self, Self::Plain | Self::Login | Self::XOauth2 | Self::OauthBearer | Self::Other)
    }
}
