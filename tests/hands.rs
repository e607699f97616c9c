//! What hands type that know tcpdump, grep and jq.

mod support;

use std::process::Command;
use support::program::{command, err, fixture, out, run};

#[track_caller]
fn same(one: &[&str], other: &[&str]) {
    let (one_says, other_says) = (run(one), run(other));
    assert_eq!((err(&one_says), one_says.status.code()), (String::new(), Some(0)), "{one:?}");
    assert_eq!(out(&one_says), out(&other_says), "{one:?} {other:?}");
    assert!(!out(&one_says).is_empty());
}

#[test]
fn a_file_alone_is_read() {
    let lab = fixture("lab-all");
    let lab = lab.to_str().expect("UTF-8");
    let helo = fixture("smtp-helo");
    let helo = helo.to_str().expect("UTF-8");
    same(&[lab], &["read", lab]);
    same(&[lab, helo], &["read", lab, helo]);
    same(&[lab, "--format", "JSON"], &["read", lab, "--format", "json"]);
    same(&["--json", lab], &["read", lab, "--format", "json"]);
    same(&["--session", "1", lab], &["read", lab, "--session", "1"]);
    same(&["--", lab], &["read", lab]);
    same(&["-q", lab], &["read", lab, "--show", "sessions"]);
    same(&["-q", "read", lab], &["read", lab, "-q"]);
}

#[test]
fn as_tcpdump_takes_it() {
    let lab = fixture("lab-all");
    let lab = lab.to_str().expect("UTF-8");
    let joined = format!("-nr{lab}");
    let filtered = ["read", lab, "--filter", "tcp port 25"];
    same(&["-r", lab], &["read", lab]);
    same(&["-nr", lab], &["read", lab]);
    same(&["-nr", lab, "tcp port 25"], &filtered);
    same(&["-nr", lab, "tcp", "port", "25"], &filtered);
    same(&[&joined, "tcp", "port", "25"], &filtered);
    same(&["-nnr", lab, "-l", "-c", "9"], &["read", lab, "--packets", "9"]);
    same(&["-c9", "-r", lab], &["read", lab, "-c", "9"]);
    same(&["-r", lab, "--lang", "zh", "tcp port 25"], &["read", lab, "--lang", "ZH", "--filter", "tcp port 25"]);
    let ten = run(&["-r", lab, "-c", "10", "--json"]);
    assert!(out(&ten).contains("\"read\": 10,"), "{}", out(&ten));
    let pipe = Command::new(env!("CARGO_BIN_EXE_mailtap"))
        .args(["-r", "-", "--json"])
        .stdin(std::fs::File::open(lab).expect("readable"))
        .output()
        .expect("mailtap runs");
    assert!(out(&pipe).contains("\"name\": \"-\""));
}

#[test]
fn an_interface_alone_is_listened_on() {
    for args in [
        &["-i", "nosuch0"][..],
        &["-ni", "nosuch0", "-w", "x.pcap", "port 25"],
        &["-nn", "-i", "nosuch0", "-s", "0", "-p", "port", "25"],
        &["live", "-i", "nosuch0"],
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let output = command(args).current_dir(folder.path()).output().expect("mailtap runs");
        assert_eq!(output.status.code(), Some(4), "{args:?}: {}", err(&output));
        assert!(err(&output).contains("nosuch0"), "{args:?}: {}", err(&output));
    }
    assert_eq!(run(&["-D"]).stdout, run(&["interfaces"]).stdout);
}

#[test]
fn what_cannot_be_meant_is_said() {
    for (args, words) in [
        (&["raed", "x"][..], "read"),
        (&["-r"], "which file"),
        (&["-i"], "mailtap interfaces"),
        (&["-r", "a.pcap", "-i", "eth0"], "give one of them"),
        (&["-r", "a.pcap", "-w", "b.pcap"], "give one of them"),
        (&["-q", "-v", "a.pcap"], "cannot be used with"),
        (&["--json", "--format", "json", "a.pcap"], "cannot be used with"),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", err(&output));
        assert!(err(&output).contains(words), "{args:?}: {}", err(&output));
    }
    let missing = run(&["no-such.pcap"]);
    assert_eq!(missing.status.code(), Some(3));
    assert!(err(&missing).contains("no-such.pcap: no such file"), "{}", err(&missing));
}

#[test]
fn the_name_of_a_command_is_the_command() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(fixture("smtp-helo"), folder.path().join("read")).expect("copied");
    let there = |args: &[&str]| command(args).current_dir(folder.path()).output().expect("mailtap runs");
    assert_eq!(there(&["read"]).status.code(), Some(2));
    assert!(out(&there(&["./read"])).contains("HELO cslabc39"));
    assert!(out(&there(&["-r", "read"])).contains("HELO cslabc39"));
    assert!(out(&run(&["--help"])).contains("./read"));
}

#[test]
fn the_exit_status_answers_as_grep_does() {
    let lab = fixture("lab-all");
    let lab = lab.to_str().expect("UTF-8");
    let no_mail = fixture("no-mail");
    let no_mail = no_mail.to_str().expect("UTF-8");
    let folder = tempfile::tempdir().expect("a folder");
    let safe = folder.path().join("safe.pcap");
    std::fs::write(&safe, support::capture("S: 220 mx\nC: HELO a\nS: 250 mx\nC: QUIT\nS: 221 bye\n", 25))
        .expect("written");
    let safe = safe.to_str().expect("UTF-8");
    for (args, status) in [
        (&["read", lab, "--exit-code"][..], 0),
        (&["read", lab, "--fail-on", "HIGH"], 0),
        (&["read", lab, "--exit-code", "--show", "steps"], 0),
        (&["read", lab, "--exit-code", "--json"], 0),
        (&["read", no_mail, "--exit-code"], 1),
        (&["read", safe, "--fail-on", "high"], 1),
        (&[lab, "--exit-code", "--from", "nobody@nowhere"], 1),
        (&["read", "none.pcap", "--exit-code"], 3),
        (&["read", lab, "--exit-code", "-o", "/no/such/folder/x"], 2),
        (&["read", lab, "-o", "/no/such/folder/x"], 1),
        (&["read", lab, "--exit-code", "-o", "/dev/full"], 2),
        (&["read", no_mail], 0),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(status), "{args:?}: {}", err(&output));
    }
    let cut = std::fs::read(lab).expect("readable");
    let path = folder.path().join("cut.pcapng");
    std::fs::write(&path, &cut[..cut.len() - 20]).expect("written");
    assert_eq!(run(&["read", path.to_str().expect("UTF-8"), "--exit-code"]).status.code(), Some(3));
}

#[test]
fn errors_and_help_are_chinese_where_the_locale_is() {
    let chinese = |args: &[&str]| command(args).env("LC_ALL", "zh_CN.UTF-8").output().expect("mailtap runs");
    let lab = fixture("lab-all");
    let lab = lab.to_str().expect("UTF-8");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a"), "{% if %}").expect("written");
    std::fs::write(folder.path().join("foreign"), b"\xfd7zXZ\0").expect("written");
    let mut damaged = std::fs::read(lab).expect("readable");
    damaged[5_000..5_600].fill(0xff);
    std::fs::write(folder.path().join("damaged"), damaged).expect("written");
    std::fs::create_dir(folder.path().join("empty")).expect("writable");
    let full = folder.path().to_str().expect("UTF-8");
    let paths = ["a", "foreign", "damaged", "empty", "none"].map(|name| (name, format!("{full}/{name}")));
    let at = |name: &str| paths.iter().find(|(known, _)| *known == name).map_or("", |(_, path)| path.as_str());
    for (args, status, words) in [
        (&["read", "none.pcap"][..], 3, "没有这个文件"),
        (&["read", at("empty")], 3, "没有抓包文件"),
        (&["read", "Cargo.toml"], 3, "不是抓包文件"),
        (&["read", lab, "--filter", "port port"], 2, "过滤条件"),
        (&["read", lab, "-o", lab], 1, "它就是所读的抓包文件"),
        (&["read", lab, "-o", "/no/such/folder/x"], 1, "无法写入：没有这个文件或目录"),
        (&["read", lab, "-o", "/dev/full"], 1, "磁盘已满"),
        (&["read", lab, "--extract", full], 1, "目录不为空"),
        (&["live", "nosuch0"], 4, "nosuch0"),
        (&["compare", lab, "--session", "1,99"], 2, "没有 --session 所要的会话 99"),
        (&["raed", "x"], 2, "相近的命令"),
        (&["read", "Cargo.toml"], 3, "看来是文本文件：抓包文件由 tcpdump -w 或 Wireshark 写出"),
        (&["read", at("foreign"), "-q"], 3, "看来由 xz 压缩：请用 xz -d 解开"),
        (
            &["read", at("damaged"), "-q"],
            0,
            "：在第 33 个分组之后（第 4928 字节）跳过了 2092 字节：块前后的两个长度不同",
        ),
        (&["explain", at("damaged")], 0, "：在第 33 个分组之后"),
        (&["read", lab, "--raw"], 2, "--raw：共有 3 个会话"),
        (
            &["read", lab, "--format", "csv", "--show", "findings,sessions"],
            2,
            "（sessions, findings）：请用 --show 选择一张",
        ),
        (&["read", lab, "--format", "html", "--template", at("a")], 1, "a，第 1 行：syntax error"),
        (&["read", lab, "--format", "html", "--template", at("none")], 1, "none：无法读取模板：没有这个文件或目录"),
        (&["live", "lo", "--user", "no-such-user"], 4, "请"),
    ] {
        let output = chinese(args);
        let said = err(&output);
        assert_eq!(output.status.code(), Some(status), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
        // What libpcap says of a filter is English, and what the engine says of a template.
        let own = !args.contains(&"--filter") && !args.contains(&"--template");
        assert!(!(said.contains("no such") || own && said.contains("error")), "{args:?}: {said}");
    }
    let help = out(&chinese(&["read", "--help"]));
    assert!(help.contains("用法：mailtap read [选项] <文件>...") && !help.contains("Options"), "{help}");
    assert_eq!(help, out(&run(&["read", "--lang", "zh", "--help"])));
    assert!(out(&chinese(&["read", "--help", "--lang", "en"])).contains("Usage:"));
}

#[test]
fn the_chinese_manual_has_every_command_and_option_of_the_english_one() {
    let plain = |page: String| {
        [r"\fB", r"\fI", r"\fR", r"\:"].iter().fold(page, |page, mark| page.replace(mark, "")).replace(r"\-", "-")
    };
    let [english, chinese] = ["en", "zh"].map(|lang| plain(out(&run(&["man", "--lang", lang]))));
    assert_eq!(chinese, plain(out(&command(&["man"]).env("LC_ALL", "zh_CN.UTF-8").output().expect("runs"))));
    let options = |page: &str| -> std::collections::BTreeSet<String> {
        let is_of_a_name = |found: char| found.is_ascii_alphanumeric() || found == '-';
        page.split(|found| !is_of_a_name(found)).filter(|word| word.starts_with("--")).map(str::to_owned).collect()
    };
    assert_eq!(options(&chinese), options(&english));
    for section in ["名称", "概要", "命令", "示例", "环境变量", "退出状态", "文件", "另见"] {
        assert!(chinese.contains(&format!(".SH {section}\n")), "{section}");
    }
    for variable in ["MAILTAP_PAGER", "PAGER", "LESS", "TZ", "COLUMNS", "NO_COLOR", "SUDO_UID", "MAILTAP_LOG"] {
        assert!(english.contains(variable) && chinese.contains(variable), "{variable}");
    }
    for words in [" the ", "Print ", "default:", ".SH NAME", ".SH OPTIONS", "Possible values"] {
        assert!(!chinese.contains(words), "{words}");
    }
}

#[test]
fn the_manual_points_to_no_page_of_a_command() {
    let page = out(&run(&["man"]));
    for title in ["SYNOPSIS", "EXAMPLES", "ENVIRONMENT", "\"EXIT STATUS\"", "FILES", "\"SEE ALSO\""] {
        assert!(page.contains(&format!(".SH {title}")), "{title}");
    }
    assert!(!page.contains("mailtap\\-read(1)"), "there is no such page");
}
