//! Header fields that the table of a message shows beside those of its head, because people ask for them.

crate::verdict::purpose::enumerated! {
    /// A header field with words of its own.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[allow(missing_docs)]
    pub enum HeaderField {
        ReturnPath,
        DeliveredTo,
        Received,
        AuthenticationResults,
        OriginatingIp,
        Sender,
        Bcc,
        InReplyTo,
        References,
        UserAgent,
        AutoSubmitted,
        ListId,
        ListUnsubscribe,
        Spam,
        Resent,
    }
}

impl HeaderField {
    /// By name, in any case.
    pub fn of(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Some(match name.as_str() {
            "return-path" => Self::ReturnPath,
            "delivered-to" | "envelope-to" | "x-original-to" | "x-envelope-to" => Self::DeliveredTo,
            "received" => Self::Received,
            "authentication-results" | "received-spf" => Self::AuthenticationResults,
            "x-originating-ip" | "x-sender-ip" | "x-client-ip" | "x-source-ip" => Self::OriginatingIp,
            "sender" | "x-sender" => Self::Sender,
            "bcc" => Self::Bcc,
            "in-reply-to" => Self::InReplyTo,
            "references" => Self::References,
            "user-agent" | "x-mailer" | "x-newsreader" => Self::UserAgent,
            "auto-submitted" | "precedence" => Self::AutoSubmitted,
            "list-id" => Self::ListId,
            "list-unsubscribe" => Self::ListUnsubscribe,
            "x-spam-status" | "x-spam-flag" | "x-spam-score" => Self::Spam,
            _ if name.starts_with("resent-") => Self::Resent,
            _ => return None,
        })
    }
}
