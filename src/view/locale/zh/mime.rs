//! MIME 说明。 MIME in words.

use crate::session::model::LineEnds;
use crate::view::locale::mime::{Encoding, Media, MimeFact};

pub fn fact(fact: MimeFact) -> &'static str {
    match fact {
        MimeFact::Version => "表示邮件采用 MIME 标准（RFC 2045），目前只有 1.0 版",
        MimeFact::Boundary => "分隔邮件各部分的边界字符串；其后再加“--”表示最后一部分结束",
        MimeFact::Charset => "说明文本的字节如何对应为字符",
        MimeFact::NoMime => "没有 MIME 字段：按 RFC 822 处理的纯文本",
        MimeFact::HeaderMissing => "首部或其一部分未抓到：不知道是否有 MIME 字段",
        MimeFact::HeaderUnfinished => "首部的结尾没有到来：不知道其后是否有 MIME 字段",
    }
}

pub fn media(media: Media) -> &'static str {
    match media {
        Media::TextPlain => "纯文本",
        Media::TextHtml => "网页格式的文本（HTML），可带字体、颜色和链接",
        Media::TextCalendar => "日程或会议邀请（iCalendar）",
        Media::TextCsv => "文本形式的表格（CSV）",
        Media::TextEnriched => "带简单格式的文本",
        Media::Text => "其他文本",
        Media::MultipartAlternative => "同一内容的几种表示形式，最后一种最丰富",
        Media::MultipartMixed => "依次排列的若干部分，例如正文和附件",
        Media::MultipartRelated => "相互关联的若干部分，例如网页及其图片",
        Media::MultipartReport => "邮件系统的报告，例如投递状态通知",
        Media::MultipartSigned => "内容及其数字签名",
        Media::MultipartEncrypted => "加密的内容及解密所需的信息",
        Media::MultipartDigest => "若干邮件的汇集",
        Media::MultipartParallel => "应同时显示的若干部分",
        Media::Multipart => "由若干部分组成",
        Media::MessageRfc822 => "嵌在本邮件中的另一封完整邮件，例如转发的邮件",
        Media::MessageDeliveryStatus => "供程序阅读的投递结果，逐个收件人列出",
        Media::MessageDispositionNotification => "阅读回执：邮件已被显示或删除",
        Media::MessagePartial => "分段发送的邮件中的一段",
        Media::MessageExternalBody => "指向存放在别处的内容",
        Media::Message => "其他形式的邮件",
        Media::Image => "图像",
        Media::Audio => "音频",
        Media::Video => "视频",
        Media::Font => "字体",
        Media::Model => "三维模型",
        Media::OctetStream => "未说明类型的文件",
        Media::Pdf => "PDF 文档",
        Media::Zip => "压缩文件",
        Media::OfficeDocument => "办公文档",
        Media::Tnef => "Outlook 专用的封装（winmail.dat），其他程序无法打开",
        Media::PkcsSigned => "用 S/MIME 签名或加密的内容",
        Media::PkcsSignature => "S/MIME 签名",
        Media::PgpSignature => "OpenPGP 签名",
        Media::PgpEncrypted => "OpenPGP 加密内容的标志",
        Media::Application => "供特定程序使用的文件",
        Media::Other => "标准中没有的类型",
    }
}

pub fn encoding(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::SevenBit => "不编码：7 位字符的短行文本",
        Encoding::EightBit => "不编码：含 8 位字节的短行文本",
        Encoding::Binary => "不编码：任意字节",
        Encoding::QuotedPrintable => "可打印字符照原样，其他字节写作 =XX",
        Encoding::Base64 => "任意字节用 64 个可打印字符表示，每 3 个字节编为 4 个字符",
        Encoding::Uuencode => "MIME 之前 Unix 上使用的编码",
        Encoding::Other => "标准中没有的编码",
    }
}

pub fn line_ends(ends: LineEnds) -> &'static str {
    match ends {
        LineEnds::CrLf => "每行以 CRLF 结束",
        LineEnds::Lf => "每行仅以 LF 结束（标准要求 CRLF）",
        LineEnds::Mixed => "有的行以 CRLF 结束，有的仅以 LF 结束（标准要求 CRLF）",
    }
}
