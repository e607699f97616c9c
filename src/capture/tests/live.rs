use crate::capture::testing::{open_file, read_all};
use crate::capture::{
    CaptureError, Cursor, Fault, Filter, Format, LinkType, Live, LiveOptions, Moved, Quiet, interfaces,
};
use std::net::UdpSocket;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Listens on the loopback interface; None, with a message, if this user may not.
fn loopback(filter: &str, stop: &Arc<AtomicBool>, write: Option<&Path>) -> Option<Live> {
    let options =
        LiveOptions { interface: Some("lo".to_owned()), write: write.map(Path::to_path_buf), ..LiveOptions::default() };
    match Live::open(&options, Some(&Filter::new(filter).unwrap()), Arc::clone(stop)) {
        Ok(live) => Some(live),
        Err(error) if error.fault() == Fault::Access => {
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn packets_as_they_come_idle_in_between_and_the_end_after_the_stop() {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = receiver.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("written.pcap");
    let stop = Arc::new(AtomicBool::new(false));
    let Some(mut live) = loopback(&format!("udp dst port {}", to.port()), &stop, Some(&file)) else { return };

    let started = Instant::now();
    assert_eq!(live.advance().unwrap(), Moved::Idle(Quiet::Live), "nothing was sent yet");
    assert!(started.elapsed() < Duration::from_secs(2));

    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    for text in ["one", "two"] {
        sender.send_to(text.as_bytes(), to).unwrap();
    }
    let mut texts = Vec::new();
    while texts.len() < 2 && started.elapsed() < Duration::from_secs(20) {
        if live.advance().unwrap() == Moved::Packet {
            let packet = live.packet();
            assert_eq!((packet.link, packet.number), (LinkType::ETHERNET, texts.len() as u64 + 1));
            assert!(packet.time.nanoseconds() > 1_600_000_000_000_000_000);
            texts.push(String::from_utf8_lossy(&packet.data[packet.data.len() - 3..]).into_owned());
        }
    }
    assert_eq!(texts, ["one", "two"]);

    // A packet sent before the stop is still read.
    sender.send_to(b"six", to).unwrap();
    stop.store(true, Ordering::Relaxed);
    let (rest, error, info) = read_all(live);
    assert!(error.is_none());
    assert_eq!(rest.len(), 1);
    assert!(rest[0].data.ends_with(b"six"));
    assert_eq!((info[0].name.as_str(), info[0].format, info[0].packets), ("lo", Format::Live, 3));
    assert_eq!((info[0].dropped, info[0].problem.as_deref()), (Some(0), None));

    let (written, error, _) = read_all(open_file(&file).unwrap());
    assert!(error.is_none());
    assert_eq!(written.len(), 3);
    assert_eq!(written[2], rest[0]);
}

#[test]
fn an_unknown_interface_is_reported_with_those_that_exist() {
    let options = LiveOptions { interface: Some("no-such-0".to_owned()), ..LiveOptions::default() };
    let error = Live::open(&options, None, Arc::new(AtomicBool::new(false))).err().unwrap();
    assert_eq!(error.fault().exit_status(), 4);
    let known = interfaces().unwrap();
    match &error {
        CaptureError::NoSuchInterface { name, available } => {
            assert_eq!(name, "no-such-0");
            assert!(known.iter().all(|interface| available.contains(&interface.name)), "{available}");
        }
        // Without the permission, libpcap does not get as far.
        other => assert!(matches!(other, CaptureError::MayNotListen { .. }), "{other}"),
    }
}

#[test]
fn the_loopback_interface_is_listed_with_its_addresses() {
    let known = interfaces().unwrap();
    let Some(lo) = known.iter().find(|interface| interface.name == "lo") else {
        eprintln!("skipped: there is no lo among {known:?}");
        return;
    };
    assert!(lo.loopback);
    assert!(!lo.up || lo.addresses.contains(&"127.0.0.1".parse().unwrap()), "{lo:?}");
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let stop = Arc::new(AtomicBool::new(false));
    if loopback("udp", &stop, None).is_none() {
        return;
    }
    let path = Path::new("/nowhere/written.pcap");
    let options =
        LiveOptions { interface: Some("lo".to_owned()), write: Some(path.to_path_buf()), ..LiveOptions::default() };
    let error = Live::open(&options, None, stop).err().unwrap();
    assert!(matches!(&error, CaptureError::Write { path, .. } if path == "/nowhere/written.pcap"), "{error}");
}
