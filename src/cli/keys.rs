//! Options that bring in the secrets of TLS.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Clone, Default, Args)]
pub(super) struct KeyArgs {
    /// Read on inside TLS with the secrets in this key log, which a client writes where SSLKEYLOGFILE is set for it. May be
    /// repeated. Where the capture is still written, the key log may be too, and need not be there yet. Secrets in the
    /// capture itself (pcapng) are used without being asked for.
    #[arg(long = "keylog", value_name = "FILE")]
    key_logs: Vec<PathBuf>,
    /// Read on inside TLS with this private key of the server: RSA, in PEM, not encrypted. May be repeated. It serves where
    /// the RSA key exchange is used, as it was before TLS 1.3; with any other, only a key log does.
    #[arg(long = "tls-key", value_name = "FILE")]
    tls_keys: Vec<PathBuf>,
}

/// Files with secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyFiles {
    /// Key logs.
    pub logs: Vec<PathBuf>,
    /// Private keys of servers, in PEM.
    pub private: Vec<PathBuf>,
}

impl KeyFiles {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &PathBuf> {
        self.logs.iter().chain(&self.private)
    }
}

impl KeyArgs {
    pub(super) fn resolve(self) -> KeyFiles {
        KeyFiles { logs: self.key_logs, private: self.tls_keys }
    }

    /// The option that names standard input, if one does: that is for packets.
    pub(super) fn names_standard_input(&self) -> Option<&'static str> {
        let is_named = |files: &[PathBuf]| files.iter().any(|file| file.as_os_str() == "-");
        match (is_named(&self.key_logs), is_named(&self.tls_keys)) {
            (true, _) => Some("--keylog"),
            (false, true) => Some("--tls-key"),
            (false, false) => None,
        }
    }
}
