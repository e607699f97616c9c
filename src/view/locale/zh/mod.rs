//! 简体中文。 Chinese, simplified.

pub mod compare;
pub mod drawing;
pub mod enhanced;
pub mod errors;
pub mod explain;
pub mod facts;
pub mod header_field;
pub mod imap;
pub mod imap_code;
pub mod labels;
pub mod listed;
pub mod login;
pub mod mime;
pub mod own;
pub mod pop3;
pub mod proxy;
pub mod rows;
pub mod sasl;
pub mod smtp;
pub mod terms;
pub mod tls;
pub mod verdict;
