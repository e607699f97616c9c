//! Header fields in words.

use crate::view::locale::header_field::HeaderField;

pub fn header_field(field: HeaderField) -> &'static str {
    match field {
        HeaderField::ReturnPath => "where bounces go: written by the server that delivered the message",
        HeaderField::DeliveredTo => "the address that it was delivered to",
        HeaderField::Received => {
            "a server on the way; each puts its line on top, so the lowest is the oldest. Only those of servers that you trust are \
             sure"
        }
        HeaderField::AuthenticationResults => "what a server found when it checked the sender (SPF, DKIM, DMARC)",
        HeaderField::OriginatingIp => "where the message was written, as the first server saw it",
        HeaderField::Sender => "who really sent it, where that is not the author",
        HeaderField::Bcc => "recipients that the others should not see",
        HeaderField::InReplyTo => "the message that this one answers",
        HeaderField::References => "the messages of the conversation so far",
        HeaderField::UserAgent => "the program that wrote it, as that says itself",
        HeaderField::AutoSubmitted => "sent by a program: no automatic answer is wanted",
        HeaderField::ListId => "the mailing list that it came through",
        HeaderField::ListUnsubscribe => "how to leave the mailing list",
        HeaderField::Spam => "the judgement of a spam filter",
        HeaderField::Resent => "sent again by a reader, unchanged",
    }
}
