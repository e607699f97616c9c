//! The bounds of what is kept of one session: the first rows of the table.

/// Hands the rows to `$rest`, which adds those that come after them.
macro_rules! session_bounds {
    ($rest:ident) => {
        $rest! {
            /// Counts urgent bytes.
            UrgentBytes = "urgent_bytes" {
                /// Urgent bytes of one direction that are waited for at once.
                URGENT_BYTES: Count = 64, fuzzed 4;
            } hit {
                en: "urgent bytes were shown in the text, where more than {URGENT_BYTES} of one direction were to come",
                zh: "一个方向上等待的紧急数据超过 {URGENT_BYTES} 字节，之后的仍显示在正文中（字节数）",
            } readme {
                en: "{URGENT_BYTES} urgent bytes of one direction that are to come",
                zh: "一个方向上等待到来的紧急数据 {URGENT_BYTES} 字节",
            }

            /// Counts probes.
            ProbeAddresses = "probe_addresses" {
                /// Addresses of the clients of probes that are told apart.
                PROBE_ADDRESSES: Count = 10_000, fuzzed 4;
            } hit {
                en: "probes came from further addresses than the {PROBE_ADDRESSES} that were counted",
                zh: "探测连接来自已计的 {PROBE_ADDRESSES} 个地址之外的地址（连接数）",
            } readme {
                en: "{PROBE_ADDRESSES} addresses of probes that are counted",
                zh: "计入的探测来源地址 {PROBE_ADDRESSES} 个",
            }

            /// Counts lines.
            LineBytes = "line_bytes" {
                /// The longest line, in bytes, whose content is kept; the rest of a longer line is counted and passed over.
                LINE_BYTES: Bytes = 64 * 1024, fuzzed 512;
            } hit {
                en: "lines longer than {LINE_BYTES} were cut",
                zh: "超过 {LINE_BYTES} 的行被截断（行数）",
            } readme {
                en: "{LINE_BYTES} of a line",
                zh: "一行 {LINE_BYTES}",
            }

            /// Counts directions of connections.
            InflatedBytes = "inflated_bytes" {
                /// Bytes of one direction (COMPRESS=DEFLATE) that are inflated, however few came.
                INFLATE_FREE: Bytes = 16 * 1024 * 1024, fuzzed 2048;
                /// Bytes that are inflated besides for each byte that came. Text shrinks to a tenth, and blanks to a thousandth.
                INFLATE_RATIO: Count = 100, fuzzed 4;
            } hit {
                en: "directions of compressed connections grew to more than {INFLATE_FREE} and {INFLATE_RATIO} bytes for each that crossed, and were not read further",
                zh: "压缩连接中，一个方向解压后超过 {INFLATE_FREE} 外加传输字节数的 {INFLATE_RATIO} 倍，之后未读取（方向数）",
            } readme {
                en: "{INFLATE_FREE} inflated of one direction of a compressed connection, and {INFLATE_RATIO} bytes more for each that crossed",
                zh: "压缩连接的一个方向解压 {INFLATE_FREE}，外加传输字节数的 {INFLATE_RATIO} 倍",
            }

            /// Counts literals.
            EarlyLiterals = "early_literals" {
                /// Bytes that are kept of what an IMAP client sends of a literal before the server has asked for it. Of a longer
                /// one it is assumed that the server takes it.
                EARLY_LITERAL_BYTES: Bytes = 64 * 1024, fuzzed 512;
            } hit {
                en: "literals of more than {EARLY_LITERAL_BYTES} were read as such before the server had asked for them",
                zh: "客户未等服务器允许就发送的字面量超过 {EARLY_LITERAL_BYTES}，按已获允许处理（字面量数）",
            } readme {
                en: "{EARLY_LITERAL_BYTES} of an IMAP literal that comes before the server has asked for it",
                zh: "一个未等允许就发送的 IMAP 字面量 {EARLY_LITERAL_BYTES}",
            }

            /// Counts times that lines were taken for content.
            HeldBodies = "held_bodies" {
                /// Bytes that are kept of what an IMAP server sends after a line that looks like the end of a body before its
                /// announced octets have come. If more comes, all of it is taken for content.
                HELD_BODY_BYTES: Bytes = 64 * 1024, fuzzed 512;
            } hit {
                en: "times, more than {HELD_BODY_BYTES} followed lines that look like the end of a body, and were taken for content",
                zh: "形似正文结尾的行之后又有超过 {HELD_BODY_BYTES}，均按正文处理（次数）",
            } readme {
                en: "{HELD_BODY_BYTES} after lines in an IMAP body that look like its end",
                zh: "IMAP 正文中形似结尾的行之后 {HELD_BODY_BYTES}",
            }

            /// Counts packet numbers left out.
            PacketsPerStep = "packets_per_step" {
                /// Packet numbers kept for one line or piece of content; further ones are folded into the last.
                PACKETS_PER_STEP: Count = 65_536, fuzzed 8;
            } hit {
                en: "packet numbers were left out of steps that span more than {PACKETS_PER_STEP} packets",
                zh: "跨越超过 {PACKETS_PER_STEP} 个分组的步骤略去了部分分组序号（序号数）",
            } readme {
                en: "{PACKETS_PER_STEP} packet numbers of a step",
                zh: "一个步骤 {PACKETS_PER_STEP} 个分组序号",
            }

            /// Counts steps left out.
            StepsPerSession = "steps_per_session" {
                /// Steps kept for a session.
                STEPS_PER_SESSION: Count = 100_000, fuzzed 64;
            } hit {
                en: "steps were left out of sessions of more than {STEPS_PER_SESSION}",
                zh: "超过 {STEPS_PER_SESSION} 步的会话略去了后面的步骤（步骤数）",
            } readme {
                en: "{STEPS_PER_SESSION} steps of a session",
                zh: "一个会话 {STEPS_PER_SESSION} 个步骤",
            }

            /// Counts messages left out.
            MessagesPerSession = "messages_per_session" {
                /// Messages kept for a session.
                MESSAGES_PER_SESSION: Count = 20_000, fuzzed 6;
            } hit {
                en: "messages were left out of sessions of more than {MESSAGES_PER_SESSION}",
                zh: "邮件超过 {MESSAGES_PER_SESSION} 封的会话略去了后面的邮件（邮件数）",
            } readme {
                en: "{MESSAGES_PER_SESSION} messages of a session",
                zh: "一个会话 {MESSAGES_PER_SESSION} 封邮件",
            }

            /// Counts transactions left out.
            TransactionsPerSession = "transactions_per_session" {
                /// Mail transactions kept for a session.
                TRANSACTIONS_PER_SESSION: Count = 20_000, fuzzed 6;
            } hit {
                en: "mail transactions were left out of sessions of more than {TRANSACTIONS_PER_SESSION}",
                zh: "邮件事务超过 {TRANSACTIONS_PER_SESSION} 个的会话略去了后面的事务（事务数）",
            } readme {
                en: "{TRANSACTIONS_PER_SESSION} mail transactions of a session",
                zh: "一个会话 {TRANSACTIONS_PER_SESSION} 个邮件事务",
            }

            /// Counts attempts left out.
            CredentialsPerSession = "credentials_per_session" {
                /// Login attempts kept for a session.
                CREDENTIALS_PER_SESSION: Count = 10_000, fuzzed 4;
            } hit {
                en: "login attempts were left out of sessions of more than {CREDENTIALS_PER_SESSION}",
                zh: "登录超过 {CREDENTIALS_PER_SESSION} 次的会话略去了后面的登录（次数）",
            } readme {
                en: "{CREDENTIALS_PER_SESSION} attempts to log in, of a session",
                zh: "一个会话 {CREDENTIALS_PER_SESSION} 次登录",
            }

            /// Counts rounds whose payload is not kept.
            SaslRounds = "sasl_rounds" {
                /// Rounds of one SASL exchange whose payload is kept with the login attempt. No mechanism needs as many.
                SASL_ROUNDS: Count = 16, fuzzed 4;
            } hit {
                en: "challenges and responses of logins beyond the first {SASL_ROUNDS} were not kept",
                zh: "一次登录的质询和应答超过 {SASL_ROUNDS} 个，其余未保留（个数）",
            } readme {
                en: "{SASL_ROUNDS} challenges and responses of an attempt to log in, kept with it",
                zh: "一次登录保留 {SASL_ROUNDS} 个质询和应答",
            }

            /// Counts messages whose later header fields were not read.
            MessageBytes = "message_bytes" {
                /// Bytes of one message's header fields, with those of its parts, that are read.
                MESSAGE_BYTES: Bytes = 4 * 1024 * 1024, fuzzed 2048;
            } hit {
                en: "messages of more than {MESSAGE_BYTES} were described by their beginning alone",
                zh: "超过 {MESSAGE_BYTES} 的邮件只按其开头部分说明结构（邮件数）",
            } readme {
                en: "{MESSAGE_BYTES} of a message's header fields, and those of its parts; size and digests cover all of it",
                zh: "一封邮件及其各部分的首部共 {MESSAGE_BYTES}；大小和摘要不受此限",
            }

            /// Counts header fields left out.
            HeaderFields = "header_fields" {
                /// Fields of a message's header that are kept beside those with a meaning of their own.
                HEADER_FIELDS: Count = 500, fuzzed 3;
            } hit {
                en: "header fields were left out of messages that have more than {HEADER_FIELDS}",
                zh: "首部字段超过 {HEADER_FIELDS} 个的邮件略去了后面的字段（字段数）",
            } readme {
                en: "{HEADER_FIELDS} header fields of a message",
                zh: "一封邮件 {HEADER_FIELDS} 个首部字段",
            }

            /// Counts missing ranges that were folded into the one before.
            MissingRanges = "missing_ranges" {
                /// Ranges of missing content that are listed for one message.
                MISSING_RANGES: Count = 10_000, fuzzed 4;
            } hit {
                en: "missing stretches beyond {MISSING_RANGES} in one message were folded together",
                zh: "一封邮件中缺失的区段超过 {MISSING_RANGES} 处，其余合并计算（区段数）",
            } readme {
                en: "{MISSING_RANGES} holes in a message that are told apart",
                zh: "一封邮件中分别列出 {MISSING_RANGES} 个缺口",
            }

            /// Counts messages described in part.
            MimeStructure = "mime_structure" {
                /// Depth to which nested MIME parts are described.
                MIME_DEPTH: Count = 32, fuzzed 6;
                /// MIME parts described in one message.
                MIME_PARTS: Count = 2_000, fuzzed 16;
                /// Parameters read of one Content-Type or Content-Disposition.
                MIME_PARAMETERS: Count = 1_000, fuzzed 12;
            } hit {
                en: "messages of more than {MIME_PARTS} MIME parts, or nested deeper than {MIME_DEPTH}, were described in part",
                zh: "MIME 部分超过 {MIME_PARTS} 个或嵌套超过 {MIME_DEPTH} 层的邮件只说明了一部分（邮件数）",
            } readme {
                en: "{MIME_DEPTH} levels of nested parts",
                zh: "{MIME_DEPTH} 层嵌套",
            }

            /// Counts commands whose reply could not be recognised.
            CommandsInFlight = "commands_in_flight" {
                /// Commands in flight (sent, not yet answered) that a dialogue remembers.
                COMMANDS_IN_FLIGHT: Count = 4_096, fuzzed 12;
            } hit {
                en: "commands were sent while {COMMANDS_IN_FLIGHT} others waited for their reply, so that theirs could not be told",
                zh: "同时等待响应的命令超过 {COMMANDS_IN_FLIGHT} 条，无法判断其响应（命令数）",
            } readme {
                en: "{COMMANDS_IN_FLIGHT} commands without an answer",
                zh: "{COMMANDS_IN_FLIGHT} 条尚未得到响应的命令",
            }

            /// Counts unique-ids and marks that were not remembered.
            Maildrop = "maildrop" {
                /// Messages of a POP3 maildrop whose unique-id, and whose mark as deleted, are remembered.
                MAILDROP_MESSAGES: Count = 20_000, fuzzed 6;
            } hit {
                en: "unique identifiers or marks of POP3 messages were forgotten, beyond the first {MAILDROP_MESSAGES}",
                zh: "POP3 邮件的唯一标识或删除标记超过 {MAILDROP_MESSAGES} 个，其余未记录（个数）",
            } readme {
                en: "{MAILDROP_MESSAGES} messages of a POP3 mailbox whose unique identifiers are remembered",
                zh: "为一个 POP3 邮箱的 {MAILDROP_MESSAGES} 封邮件记住唯一标识",
            }

            /// Counts the times that partial fetches could not be put together, or may not have been.
            PartialFetches = "partial_fetches" {
                /// Messages of an IMAP session that are put together from partial fetches at once.
                PARTIAL_MESSAGES: Count = 16, fuzzed 3;
                /// Commands in flight that are searched for the one that asks for a piece of a message.
                PARTIAL_COMMANDS: Count = 64, fuzzed 4;
                /// Partial fetches that are remembered of one command.
                PARTIAL_ITEMS: Count = 16, fuzzed 3;
                /// Bytes of an IMAP session's partial fetches, and of headers, that wait for what belongs to them.
                PARTIAL_BYTES: Bytes = 1024 * 1024, fuzzed 64;
                /// Bytes of an IMAP session's texts that were fetched without their header, and wait for it.
                WAITING_TEXT_BYTES: Bytes = 1024 * 1024, fuzzed 64;
                /// Sizes of messages that an IMAP session remembers, to know when their partial fetches are complete.
                PARTIAL_SIZES: Count = 40_000, fuzzed 8;
            } hit {
                en: "partial fetches of IMAP messages were not put together: {PARTIAL_MESSAGES} messages under way at once, {PARTIAL_BYTES} waiting, or more than {PARTIAL_COMMANDS} commands asking for pieces, or {PARTIAL_ITEMS} pieces asked for by one",
                zh: "IMAP 分段获取的邮件未能拼合：同时进行的邮件超过 {PARTIAL_MESSAGES} 封，等待的数据超过 {PARTIAL_BYTES}，未完成的分段获取命令超过 {PARTIAL_COMMANDS} 条，或一条命令获取的分段超过 {PARTIAL_ITEMS} 个（次数）",
            } readme {
                en: "{PARTIAL_MESSAGES} messages of an IMAP session put together of pieces at once, {PARTIAL_BYTES} of pieces that wait for others, {PARTIAL_COMMANDS} commands that ask for pieces and {PARTIAL_ITEMS} pieces of each",
                zh: "一个 IMAP 会话同时拼合 {PARTIAL_MESSAGES} 封分段获取的邮件，等待的片段共 {PARTIAL_BYTES}，未完成的分段获取命令 {PARTIAL_COMMANDS} 条，每条 {PARTIAL_ITEMS} 个片段",
            }

            /// Counts descriptions of parts that were forgotten or too long.
            DescribedParts = "described_parts" {
                /// Parts of messages whose description (BODYSTRUCTURE) an IMAP session remembers, for those fetched later.
                DESCRIBED_PARTS: Count = 1_000, fuzzed 3;
                /// The longest description of one part.
                DESCRIBED_PART_BYTES: Bytes = 4 * 1024, fuzzed 64;
            } hit {
                en: "descriptions of attachments in IMAP's BODYSTRUCTURE were forgotten, of more than {DESCRIBED_PARTS} in a session or longer than {DESCRIBED_PART_BYTES}",
                zh: "IMAP 的 BODYSTRUCTURE 对附件的描述未全部保留：每个会话 {DESCRIBED_PARTS} 个，每个 {DESCRIBED_PART_BYTES}（个数）",
            } readme {
                en: "{DESCRIBED_PARTS} attachments of an IMAP session whose description is remembered until they are fetched",
                zh: "一个 IMAP 会话记住 {DESCRIBED_PARTS} 个附件的描述，直到附件被获取",
            }

            /// Counts recipients (and senders) left out, and messages whose header names more.
            Recipients = "recipients" {
                /// Recipients kept for one envelope, and mailboxes for one of a message's lists.
                RECIPIENTS: Count = 20_000, fuzzed 6;
                /// The longest path (address) kept of a MAIL or RCPT; RFC 5321, section 4.5.3.1.3, allows 256.
                PATH_BYTES: Bytes = 4 * 1024, fuzzed 64;
            } hit {
                en: "recipients were left out of envelopes of more than {RECIPIENTS}",
                zh: "收件人超过 {RECIPIENTS} 个的信封略去了后面的收件人（收件人数）",
            } readme {
                en: "{RECIPIENTS} recipients of a message",
                zh: "一封邮件 {RECIPIENTS} 个收件人",
            }
        }
    };
}
