//! The headings and fixed words of the views.

crate::verdict::purpose::enumerated! {
    /// A heading or a fixed word. The function `label` has its words.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[allow(missing_docs)]
    pub enum Label {
        // The report's table.
        Number,
        /// Seconds since the session began.
        SinceBegin,
        SourceIp,
        DestinationIp,
        CommandAndParameters,
        Purpose,
        // The heading of a session.
        Session,
        Client,
        /// The client behind a proxy.
        BehindProxy,
        Server,
        Banner,
        ClientSoftware,
        ServerSoftware,
        Started,
        NoTime,
        Ended,
        Duration,
        HowItEnded,
        /// What a session, or the capture, comes to.
        Verdict,
        Packets,
        /// Where the time of a session went.
        TimeSpent,
        SentAgain,
        WindowClosed,
        LongestSilence,
        UrgentBytes,
        /// The capture began in the middle of the connection.
        FromTheMiddle,
        MultipathTcp,
        /// No step was read in a session.
        NothingSaid,
        // TLS.
        Tls,
        TlsVersion,
        Cipher,
        TlsServerName,
        Alpn,
        Ja4,
        /// A ClientHello's.
        ClientRandom,
        CertificateSubject,
        CertificateIssuer,
        NotBefore,
        NotAfter,
        CertificateNames,
        Sha256,
        // Login attempts.
        Credentials,
        NoCredentials,
        WhoLogsIn,
        /// Marks a row of the table that carries a password or token.
        CarriesSecret,
        /// A line without a character.
        EmptyLine,
        TextOmitted,
        Mechanism,
        User,
        AuthorizationId,
        Password,
        Token,
        Outcome,
        // Messages.
        Messages,
        MessagesCarried,
        MailSessions,
        Message,
        EnvelopeFrom,
        EnvelopeTo,
        /// MAIL FROM:<>.
        NullSender,
        /// Of a recipient: LMTP and PRDR.
        NoFinalReply,
        Mailbox,
        MessageNumber,
        Uid,
        Part,
        Subject,
        From,
        To,
        Cc,
        ReplyTo,
        Date,
        MessageId,
        Size,
        Lines,
        Complete,
        Incomplete,
        Unfinished,
        NotKnown,
        SameAs,
        MimeInformation,
        MimeVersion,
        ContentType,
        Charset,
        Boundary,
        TransferEncoding,
        Structure,
        /// The first lines of a message's text.
        BeginsWith,
        Meaning,
        Value,
        Field,
        Attachments,
        // Findings.
        Findings,
        /// What occurrences say.
        Facts,
        /// With how many servers.
        Servers,
        /// How often, with which servers, and where first.
        Seen,
        Severity,
        Class,
        Finding,
        Remedy,
        Evidence,
        Reference,
        Since,
        // Ways of messages.
        Journeys,
        WhatChanged,
        // The list of sessions.
        Sessions,
        /// Connections that came to nothing.
        Unconnected,
        Protocol,
        Bytes,
        LogIns,
        // The summary.
        Summary,
        Sources,
        Source,
        Format,
        LinkTypes,
        FirstPacket,
        LastPacket,
        Dropped,
        Problem,
        PacketsRead,
        PacketsOfMail,
        PacketsOther,
        PacketsUndecodable,
        Shard,
        Probes,
        SessionsShown,
        LimitsHit,
        Count,
        // The dialogue.
        Transcript,
        // Messages that are the same.
        SameMessages,
        // Evidence to paste into Wireshark.
        DisplayFilter,
        // Values.
        None,
    }
}
