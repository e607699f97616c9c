//! `--format csv` and `markdown` of the program: one table or a folder of them, and what is wrong usage.

use std::path::Path;
use std::process::{Command, Output};

const CAPTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/lab/courier-imap/capture.pcap");

fn mailtap(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mailtap")).args(["read", CAPTURE]).args(arguments).output().expect("mailtap runs")
}

fn header(csv: &[u8]) -> String {
    csv::Reader::from_reader(csv).headers().expect("a header").iter().take(3).collect::<Vec<_>>().join(",")
}

#[test]
fn one_table_goes_to_one_output() {
    let steps = mailtap(&["--format", "csv"]);
    assert!(steps.status.success());
    assert_eq!(header(&steps.stdout), "session,session_uid,protocol", "steps by default");
    assert_eq!(header(&mailtap(&["--format", "csv", "--show", "sessions"]).stdout), "id,uid,community_id");
    for several in ["steps,sessions", "all"] {
        let refused = mailtap(&["--format", "csv", "--show", several]);
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("-o DIR/"));
    }
}

#[test]
fn a_transcript_is_no_table() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("tables/");
    for arguments in
        [&["--show", "transcript"][..], &["--show", "steps,transcript", "-o", folder.to_str().expect("UTF-8")]]
    {
        let refused = mailtap(&[&["--format", "csv"], arguments].concat());
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{arguments:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("--format table or --format markdown"));
    }
    assert!(!folder.exists(), "refused before anything is made");
}

/// No form of a password that the program shows without `--redact` is in anything that it writes with it.
#[test]
fn no_format_shows_a_secret() {
    use data_encoding::{BASE64, HEXLOWER};
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lab");
    let run = |command: &str, capture: &Path, arguments: &[&str]| {
        let capture = capture.as_os_str();
        let mut program = Command::new(env!("CARGO_BIN_EXE_mailtap"));
        let done = program.arg(command).arg(capture).args(arguments).output().expect("mailtap runs");
        assert!(done.status.success(), "{capture:?} {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8([done.stdout, done.stderr].concat()).expect("UTF-8")
    };
    let mut known = 0;
    for name in
        ["pop3-retrieve", "smtp-auth-login", "smtp-auth-plain", "imap-auth-digests", "swaks-auth", "courier-pop3"]
    {
        let capture = lab.join(name).join("capture.pcap");
        let mut secrets: Vec<String> = Vec::new();
        for line in run("read", &capture, &["--format", "ndjson"]).lines() {
            let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
            for login in record["credentials"].as_array().into_iter().flatten() {
                let texts = ["password", "response"].iter().filter_map(|field| login[*field].as_str());
                // Shorter ones, and words of ours, are in the text for other reasons.
                secrets.extend(texts.filter(|text| text.len() >= 6).map(str::to_owned));
            }
        }
        known += secrets.len();
        for redact in ["--redact", "--redact=pseudonym"] {
            let outputs = [
                &["--show", "all", "--details"][..],
                &["--show", "all", "--width", "40"],
                &["--show", "transcript"],
                &["--show", "transcript", "--format", "markdown"],
                &["--show", "all", "--format", "markdown"],
                &["--format", "html"],
                &["--format", "ndjson"],
                &["--format", "csv", "--show", "steps"],
                &["--format", "csv", "--show", "credentials"],
                &["--format", "csv", "--show", "sessions"],
            ];
            let mut written: Vec<_> =
                outputs.iter().map(|asked| run("read", &capture, &[&[redact], *asked].concat())).collect();
            written.push(run("explain", &capture, &[redact]));
            for secret in &secrets {
                let bytes = secret.as_bytes();
                // In base64 also behind one byte or two, without the signs that hold a bit of what stands beside it.
                let behind = |before: usize, skip: usize| {
                    let text = BASE64.encode(&[&b"xx"[..before], bytes].concat());
                    let whole = (before + bytes.len()) / 3 * 4;
                    text.get(skip..whole).unwrap_or_default().to_owned()
                };
                let forms = [secret.clone(), HEXLOWER.encode(bytes), behind(0, 0), behind(1, 2), behind(2, 3)];
                for (nth, page) in written.iter().enumerate() {
                    let shown = forms.iter().find(|form| form.len() >= 5 && page.contains(*form));
                    assert_eq!(shown, None, "{name} {redact} output {nth}");
                }
            }
        }
    }
    assert!(known >= 6, "{known} secrets");
}

#[test]
fn a_folder_has_a_file_for_each_table_and_nothing_is_overwritten() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("tables/");
    let named = folder.to_str().expect("UTF-8");
    assert!(mailtap(&["--format", "csv", "-o", named]).status.success());
    for name in [
        "steps",
        "sessions",
        "credentials",
        "transactions",
        "messages",
        "attachments",
        "findings",
        "details",
        "journeys",
        "summary",
    ] {
        assert!(Path::new(named).join(name).with_extension("csv").exists(), "{name}");
    }
    let before = std::fs::read(folder.join("steps.csv")).expect("steps.csv");
    let refused = mailtap(&["--format", "csv", "-o", named]);
    assert_eq!(refused.status.code(), Some(1), "it is not empty");
    assert_eq!(std::fs::read(folder.join("steps.csv")).expect("steps.csv"), before);
}

#[test]
fn secrets_are_masked() {
    let known = mailtap(&["--format", "csv", "--show", "credentials"]).stdout;
    let mut reader = csv::Reader::from_reader(&*known);
    let column = reader.headers().expect("a header").iter().position(|id| id == "password").expect("a column");
    let secrets: Vec<String> = reader.records().map(|row| row.expect("a row")[column].to_owned()).collect();
    let secrets: Vec<&String> = secrets.iter().filter(|secret| !secret.is_empty()).collect();
    assert!(!secrets.is_empty());
    for (format, show) in [("csv", "credentials"), ("csv", "steps"), ("markdown", "all")] {
        let masked = mailtap(&["--format", format, "--show", show, "--redact"]).stdout;
        let masked = String::from_utf8(masked).expect("UTF-8");
        assert!(masked.contains("********") || masked.contains("\\*\\*\\*"), "{format} {show}");
        for secret in &secrets {
            assert!(
                !masked.contains(&format!(" {secret}")) && !masked.contains(&format!("\"{secret}\"")),
                "{format} {show}"
            );
        }
    }
}
