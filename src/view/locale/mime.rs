//! MIME facts worth a word: which media types and encodings have an explanation.

crate::verdict::purpose::enumerated! {
    /// A media type with words of its own, or the top-level type of any other (RFC 2046, IANA's registry).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[allow(missing_docs)]
    pub enum Media {
        TextPlain,
        TextHtml,
        TextCalendar,
        TextCsv,
        TextEnriched,
        Text,
        MultipartAlternative,
        MultipartMixed,
        MultipartRelated,
        MultipartReport,
        MultipartSigned,
        MultipartEncrypted,
        MultipartDigest,
        MultipartParallel,
        Multipart,
        MessageRfc822,
        MessageDeliveryStatus,
        MessageDispositionNotification,
        MessagePartial,
        MessageExternalBody,
        Message,
        Image,
        Audio,
        Video,
        Font,
        Model,
        OctetStream,
        Pdf,
        Zip,
        OfficeDocument,
        Tnef,
        PkcsSigned,
        PkcsSignature,
        PgpSignature,
        PgpEncrypted,
        Application,
        Other,
    }
}

impl Media {
    /// By name, in any case, without parameters.
    pub fn of(name: &str) -> Self {
        let name = name.trim().to_ascii_lowercase();
        match name.as_str() {
            "text/plain" | "text" => Self::TextPlain,
            "text/html" => Self::TextHtml,
            "text/calendar" => Self::TextCalendar,
            "text/csv" => Self::TextCsv,
            "text/enriched" | "text/richtext" | "text/rtf" => Self::TextEnriched,
            "multipart/alternative" => Self::MultipartAlternative,
            "multipart/mixed" => Self::MultipartMixed,
            "multipart/related" => Self::MultipartRelated,
            "multipart/report" => Self::MultipartReport,
            "multipart/signed" => Self::MultipartSigned,
            "multipart/encrypted" => Self::MultipartEncrypted,
            "multipart/digest" => Self::MultipartDigest,
            "multipart/parallel" => Self::MultipartParallel,
            "message/rfc822" | "message/global" => Self::MessageRfc822,
            "message/delivery-status" => Self::MessageDeliveryStatus,
            "message/disposition-notification" => Self::MessageDispositionNotification,
            "message/partial" => Self::MessagePartial,
            "message/external-body" => Self::MessageExternalBody,
            "application/octet-stream" => Self::OctetStream,
            "application/pdf" => Self::Pdf,
            "application/zip" | "application/x-zip-compressed" | "application/gzip" | "application/x-gzip" => Self::Zip,
            "application/ms-tnef" | "application/vnd.ms-tnef" => Self::Tnef,
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => Self::PkcsSigned,
            "application/pkcs7-signature" | "application/x-pkcs7-signature" => Self::PkcsSignature,
            "application/pgp-signature" => Self::PgpSignature,
            "application/pgp-encrypted" => Self::PgpEncrypted,
            "application/msword" | "application/vnd.ms-excel" | "application/vnd.ms-powerpoint" => Self::OfficeDocument,
            _ if name.starts_with("application/vnd.openxmlformats-officedocument.")
                || name.starts_with("application/vnd.oasis.opendocument.") =>
            {
                Self::OfficeDocument
            }
            _ => match name.split('/').next().unwrap_or_default() {
                "text" => Self::Text,
                "multipart" => Self::Multipart,
                "message" => Self::Message,
                "image" => Self::Image,
                "audio" => Self::Audio,
                "video" => Self::Video,
                "font" => Self::Font,
                "model" => Self::Model,
                "application" => Self::Application,
                _ => Self::Other,
            },
        }
    }
}

crate::verdict::purpose::enumerated! {
    /// A Content-Transfer-Encoding (RFC 2045, section 6).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[allow(missing_docs)]
    pub enum Encoding {
        SevenBit,
        EightBit,
        Binary,
        QuotedPrintable,
        Base64,
        Uuencode,
        Other,
    }
}

impl Encoding {
    /// By name, in any case.
    pub fn of(name: &str) -> Self {
        match name.trim().to_ascii_lowercase().as_str() {
            "7bit" => Self::SevenBit,
            "8bit" => Self::EightBit,
            "binary" => Self::Binary,
            "quoted-printable" => Self::QuotedPrintable,
            "base64" => Self::Base64,
            "x-uuencode" | "uuencode" | "x-uue" => Self::Uuencode,
            _ => Self::Other,
        }
    }
}

crate::verdict::purpose::enumerated! {
    /// A fact about MIME that the table explains.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[allow(missing_docs)]
    pub enum MimeFact {
        Version,
        Boundary,
        Charset,
        /// A message without MIME fields.
        NoMime,
        HeaderMissing,
        HeaderUnfinished,
    }
}
