//! 首部字段说明。 Header fields in words.

use crate::view::locale::header_field::HeaderField;

pub fn header_field(field: HeaderField) -> &'static str {
    match field {
        HeaderField::ReturnPath => "退信地址，由最后投递的服务器写入",
        HeaderField::DeliveredTo => "实际投递到的地址",
        HeaderField::Received => {
            "途经的一台服务器；每台都把自己的一行加在最上面，因此最下面的一行最早。只有可信服务器写入的行才可靠"
        }
        HeaderField::AuthenticationResults => "服务器核查发件人的结果（SPF、DKIM、DMARC）",
        HeaderField::OriginatingIp => "第一台服务器看到的发件地点",
        HeaderField::Sender => "实际发送者（与作者不同时）",
        HeaderField::Bcc => "密送收件人，其他收件人不应看到",
        HeaderField::InReplyTo => "本邮件所回复的邮件",
        HeaderField::References => "此前往来的邮件",
        HeaderField::UserAgent => "撰写邮件的程序（程序自称）",
        HeaderField::AutoSubmitted => "由程序发出，不应自动回复",
        HeaderField::ListId => "所经过的邮件列表",
        HeaderField::ListUnsubscribe => "退订邮件列表的方法",
        HeaderField::Spam => "垃圾邮件过滤器的判断",
        HeaderField::Resent => "由收件人原样转发",
    }
}
