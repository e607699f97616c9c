//! Whole files, as they come and as they are damaged.

mod live;
mod pcap_files;
mod pcapng_files;
mod sources;
