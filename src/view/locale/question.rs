//! The questions of a lab report, and its headings and fixed sentences.

crate::verdict::purpose::enumerated! {
    /// A question.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[allow(missing_docs)]
    pub enum Question {
        Tables,
        Passwords,
        Mime,
        SameMessage,
        ByHand,
        Failures,
        Safety,
        ImapOnly,
    }
}

crate::verdict::purpose::enumerated! {
    /// A heading or a fixed sentence.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[allow(missing_docs)]
    pub enum Word {
        Title,
        // Columns.
        Session,
        Ends,
        Phases,
        Packets,
        Result,
        Protocol,
        HowOften,
        Mechanism,
        User,
        Password,
        Outcome,
        Field,
        Meaning,
        Sent,
        Fetched,
        Proof,
        ByHand,
        Signs,
        Failure,
        ServerSaid,
        Recipient,
        Weakness,
        Remedy,
        Ability,
        Example,
        Count,
        // Sentences.
        NotShown,
        NoSessions,
        NoLogins,
        NoMessages,
        NoMimeFields,
        NothingFailed,
    /// No session shows a failure by itself; several together do.
    FailedAcross,
        AcrossSessions,
        NoFrom,
        NotDated,
        HandWritten,
        ReadNotSent,
        SameAsElsewhere,
        Disposition,
        ContentId,
        Description,
        Part,
        Attachment,
        Identical,
        OnlyLineEnds,
        NotWhole,
        Rejected,
        Deferred,
        Subject,
        From,
        To,
        EndToEnd,
        NoneToCompare,
        AlreadySafe,
    }
}
