//! Where the system starts few threads, or none.

use crate::kit::*;
use std::process::{Command, Stdio};

#[test]
fn the_result_is_the_same_where_no_thread_may_be_started() {
    let place = Place::new();
    let capture = letters(20, 3_000);
    place.file("a.pcap", &capture);
    let mut packed = Vec::new();
    let mut encoder = flate2::read::GzEncoder::new(capture.as_slice(), flate2::Compression::fast());
    std::io::Read::read_to_end(&mut encoder, &mut packed).expect("packed");
    place.file("a.pcap.gz", &packed);
    let Some(program) = for_anyone(&place) else { return };
    for (user, (file, more)) in (61_100..).zip([
        ("a.pcap", &["--format", "ndjson"][..]),
        ("a.pcap", &["--format", "json"]),
        ("a.pcap.gz", &["--show", "all"]),
    ]) {
        let alone = mailtap(&["read", file, "--threads", "1"]).args(more).current_dir(place.path("")).output();
        let alone = alone.expect("mailtap runs");
        assert!(alone.status.success());
        for processes in 1..=6 {
            let mut command = Command::new("setpriv");
            command.args([&format!("--reuid={user}"), "--regid=61100", "--clear-groups", "prlimit"]);
            command.arg(format!("--nproc={processes}")).arg(&program).args(["read", file, "--threads", "4"]).args(more);
            let output = command.current_dir(place.path("")).env_clear().stdin(Stdio::null()).output();
            let output = output.expect("setpriv and prlimit run");
            ended(&output, 0, &[]);
            assert!(output.stdout == alone.stdout, "{file} {more:?}: {processes} processes");
            assert_eq!(said(&output), "", "threads are a matter of speed");
        }
    }
}
