//! MIME in words.

use crate::session::model::LineEnds;
use crate::view::locale::mime::{Encoding, Media, MimeFact};

pub fn fact(fact: MimeFact) -> &'static str {
    match fact {
        MimeFact::Version => "the message follows the MIME standard (RFC 2045); 1.0 is the only version there is",
        MimeFact::Boundary => {
            "the line that separates the parts of the message; with -- after it, it ends the last part"
        }
        MimeFact::Charset => "how the bytes of the text stand for characters",
        MimeFact::NoMime => "no MIME fields: plain text, as RFC 822 had it",
        MimeFact::HeaderMissing => {
            "the header is missing from the capture, or a part of it: whether there are MIME fields is not known"
        }
        MimeFact::HeaderUnfinished => {
            "the end of the header did not come: whether MIME fields were to follow is not known"
        }
    }
}

pub fn media(media: Media) -> &'static str {
    match media {
        Media::TextPlain => "plain text",
        Media::TextHtml => "text as a web page, with fonts, colours and links (HTML)",
        Media::TextCalendar => "an appointment or invitation (iCalendar)",
        Media::TextCsv => "a table as text (CSV)",
        Media::TextEnriched => "text with simple formatting",
        Media::Text => "text of another kind",
        Media::MultipartAlternative => "the same content in several forms, the last is the richest",
        Media::MultipartMixed => "several parts one after the other, such as a text and its attachments",
        Media::MultipartRelated => "parts that belong together, such as a web page and its pictures",
        Media::MultipartReport => "a report by a mail system, such as a delivery report",
        Media::MultipartSigned => "content and a digital signature of it",
        Media::MultipartEncrypted => "encrypted content and what is needed to decrypt it",
        Media::MultipartDigest => "a collection of messages",
        Media::MultipartParallel => "parts to be shown at the same time",
        Media::Multipart => "several parts",
        Media::MessageRfc822 => "a whole message inside this one, such as a forwarded mail",
        Media::MessageDeliveryStatus => "what became of a message, recipient by recipient, for programs to read",
        Media::MessageDispositionNotification => "a receipt: the message was shown or deleted",
        Media::MessagePartial => "a piece of a message that was sent in several",
        Media::MessageExternalBody => "a pointer to content that is kept elsewhere",
        Media::Message => "a message of another kind",
        Media::Image => "a picture",
        Media::Audio => "sound",
        Media::Video => "a film",
        Media::Font => "a font",
        Media::Model => "a three-dimensional model",
        Media::OctetStream => "a file of no stated kind",
        Media::Pdf => "a PDF document",
        Media::Zip => "compressed files",
        Media::OfficeDocument => "an office document",
        Media::Tnef => "Outlook's own container (winmail.dat), which other programs cannot open",
        Media::PkcsSigned => "content signed or encrypted by S/MIME",
        Media::PkcsSignature => "an S/MIME signature",
        Media::PgpSignature => "an OpenPGP signature",
        Media::PgpEncrypted => "the marker of content encrypted by OpenPGP",
        Media::Application => "a file for a particular program",
        Media::Other => "content of a kind that has no name in the standard",
    }
}

pub fn encoding(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::SevenBit => "as it is: 7-bit text in short lines",
        Encoding::EightBit => "as it is: text in short lines, with bytes above 127",
        Encoding::Binary => "as it is: any bytes",
        Encoding::QuotedPrintable => "readable text in which other bytes are written =XX",
        Encoding::Base64 => "any bytes, written in 64 letters and digits: three bytes in four characters",
        Encoding::Uuencode => "any bytes, written as Unix did before MIME",
        Encoding::Other => "an encoding that is not in the standard",
    }
}

pub fn line_ends(ends: LineEnds) -> &'static str {
    match ends {
        LineEnds::CrLf => "each line ends with CRLF",
        LineEnds::Lf => "each line ends with LF alone (the standard wants CRLF)",
        LineEnds::Mixed => "some lines end with CRLF, some with LF alone (the standard wants CRLF)",
    }
}
