//! Conversations beside each other.
