//! Whole files, intact and damaged.

mod foreign_files;
mod growing_files;
mod live;
mod pcap_files;
mod pcap_flavours;
mod pcapng_files;
mod sources;
mod walks;
