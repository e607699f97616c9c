//! Whole files, intact and damaged.

mod live;
mod pcap_files;
mod pcapng_files;
mod sources;
