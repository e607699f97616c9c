//! What is written, and under which names.

use crate::kit::*;
use crate::support::{self, Segment, Side, captured, frame, recorded, segments, turns};
use std::fs;

#[test]
fn every_protocol_and_every_way_to_carry_a_message() {
    let place = Place::new();
    let bdat = "S: 220 mx\nC: EHLO a\nS: 250-mx\nS: 250 CHUNKING\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n\
                C: BDAT 15\nC: Subject: bdat\nS: 250 ok\nC: BDAT 8 LAST\nC| \\r\\n.\\r\\nbye\nS: 250 ok\nC: QUIT\nS: 221 bye\n";
    let lmtp = "S: 220 mx LMTP\nC: LHLO a\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: RCPT TO:<e@f>\n\
                S: 250 ok\nC: DATA\nS: 354 go\nC: Subject: lmtp\nC| \\r\\n\nC: ..dots\nC: .\nS: 250 ok\nS: 550 no\nC: QUIT\nS: 221 bye\n";
    let pop3 = "S: +OK hi\nC: USER u\nS: +OK\nC: PASS p\nS: +OK\nC: TOP 1 0\nS: +OK\nS: Subject: pop3\nS| \\r\\n\nS: .\nC: RETR 1\n\
                S: +OK\nS: Subject: pop3\nS| \\r\\n\nS: ..hello\nS: .\nC: QUIT\nS: +OK bye\n";
    let imap = "S: * OK hi\nC: a LOGIN u p\nS: a OK in\nC: b SELECT INBOX\nS: * 1 EXISTS\nS: b OK\nC: c FETCH 1 (UID BODY[])\n\
                S| * 1 FETCH (UID 7 BODY[] {22}\\r\\nSubject: imap\\r\\n\\r\\nhello)\\r\\n\nS: c OK\n\
                C: d FETCH 1 BODY[1]\nS| * 1 FETCH (BODY[1] {5}\\r\\nhello)\\r\\n\nS: d OK\n\
                C: e APPEND Sent {22}\nS: + go\nC| Subject: sent\\r\\n\\r\\nhello\\r\\n\nS: e OK\nC: f LOGOUT\nS: * BYE\nS: f OK\n";
    let data = smtp("Subject: data\n\n..dot\nbye");
    let all = [(data.as_str(), 25), (bdat, 587), (lmtp, 24), (pop3, 110), (imap, 143)];
    let all: Vec<Vec<u8>> =
        (40_000..).zip(all).flat_map(|(client, (script, port))| frames(script, client, port)).collect();
    let directory = place.path("out");
    let (_, index) = extracted(&place.capture("all.pcap", &recorded(all)), &directory, &[]);
    let files = tree(&directory);
    let content = |name: &str| std::str::from_utf8(&files[name]).expect("text");
    assert_eq!(content("00001-smtp/message-1.eml"), "Subject: data\r\n\r\n.dot\r\nbye\r\n");
    assert_eq!(content("00002-smtp/message-1.eml"), "Subject: bdat\r\n\r\n.\r\nbye");
    assert_eq!(content("00003-lmtp/message-1.eml"), "Subject: lmtp\r\n\r\n.dots\r\n");
    assert_eq!(content("00004-pop3/message-1.part"), "Subject: pop3\r\n\r\n");
    assert_eq!(content("00004-pop3/message-2.eml"), "Subject: pop3\r\n\r\n.hello\r\n");
    assert_eq!(content("00005-imap/message-1.eml"), "Subject: imap\r\n\r\nhello");
    assert_eq!(content("00005-imap/message-2.part"), "hello");
    assert_eq!(content("00005-imap/message-3.eml"), "Subject: sent\r\n\r\nhello");
    assert_eq!(index["sessions"][4]["messages"][0]["uid"], 7);
    assert_eq!(index["written"], serde_json::json!({"sessions": 5, "messages": 8, "attachments": 0}));
    let transcript = content("00004-pop3/transcript.txt");
    for line in ["S: +OK hi", "C: PASS p", "message-2.eml]"] {
        assert!(transcript.contains(line), "{transcript}");
    }
}

#[test]
fn no_name_off_the_wire_says_where_a_file_goes() {
    let place = Place::new();
    let long = format!("filename=\"{}.txt\"", "x".repeat(4_000));
    let names = [
        "filename=\"../../etc/passwd\"",
        "filename=\"C:\\\\x\"",
        "filename=\"/tmp/absolute\"",
        "filename*=utf-8''a%00b.txt",
        long.as_str(),
        "filename*=utf-8''invoice%E2%80%AEfdp.exe",
        "filename=same.txt",
        "filename=same.txt",
        "filename=SAME.TXT",
        "filename=\"\"",
        "filename=\".\"",
        "filename=\"..\"",
        "filename=CON",
        "filename=\"nul.txt\"",
        "filename=\"-rf\"",
        "filename*=utf-8''%1b%5b2J%0d%0a",
        "x=y",
        "filename=\"transcript.txt\"",
        "filename=\"../message-1.eml\"",
    ];
    let directory = place.path("deep/out");
    fs::create_dir(place.path("deep")).expect("a directory");
    let capture = place.capture("names.pcap", &support::capture(&smtp(&with_attachments(&names)), 25));
    let (document, index) = extracted(&capture, &directory, &[]);
    let files: Vec<&str> = list(&index["sessions"][0]["messages"][0]["attachments"])
        .iter()
        .map(|attachment| attachment["file"].as_str().expect("a file"))
        .map(|file| file.strip_prefix("00001-smtp/message-1/").expect("where attachments go"))
        .collect();
    assert_eq!(files.len(), names.len());
    let long = format!("5-{}.txt", "x".repeat(116));
    let expected = [
        "1-passwd",
        "2-x",
        "3-absolute",
        "4-a_b.txt",
        long.as_str(),
        "6-invoice_fdp.exe",
        "7-same.txt",
        "8-same.txt",
        "9-SAME.TXT",
        "10-attachment",
        "11-attachment",
        "12-attachment",
        "13-CON",
        "14-nul.txt",
        "15--rf",
        "16-_[2J__",
        "17-attachment",
        "18-transcript.txt",
        "19-message-1.eml",
    ];
    for (file, expected) in files.iter().zip(expected) {
        assert_eq!(*file, expected);
    }
    // The index keeps the original name.
    assert_eq!(index["sessions"][0]["messages"][0]["attachments"][0]["filename"], "../../etc/passwd");
    let message = &document["sessions"][0]["messages"][0];
    assert_eq!(
        message["attachments"][1]["filename"],
        index["sessions"][0]["messages"][0]["attachments"][1]["filename"]
    );
    let content = &tree(&directory)["00001-smtp/message-1/8-same.txt"];
    assert_eq!(content, b"content 7");
    // Nothing was written outside the directory.
    let beside: Vec<_> = fs::read_dir(place.path("deep")).expect("a directory").collect();
    assert_eq!(beside.len(), 1);
}

#[test]
fn a_message_of_which_bytes_are_missing_says_which() {
    let place = Place::new();
    let body: String = (0..40).map(|line| format!("line {line:03} {}\n", "x".repeat(60))).collect();
    let content = format!(
        "Subject: holes\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\
         Content-Disposition: attachment; filename=f.txt\n\n{body}--b--\n"
    );
    let whole: String = content.lines().map(|line| format!("{line}\r\n")).collect();
    let script = smtp(&content);
    let mut packets = segments(&turns(&script), 1_400);
    let holds = |segment: &Segment, text: &str| segment.payload.windows(text.len()).any(|at| at == text.as_bytes());
    packets.retain(|segment| !holds(segment, "line 007") && !holds(segment, "line 021"));
    let directory = place.path("out");
    let (_, index) = extracted(&place.capture("holes.pcap", &captured(&packets, 25)), &directory, &[]);
    let message = &index["sessions"][0]["messages"][0];
    assert_eq!(message["complete"], false);
    assert_eq!(message["file"], "00001-smtp/message-1.partial.eml");
    assert_eq!(message["attachments"][0]["file"], "00001-smtp/message-1/1-f.txt.partial");
    let file = fs::read(directory.join("00001-smtp/message-1.partial.eml")).expect("a file");
    // With the missing bytes at the places that the index names, the message is whole.
    let mut again = Vec::new();
    let mut done = 0;
    let missing = list(&message["missing"]);
    assert_eq!(missing.len(), 2);
    for hole in missing {
        let number = |field: &str| hole[field].as_u64().expect("a number") as usize;
        again.extend_from_slice(&file[done..number("file_offset")]);
        done = number("file_offset");
        assert_eq!(again.len(), number("offset"));
        again.extend_from_slice(&whole.as_bytes()[number("offset")..number("offset") + number("length")]);
    }
    again.extend_from_slice(&file[done..]);
    assert_eq!(String::from_utf8(again).expect("text"), whole);
    let transcript = fs::read_to_string(directory.join("00001-smtp/transcript.txt")).expect("a transcript");
    assert!(transcript.contains("message-1.partial.eml"), "{transcript}");
}

#[test]
fn files_within_files() {
    let place = Place::new();
    let tnef = "eJ8+IgABAgM=";
    let content = format!(
        "Subject: outer\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\n\nbegin 644 ../cat.txt\n#0V%T\n`\nend\nand\nbegin 600 broken.txt\n#0V%T\nno data at all, this\n\
         begin 644 cat.txt\n#0V%T\nend\n\
         --b\nContent-Type: message/rfc822\nContent-Disposition: attachment\n\n\
         Subject: inner\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=c\n\n\
         --c\nContent-Disposition: attachment; filename=inner.txt\n\nwithin\n--c--\n\
         --b\nContent-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n{tnef}\n\
         --b\nContent-Type: application/octet-stream; name=other.bin\nContent-Transfer-Encoding: base64\n\n{tnef}\n\
         --b\nContent-Type: application/octet-stream; name=WINMAIL.DAT\n\nno signature\n--b--\n"
    );
    let directory = place.path("out");
    let capture = place.capture("within.pcap", &support::capture(&smtp(&content), 25));
    let (document, _) = extracted(&capture, &directory, &[]);
    let files = tree(&directory);
    let content = |name: &str| std::str::from_utf8(&files[&format!("00001-smtp/message-1/{name}")]).expect("text");
    assert_eq!(content("1-cat.txt"), "Cat");
    assert_eq!(content("2-broken.txt.partial"), "Cat");
    assert_eq!(content("3-cat.txt"), "Cat");
    let inner = content("4-attachment.eml");
    assert!(inner.starts_with("Subject: inner\r\n") && inner.ends_with("--c--"), "{inner}");
    assert_eq!(content("5-inner.txt"), "within");
    let tnef: Vec<bool> = list(&document["sessions"][0]["messages"][0]["attachments"])
        .iter()
        .map(|attachment| attachment.get("tnef").is_some_and(|tnef| tnef == true))
        .collect();
    assert_eq!(tnef, [false, false, false, false, false, true, true, true]);
    // The message has the outer subject, not that of the message within.
    assert_eq!(document["sessions"][0]["messages"][0]["subject"], "outer");
    assert_eq!(document["sessions"][0]["messages"].as_array().map(Vec::len), Some(1));
}

#[test]
fn files_do_not_depend_on_the_number_of_threads() {
    let place = Place::new();
    let pop3 = "S: +OK hi\nC: USER u\nS: +OK\nC: PASS p\nS: +OK\nC: RETR 1\nS: +OK\nS: Subject: pop3\nS| \\r\\n\nS: hello\nS: .\nC: QUIT\nS: +OK\n";
    let smtp = smtp(&with_attachments(&["filename=a.txt", "filename=b.txt"]));
    let mut conversations: Vec<_> = (0..120_u16)
        .map(|number| {
            let (script, port) = if number % 3 == 0 { (pop3, 110) } else { (smtp.as_str(), 25) };
            let mut packets = segments(&turns(script), 20 + usize::from(number));
            match number % 7 {
                0 => packets.truncate(packets.len() / 2),
                1 => packets.retain(|segment| segment.from == Side::Client),
                _ => {}
            }
            (20_000 + number, port, packets.into_iter())
        })
        .collect();
    // All conversations run at once, with more files than may be open.
    let mut all = Vec::new();
    while !conversations.is_empty() {
        conversations.retain_mut(|(client, port, packets)| {
            all.extend(packets.next().map(|segment| frame(&segment, *client, *port)));
            packets.len() > 0
        });
    }
    let capture = place.capture("crowd.pcap", &recorded(all));
    let trees: Vec<_> = ["1", "2", "3", "8"]
        .map(|threads| {
            let directory = place.path(threads);
            extracted(&capture, &directory, &["--threads", threads]);
            tree(&directory)
        })
        .into_iter()
        .collect();
    assert!(trees[0].len() > 300, "{}", trees[0].len());
    for other in &trees[1..] {
        assert!(trees[0] == *other);
    }
}

#[test]
fn only_what_was_asked_for() {
    let place = Place::new();
    let pop3 = "S: +OK hi\nC: USER u\nS: +OK\nC: PASS p\nS: +OK\nC: RETR 1\nS: +OK\nS: Subject: pop3\nS| \\r\\n\nS: hello\nS: .\nC: QUIT\nS: +OK\n";
    let all =
        [frames(&smtp("Subject: a"), 40_000, 25), frames(pop3, 40_001, 110), frames(&smtp("Subject: b"), 40_002, 25)];
    let capture = place.capture("three.pcap", &recorded(all.concat()));
    for (number, (more, sessions)) in
        [(["--session", "2,3"], "2 3"), (["--protocol", "smtp"], "1 3"), (["--show", "summary"], "1 2 3")]
            .into_iter()
            .enumerate()
    {
        let directory = place.path(&number.to_string());
        let (_, index) = extracted(&capture, &directory, &more);
        let ids: Vec<String> = list(&index["sessions"]).iter().map(|session| session["id"].to_string()).collect();
        assert_eq!(ids.join(" "), sessions, "{more:?}");
    }
}

#[test]
fn every_format_writes_the_same_files() {
    let place = Place::new();
    let capture = place.capture("a.pcap", &support::capture(&smtp(&with_attachments(&["filename=a.txt"])), 25));
    let trees = ["table", "json", "ndjson"].map(|format| {
        let directory = place.path(format);
        let output = run(&capture, &directory, &["--format", format, "--show", "sessions"]);
        let plain =
            mailtap(&["read", "--format", format, "--show", "sessions"]).arg(&capture).output().expect("mailtap runs");
        assert!(output.status.success());
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&plain.stdout),
            "and shows the same"
        );
        tree(&directory)
    });
    assert!(trees[0].contains_key("00001-smtp/message-1/1-a.txt"));
    assert!(trees[0] == trees[1] && trees[1] == trees[2]);
}

#[test]
fn no_terminal_obeys_what_is_written() {
    let place = Place::new();
    let script =
        smtp("Subject: \\x1b]0;owned\\x07 \\xe2\\x80\\xae\n\nbody").replace("220 mx", "220 \\x1b[2J\\xc2\\x9b31m\\rmx");
    let directory = place.path("out");
    extracted(&place.capture("a.pcap", &support::capture(&script, 25)), &directory, &[]);
    let files = tree(&directory);
    for name in ["index.json", "00001-smtp/transcript.txt"] {
        let text = std::str::from_utf8(&files[name]).expect("UTF-8");
        let obeyed = |found: char| (found.is_control() && found != '\n') || found == '\u{202e}';
        assert!(!text.contains(obeyed), "{text:?}");
    }
    assert!(
        files["00001-smtp/message-1.eml"].starts_with(b"Subject: \x1b]0;owned\x07"),
        "the mail itself is as it was"
    );
}
