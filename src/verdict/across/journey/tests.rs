//! Ways of messages.
