//! The bounds of what is kept of all sessions of a run, and of its files: the last rows of the table.

/// Makes the table of the rows `$before` and those below.
macro_rules! run_bounds {
    ($($before:tt)*) => {
        limits! {
            $($before)*

            /// Counts records that were forgotten, and findings and sessions left out.
            FindingsAcross = "findings_across" {
                /// Records of one kind (messages, logins, recipients, …) that an analysis over several sessions remembers.
                ACROSS_RECORDS: Count = 30_000, fuzzed 8;
                /// Findings that span sessions.
                FINDINGS_ACROSS: Count = 1_000, fuzzed 3;
                /// Sessions named as evidence of one of them.
                EVIDENCE_SESSIONS: Count = 32, fuzzed 3;
            } hit {
                en: "records of sessions were forgotten, or evidence left out, where several sessions are compared: {ACROSS_RECORDS} records of each kind, {FINDINGS_ACROSS} findings, {EVIDENCE_SESSIONS} sessions of each",
                zh: "比较多个会话时，有记录被舍弃或有证据未列出：每类记录 {ACROSS_RECORDS} 条，发现 {FINDINGS_ACROSS} 项，每项 {EVIDENCE_SESSIONS} 个会话（个数）",
            } readme {
                en: "{ACROSS_RECORDS} messages, logins, recipients each remembered to compare sessions; {FINDINGS_ACROSS} findings of several sessions, with {EVIDENCE_SESSIONS} sessions each",
                zh: "为比较多个会话而记住的邮件、登录、收件人各 {ACROSS_RECORDS} 条；跨会话的发现 {FINDINGS_ACROSS} 项，每项 {EVIDENCE_SESSIONS} 个会话",
            }

            /// Counts ways of messages, and hops of them, that are not listed.
            Journeys = "journeys" {
                /// Ways of messages that are listed.
                JOURNEYS: Count = 10_000, fuzzed 3;
                /// Hops of one message.
                JOURNEY_HOPS: Count = 32, fuzzed 3;
            } hit {
                en: "messages or hops were left out of the ways of messages: {JOURNEYS} ways, {JOURNEY_HOPS} hops of each",
                zh: "邮件路径中有邮件或环节未列出：{JOURNEYS} 条路径，每条 {JOURNEY_HOPS} 个环节（个数）",
            } readme {
                en: "{JOURNEYS} ways of messages, {JOURNEY_HOPS} hops of each",
                zh: "{JOURNEYS} 条邮件路径，每条 {JOURNEY_HOPS} 个环节",
            }

            /// Counts sessions that the page leaves out, or lists without what they open to, and steps left out of its tables.
            Page = "page" {
                /// Sessions that the page lists.
                PAGE_SESSIONS: Count = 5_000, fuzzed 4;
                /// Sessions of its timeline.
                PAGE_TIMELINE: Count = 200_000, fuzzed 8;
                /// Bytes of what its sessions open to, with their data.
                PAGE_BYTES: Bytes = 64 * 1024 * 1024, fuzzed 65536;
                /// Steps in the tables of one session of the page.
                PAGE_SESSION_STEPS: Count = 5_000, fuzzed 8;
            } hit {
                en: "sessions or steps were left out of the page: it lists {PAGE_SESSIONS} sessions, shows {PAGE_SESSION_STEPS} steps of each, and holds {PAGE_BYTES} of them",
                zh: "网页未列出的会话或步骤：最多列出 {PAGE_SESSIONS} 个会话，每个会话 {PAGE_SESSION_STEPS} 步，共 {PAGE_BYTES}（个数）",
            } readme {
                en: "page: {PAGE_SESSIONS} sessions, {PAGE_SESSION_STEPS} steps of each, {PAGE_BYTES} of details and data",
                zh: "网页：{PAGE_SESSIONS} 个会话，每个 {PAGE_SESSION_STEPS} 步，详情与数据共 {PAGE_BYTES}",
            }

            /// Counts messages for which not every other copy is named.
            SameAs = "same_as" {
                /// Messages that are remembered to recognise later copies.
                SAME_AS_MESSAGES: Count = 200_000, fuzzed 8;
                /// Other copies named for one message.
                SAME_AS_PER_MESSAGE: Count = 16, fuzzed 2;
            } hit {
                en: "messages of which not every other copy is named",
                zh: "未列出全部相同邮件的邮件（邮件数）",
            } readme {
                en: "{SAME_AS_MESSAGES} messages remembered, to be known again",
                zh: "为识别相同邮件而记住 {SAME_AS_MESSAGES} 封",
            }

            /// Counts handshake messages that were not read.
            TlsHandshakeBytes = "tls_handshake_bytes" {
                /// Bytes of one TLS handshake message that are kept to be read; a certificate chain has a few thousand.
                TLS_HANDSHAKE_BYTES: Bytes = 128 * 1024, fuzzed 2048;
            } hit {
                en: "TLS handshake messages of more than {TLS_HANDSHAKE_BYTES} were not read",
                zh: "超过 {TLS_HANDSHAKE_BYTES} 的 TLS 握手消息未读取（条数）",
            } readme {
                en: "{TLS_HANDSHAKE_BYTES} of a TLS handshake message",
                zh: "一个 TLS 握手报文 {TLS_HANDSHAKE_BYTES}",
            }

            /// Counts connections whose ciphertext waited for keys in vain.
            TlsWaitingBytes = "tls_waiting_bytes" {
                /// Bytes of a TLS connection that wait for its secrets, where these are written while it is read.
                TLS_WAITING_BYTES: Bytes = 256 * 1024, fuzzed 2048;
            } hit {
                en: "TLS connections sent more than {TLS_WAITING_BYTES} before their secrets came, and were not decrypted",
                zh: "在密钥到来之前已发送超过 {TLS_WAITING_BYTES} 的 TLS 连接未解密（条数）",
            } readme {
                en: "{TLS_WAITING_BYTES} of a TLS connection that wait for its secrets",
                zh: "一个 TLS 连接等待密钥的数据 {TLS_WAITING_BYTES}",
            }

            /// Counts directions of TLS connections of which no more was decrypted after a loss.
            TlsSearchBytes = "tls_search_bytes" {
                /// Bytes of records that are tried in vain, in one direction of a TLS connection.
                TLS_SEARCH_BYTES: Bytes = 32 * 1024 * 1024, fuzzed 65536;
                /// Records that may be missing between one that was opened and the next.
                TLS_SEARCH_RECORDS: Count = 4_096, fuzzed 16;
            } hit {
                en: "directions of TLS connections were not decrypted further: \
                     no record was found in {TLS_SEARCH_BYTES} of trials after a loss",
                zh: "丢失数据后尝试了 {TLS_SEARCH_BYTES} 仍未找到下一条记录，因而未继续解密的 TLS 方向（个数）",
            } readme {
                en: "{TLS_SEARCH_BYTES} of trials, and {TLS_SEARCH_RECORDS} records, to find the next TLS record after a loss",
                zh: "丢失数据后为找到下一条 TLS 记录最多尝试 {TLS_SEARCH_BYTES}、{TLS_SEARCH_RECORDS} 条记录",
            }

            /// Counts TLS sessions that were forgotten before the end.
            TlsSessions = "tls_sessions" {
                /// TLS sessions whose master secrets are remembered, in each shard, so that they are known when taken up again.
                TLS_SESSIONS: Count = 8_192, fuzzed 4;
            } hit {
                en: "decrypted TLS sessions were forgotten, so that one taken up again could not be known",
                zh: "已解密的 TLS 会话被遗忘，之后若被恢复则无法识别（个数）",
            } readme {
                en: "{TLS_SESSIONS} TLS sessions remembered, to read them when they are taken up again",
                zh: "为读取被恢复的 TLS 会话而记住 {TLS_SESSIONS} 个",
            }

            /// Counts connections closed before their end to make room.
            Connections = "connections" {
                /// Connections followed at once. One that does nothing but open costs about 350 bytes.
                CONNECTIONS: Count = 1 << 20, fuzzed 4;
                /// Of these, the connections that have carried data, or that began before the capture. One with a greeting
                /// costs about 3 KB, one with a login about 4 KB: [`MEMORY_BYTES`] bounds them sooner.
                SPEAKING_CONNECTIONS: Count = 1 << 18, fuzzed 3;
            } hit {
                en: "connections were given up before their end, to follow no more than {CONNECTIONS} at once, or {SPEAKING_CONNECTIONS} that say something, or no more than memory has room for (`--memory`)",
                zh: "同时跟踪的连接超过 {CONNECTIONS} 个，或其中有数据往来的超过 {SPEAKING_CONNECTIONS} 个，或内存（`--memory`）不够，提前放弃了一些连接（连接数）",
            } readme {
                en: "{CONNECTIONS} connections at once, of which {SPEAKING_CONNECTIONS} on which something was said; fewer where `memory` has no room for more (there is room for 100,000 logins under way)",
                zh: "同时 {CONNECTIONS} 个连接，其中 {SPEAKING_CONNECTIONS} 个已有数据往来；`memory` 不够时更少（够 100,000 个正在登录的连接）",
            }

            /// Counts the times that bytes were declared missing, or an order was given up, to make room.
            Waiting = "waiting" {
                /// Bytes of one direction of a connection that wait for something before them.
                WAITING_BYTES_PER_DIRECTION: Bytes = 4 * 1024 * 1024, fuzzed 8192;
                /// Segments of one direction of a connection that wait for something before them.
                WAITING_SEGMENTS_PER_DIRECTION: Count = 8_192, fuzzed 16;
                /// Bytes of all connections together that wait for something before them.
                WAITING_BYTES: Bytes = 256 * 1024 * 1024, fuzzed 12288;
            } hit {
                en: "times, bytes that waited for missing ones were given up on, to keep memory bounded",
                zh: "为限制内存占用，放弃等待尚未到达的数据（次数）",
            } readme {
                en: "{WAITING_BYTES} of all connections together that wait for something before them",
                zh: "所有连接等待前面数据的字节共 {WAITING_BYTES}",
            }

            /// Counts packets that stand so far out of time order that they came late.
            RecordOrder = "record_order" {
                /// Packets that are held so that packets out of time order in their file can be put in order.
                ORDER_PACKETS: Count = 8_192, fuzzed 16;
                /// Captured bytes that are held for the same.
                ORDER_BYTES: Bytes = 32 * 1024 * 1024, fuzzed 4096;
            } hit {
                en: "packets stood more than {ORDER_PACKETS} records out of time order in the file, and were read late",
                zh: "文件中的分组偏离时间顺序超过 {ORDER_PACKETS} 条记录，读取得较晚（分组数）",
            } readme {
                en: "{ORDER_PACKETS} packets or {ORDER_BYTES} that wait to be put in the order of their times",
                zh: "等待按时间排序的分组：{ORDER_PACKETS} 个或 {ORDER_BYTES}",
            }

            /// Counts connections that were left out.
            FileOrder = "file_order" {
                /// Connections of one file that are compared with those of others: those whose packets came last.
                FILE_ORDER_CONNECTIONS: Count = 65_536, fuzzed 16;
                /// The same of all files together: where there are more, each file has an equal share.
                FILE_ORDER_TOGETHER: Count = 1 << 19, fuzzed 32;
                /// Pairs of files in which connections are compared: connections in the most files are left out first.
                FILE_ORDER_PAIRS: Count = 500_000, fuzzed 16;
            } hit {
                en: "connections were left out where the order of files was looked for: {FILE_ORDER_CONNECTIONS} of each file are compared and {FILE_ORDER_TOGETHER} of all together, in {FILE_ORDER_PAIRS} pairs of files in all",
                zh: "确定文件先后顺序时未比较的连接：每个文件只比较 {FILE_ORDER_CONNECTIONS} 个，所有文件共 {FILE_ORDER_TOGETHER} 个，总共在 {FILE_ORDER_PAIRS} 对文件之间比较（连接数）",
            } readme {
                en: "{FILE_ORDER_CONNECTIONS} connections of each file, and {FILE_ORDER_TOGETHER} of all together, that are compared to find the order of files, in {FILE_ORDER_PAIRS} pairs of files in all",
                zh: "为确定文件先后顺序，每个文件比较 {FILE_ORDER_CONNECTIONS} 个连接，所有文件共 {FILE_ORDER_TOGETHER} 个，总共在 {FILE_ORDER_PAIRS} 对文件之间比较",
            }

            /// Counts extensions that were left out.
            Capabilities = "capabilities" {
                /// Extensions of one list that are kept: every command that is not known is looked for among them.
                CAPABILITIES: Count = 256, fuzzed 8;
            } hit {
                en: "extensions were left out of lists of more than {CAPABILITIES}",
                zh: "超过 {CAPABILITIES} 项的扩展列表略去了后面的项（项数）",
            } readme {
                en: "{CAPABILITIES} extensions of one list that a server announces",
                zh: "服务器一次宣布的扩展 {CAPABILITIES} 项",
            }

            /// Counts subflows that were alive when they were forgotten.
            Multipath = "multipath" {
                /// Subflows of Multipath TCP connections that are known at once.
                SUBFLOWS: Count = 8_192, fuzzed 8;
                /// Mappings of a direction of a subflow that are known at once.
                MAPPINGS_PER_SUBFLOW: Count = 64, fuzzed 4;
            } hit {
                en: "Multipath TCP subflows were forgotten, as more than {SUBFLOWS} were open at once",
                zh: "同时打开的多路径 TCP 子流超过 {SUBFLOWS} 条，部分已被遗忘（子流数）",
            } readme {
                en: "{SUBFLOWS} subflows of Multipath TCP, and {MAPPINGS_PER_SUBFLOW} mappings in each direction of one",
                zh: "多路径 TCP 子流 {SUBFLOWS} 条，每条每个方向 {MAPPINGS_PER_SUBFLOW} 个映射",
            }

            /// Counts files that have no entry of their own.
            FollowedFiles = "followed_files" {
                /// Files under one name that is followed (a ring, a log that is rotated) that are told apart.
                FOLLOWED_FILES: Count = 4_096, fuzzed 3;
            } hit {
                en: "files came under the name that is followed after the first {FOLLOWED_FILES}, and were counted as one with the last of those",
                zh: "被跟踪的文件名下的文件超过 {FOLLOWED_FILES} 个，之后的与最后一个合并计数（文件数）",
            } readme {
                en: "{FOLLOWED_FILES} files under the name that `--follow` follows that are told apart",
                zh: "`--follow` 跟踪的文件名下分别计数的文件 {FOLLOWED_FILES} 个",
            }

            /// Counts steps of a clock that are not told.
            ClockSteps = "clock_steps" {
                /// Places where the clock of a capture went back that are told of each file or interface.
                CLOCK_STEPS: Count = 64, fuzzed 4;
            } hit {
                en: "places where a capture's clock went back were not told",
                zh: "未列出抓包时钟回退的位置（次数）",
            } readme {
                en: "{CLOCK_STEPS} places told where a file's clock went back",
                zh: "每个文件列出 {CLOCK_STEPS} 处时钟回退",
            }

            /// Counts segments that repeated bytes which could not be compared any more.
            History = "history" {
                /// Bytes of all connections together that were delivered and are kept, to compare retransmissions with them.
                HISTORY_BYTES: Bytes = 64 * 1024 * 1024, fuzzed 4096;
            } hit {
                en: "segments sent again came too late to be compared with the first, to keep memory bounded",
                zh: "为限制内存占用，重传的报文段来得太晚，未与首次发送的内容比较（段数）",
            } readme {
                en: "{HISTORY_BYTES} of what was delivered, kept to hold retransmissions against it",
                zh: "为与重传比较而保留的已交付数据共 {HISTORY_BYTES}",
            }

            /// Counts connections that were passed over.
            ComeAgain = "come_again" {
                /// Seconds for which a connection that is over and comes again, number for number, is taken for a copy: of a capture
                /// elsewhere whose clock differs, say. Twice the maximum segment lifetime (RFC 9293, section 3.4.2).
                COPY_SECONDS: Count = 240, fuzzed 1;
            } hit {
                en: "connections came again within {COPY_SECONDS} seconds, number for number, and were passed over as copies: of another capture, or played again",
                zh: "在 {COPY_SECONDS} 秒内以完全相同的序号再次出现的连接，作为副本（来自另一处抓包或重放）略过（连接数）",
            } readme {
                en: "{COPY_SECONDS} seconds in which a connection that comes again, number for number, is taken for a copy (not with `live`)",
                zh: "以完全相同的序号再次出现的连接，{COPY_SECONDS} 秒内视为副本（`live` 除外）",
            }

            /// Counts steps whose text was let go of, and steps that were not kept.
            Memory = "memory" {
                /// What a run holds where `--memory` says nothing else: see [`super::Budget`].
                MEMORY_BYTES: Bytes = 512 * 1024 * 1024, fuzzed 1024 * 1024;
            } hit {
                en: "steps lost their text or were left out, to keep the memory of all open sessions bounded (`--memory`)",
                zh: "为限制所有未结束会话的内存占用（`--memory`），未保留文本或整个略去的步骤（步骤数）",
            } readme {
                en: "{MEMORY_BYTES} of memory for what is held at once; `--memory` changes it",
                zh: "同时保留的内容占内存 {MEMORY_BYTES}；可用 `--memory` 更改",
            }

            /// Counts sessions that are shown after others that began later.
            SessionOrder = "session_order" {
                /// Bytes of sessions that are over and wait to be shown after those that began before them, or until it is
                /// known whether those are mail: a share of the usual [`super::Budget`].
                WAITING_SESSION_BYTES: Bytes = 64 * 1024 * 1024, fuzzed 16384;
            } hit {
                en: "sessions stayed open so long that others which began later are shown first, to keep memory bounded",
                zh: "为限制内存占用，长时间未结束、排在更晚开始的会话之后显示的会话（会话数）",
            } readme {
                en: "{WAITING_SESSION_BYTES} of sessions that are over and wait to be shown after one that began before them",
                zh: "已结束、等待更早开始的会话先显示的会话，共 {WAITING_SESSION_BYTES}",
            }

            /// Counts sessions.
            RedactStrings = "redact_strings" {
                /// Strings that redaction searches for: those of all sessions that are over, and those of one session.
                REDACT_STRINGS: Count = 200_000, fuzzed 200;
                /// Bytes of these strings.
                REDACT_STRING_BYTES: Bytes = 16 * 1024 * 1024, fuzzed 16384;
                /// Bytes of sessions of a capture file that wait until the secrets of the sessions after them are known.
                REDACT_HELD: Bytes = 32 * 1024 * 1024, fuzzed 16384;
            } hit {
                en: "sessions are searched for a part of the capture's secrets only, outside the lines that they were sent in",
                zh: "隐去时，在机密所在行之外只查找了一部分机密的会话（会话数）",
            } readme {
                en: "{REDACT_STRINGS} forms of secrets, or {REDACT_STRING_BYTES} of them, that `--redact` searches for; {REDACT_HELD} of sessions in which it also searches for secrets of later sessions",
                zh: "`--redact` 查找的机密形式，共 {REDACT_STRINGS} 种或 {REDACT_STRING_BYTES}；会用之后会话的机密再查找的会话，共 {REDACT_HELD}",
            }

            /// Counts files.
            ExtractBytes = "extract_bytes" {
                /// MiB of the files that `--extract` writes, where nothing else is asked for.
                EXTRACT_MIB: Count = 10_240, fuzzed 1;
            } hit {
                en: "messages, attachments and transcripts were not written to files, for want of room in --extract-limit ({EXTRACT_MIB} MiB where it is not given)",
                zh: "因超出 --extract-limit（未指定时为 {EXTRACT_MIB} MiB）而没有存为文件的邮件、附件和对话记录（文件数）",
            } readme {
                en: "{EXTRACT_MIB} MiB of files that `--extract` writes, where `--extract-limit` does not say otherwise",
                zh: "`--extract` 写出的文件共 {EXTRACT_MIB} MiB（可用 `--extract-limit` 另行指定）",
            }

            /// Counts files.
            ExtractWaiting = "extract_waiting" {
                /// What content that waits for its session's turn may take, as a multiple of `--extract-limit`.
                EXTRACT_WAITING: Count = 2, fuzzed 2;
            } hit {
                en: "messages and attachments were not written to files, because content of sessions under way took {EXTRACT_WAITING} times --extract-limit",
                zh: "因进行中会话的内容达到 --extract-limit 的 {EXTRACT_WAITING} 倍而没有存为文件的邮件和附件（文件数）",
            } readme {
                en: "{EXTRACT_WAITING} times `--extract-limit` for content that waits until its session can be written",
                zh: "等待其会话写出的内容：`--extract-limit` 的 {EXTRACT_WAITING} 倍",
            }

            /// Counts IP datagrams given up to make room.
            Fragments = "fragments" {
                /// Fragmented IP datagrams that wait for missing fragments at once.
                FRAGMENTED_DATAGRAMS: Count = 4_096, fuzzed 3;
                /// Bytes of all fragmented IP datagrams together.
                FRAGMENT_BYTES: Bytes = 32 * 1024 * 1024, fuzzed 4096;
            } hit {
                en: "fragmented IP datagrams were given up on, to keep memory bounded",
                zh: "为限制内存占用，放弃重组的 IP 数据报（个数）",
            } readme {
                en: "{FRAGMENT_BYTES} of fragmented IP packets",
                zh: "IP 分片共 {FRAGMENT_BYTES}",
            }

            /// Counts secrets, and blocks of them, that were left out.
            DecryptionSecrets = "decryption_secrets" {
                /// Connections of which Decryption Secrets Blocks tell secrets that are kept.
                SECRET_CONNECTIONS: Count = 1_000_000, fuzzed 4;
                /// Bytes of all these blocks of one file.
                SECRETS_BYTES: Bytes = 64 * 1024 * 1024, fuzzed 4096;
            } hit {
                en: "secrets in the capture were left out: those of {SECRET_CONNECTIONS} connections are kept, and {SECRETS_BYTES} of them in a file",
                zh: "抓包自带的密钥只保留 {SECRET_CONNECTIONS} 个连接的，每个文件的密钥块只读取 {SECRETS_BYTES}，其余未读取（密钥数）",
            } readme {
                en: "secrets of {SECRET_CONNECTIONS} connections out of the capture itself, {SECRETS_BYTES} of them in a file",
                zh: "抓包自带的密钥：{SECRET_CONNECTIONS} 个连接，每个文件 {SECRETS_BYTES}",
            }
        }
    };
}
