//! What IMAP's steps do, by dialogues as servers hold them, in both languages; and dialogues nearly the same, whose sentence is
//! another.

use super::{Lang, purpose};
use crate::session::Needs;
use crate::verdict::{purpose as verdict_purpose, testing};

/// The sentences of the last step of `script` that begins with `begins`.
fn said(script: &str, begins: &str) -> [String; 2] {
    let session = testing::session(script, Needs::ALL);
    let step = session.steps.iter().rfind(|step| step.text.starts_with(begins)).expect(begins);
    [Lang::En, Lang::Zh].map(|lang| purpose(lang, &verdict_purpose::purpose(&session, step)).into_owned())
}

const LOGIN: &str = "S: * OK hi\nC: a LOGIN alice secret\nS: a OK Logged in\n";

/// Checks that after a login the step of `script` that begins with `begins` has the words `en` and `zh`.
#[track_caller]
fn expect(script: &str, begins: &str, [en, zh]: [&str; 2]) {
    assert_eq!(said(&format!("{LOGIN}{script}"), begins), [en, zh]);
}

const BAD: [&str; 2] = [
    "The server does not understand the command, its arguments are wrong, or it is not allowed in this state",
    "服务器不认识该命令，或参数有误，或当前状态不允许",
];
const NOOP: [&str; 2] =
    ["Does nothing but ask for news, and keeps the connection alive", "空操作，询问有无变化，并保持连接"];
const WITHIN_IDLE: [&str; 2] =
    ["Sent within IDLE, in which the server waits for DONE alone", "在 IDLE 期间发送，而此时服务器只等待 DONE"];
const IDLE_BROKEN: [&str; 2] = [
    "IDLE has ended, since the client sent another line than DONE: this answers that line too",
    "客户发送的不是 DONE，IDLE 因此结束；该响应也是对那一行的答复",
];
const IN_ALREADY: [&str; 2] =
    ["The server does not look at the login: the client is logged in already", "服务器不处理该登录：客户已经登录"];

#[test]
fn idle_waits_for_done_alone() {
    let broken = "C: b IDLE\nS: + idling\nC: c NOOP\nS: b BAD Expected DONE\nC: d NOOP\nS: d OK done\n";
    expect(broken, "b BAD", IDLE_BROKEN);
    expect(broken, "c NOOP", WITHIN_IDLE);
    expect(broken, "d NOOP", NOOP);
    // Nothing of it depends on the server's words, nor on when the line came.
    let cyrus = "C: b IDLE\nC: c SELECT INBOX\nS: + idling\nS: b BAD Invalid Idle continuation\n";
    expect(cyrus, "b BAD", IDLE_BROKEN);
    expect(cyrus, "c SELECT", WITHIN_IDLE);
    let refused = [
        "The server does not understand the login, or does not allow it here",
        "服务器不能理解该登录命令，或此处不允许这样登录",
    ];
    let looked_at = said(&format!("{LOGIN}C: b LOGIN eve y\nS: b BAD Invalid credentials\n"), "b BAD");
    assert_ne!(looked_at, IN_ALREADY);
    let before = said("S: * OK hi\nC: b LOGIN alice x\nS: b BAD Already logged in\n", "b BAD");
    assert_ne!(before, IN_ALREADY, "the state decides");
    let out =
        said(&format!("{LOGIN}C: b UNAUTHENTICATE\nS: b OK\nC: c LOGIN eve y\nS: c BAD invalid password\n"), "c BAD");
    assert_eq!(out, refused);
}

#[test]
fn notify_is_turned_off_too() {
    let none = "C: b NOTIFY NONE\nS: b OK done\n";
    expect(none, "b NOTIFY", ["Asks the server to report no changes", "要求服务器不通知任何变化"]);
    expect(none, "b OK", ["The server will report no changes unasked", "服务器不再主动通知变化"]);
    let set = "C: b NOTIFY SET (personal (MessageNew))\nS: * STATUS Foo (MESSAGES 0)\nS: b OK done\n";
    expect(set, "b NOTIFY", ["Tells the server which changes it should report", "告知服务器需要通知哪些变化"]);
    expect(set, "b OK", ["The server will report those changes", "服务器将通知这些变化"]);
    let asked = ["Tells how many messages the mailbox asked about holds", "告知所询问邮箱的邮件数等状态"];
    let unasked = [
        "Reports how many messages a mailbox holds now, as NOTIFY has asked for",
        "按 NOTIFY 的要求，通知某个邮箱现有的邮件数等状态",
    ];
    let status = "* STATUS Foo";
    expect(set, status, asked);
    expect(&format!("{set}C: c IDLE\nS: + idling\nS: * STATUS Foo (MESSAGES 2)\n"), status, unasked);
    expect(&format!("{set}C: c STATUS Foo (MESSAGES)\nS: * STATUS Foo (MESSAGES 2)\n"), status, asked);
    let over = "S: * OK [NOTIFICATIONOVERFLOW] too many\nS: * STATUS Foo (MESSAGES 2)\n";
    expect(&format!("{set}{over}"), status, asked);
    expect(&format!("{set}C: c NOTIFY NONE\nS: c OK\nS: * STATUS Foo (MESSAGES 2)\n"), status, asked);
}

#[test]
fn a_message_that_is_not_stored_may_be_at_fault_itself() {
    let append = |reply: &str| format!("C: b APPEND INBOX {{4+}}\nC: abcd\nS: {reply}\n");
    let at_fault = [
        "The message was not stored: the server does not accept the message itself",
        "邮件未存入邮箱：服务器不接受该邮件本身",
    ];
    for reply in
        ["b NO Message contains invalid header", "b NO Message contains bare newlines", "b NO Message too large"]
    {
        expect(&append(reply), "b NO", at_fault);
    }
    let general = [
        "The message was not stored: no such mailbox, no room, or not allowed",
        "邮件未存入邮箱：邮箱不存在、空间不足或没有权限",
    ];
    expect(&append("b NO Not now"), "b NO", general);
    let url = [
        "The message was not stored (a URL that names a part cannot be used)",
        "邮件未存入邮箱（指明某一部分的 URL 无法使用）",
    ];
    expect(&append("b NO [BADURL /INBOX/;UID=999] Message not found"), "b NO", url);
}

#[test]
fn what_is_refused_for_the_state_is_understood() {
    let state = ["The command is not allowed in this state", "当前状态不允许该命令"];
    expect("C: b STARTTLS\nS: b BAD Can't Starttls after authentication\n", "b BAD", state);
    expect("C: b STARTTLS\nS: b BAD TLS already active\n", "b BAD", state);
    let dovecot = "b BAD Error in IMAP command STARTTLS: Unknown command (0.001 secs).";
    expect(&format!("C: b STARTTLS\nS: {dovecot}\n"), "b BAD", state);
    let unknown = said(&format!("S: * OK hi\nC: b STARTTLS\nS: {dovecot}\n"), "b BAD");
    assert_eq!(unknown, ["The server does not know the command", "服务器不认识该命令"]);
    let compressed = [
        "The command is not allowed in this state (the connection is compressed already)",
        "当前状态不允许该命令（连接已在压缩）",
    ];
    expect("C: b COMPRESS DEFLATE\nS: b BAD [COMPRESSIONACTIVE] DEFLATE active\n", "b BAD", compressed);
    expect("C: b COMPRESS FOO\nS: b BAD what\n", "b BAD", BAD);
    let before = said("S: * OK hi\nC: b SELECT INBOX\nS: b BAD allowed only after login\n", "b BAD");
    assert_ne!(before, state, "a state that is still to come");
    let special = [
        "The mailbox cannot be created (the mailbox cannot have that special use)",
        "不能创建邮箱（该邮箱不能有此特殊用途）",
    ];
    expect("C: b CREATE Sent (USE (\\\\Sent))\nS: b NO [USEATTR] SPECIAL-USE flag conflict\n", "b NO", special);
}

#[test]
fn enable_may_turn_nothing_on() {
    let nothing = ["No extension was turned on: the server names none", "没有启用任何扩展：服务器未列出任何一项"];
    expect("C: b ENABLE UTF8=ACCEPT\nS: b OK Completed\n", "b OK", nothing);
    let empty = "C: b ENABLE UTF8=ACCEPT\nS: * ENABLED\nS: b OK Completed\n";
    expect(empty, "b OK", nothing);
    expect(empty, "* ENABLED", ["Tells that no extension was turned on", "告知没有启用任何扩展"]);
    let on = "C: b ENABLE CONDSTORE\nS: * ENABLED CONDSTORE\nS: b OK Completed\n";
    expect(on, "b OK", ["The extensions known to the server are on", "服务器所支持的扩展已启用"]);
    expect(on, "* ENABLED", ["Tells which extensions are on", "告知已启用的扩展"]);
    let missing = "C: b ENABLE CONDSTORE\nS~ 40\nS: b OK Completed\n";
    expect(missing, "b OK", ["The extensions known to the server are on", "服务器所支持的扩展已启用"]);
}

#[test]
fn a_literal_may_be_taken_for_commands() {
    let to_literal = [
        "Answers a line of a literal, which the server has taken for a command",
        "答复字面量中的一行：服务器把这一行当作了命令",
    ];
    let to_nothing = ["An error whose tag names no command that was seen", "出错响应，但其标签没有对应的命令"];
    let unknown = "b BAD Error in IMAP command REPLACE: Unknown command";
    let hello = "S: hello BAD Error in IMAP command: Invalid command name\n";
    let replace = "C: b REPLACE 1 INBOX {5+}\nC: hello\n";
    expect(&format!("{replace}S: {unknown}\n{hello}"), "hello BAD", to_literal);
    expect(&format!("C: b FROB {{5+}}\nC: hello\nS: b BAD Unknown command\n{hello}"), "hello BAD", to_literal);
    expect(&format!("{replace}S: b OK done\n{hello}"), "hello BAD", to_nothing);
    expect(&format!("{replace}S: {unknown}\nS: hullo BAD Invalid\n"), "hullo BAD", to_nothing);
    let content = |script: &str| {
        let session = testing::session(&format!("{LOGIN}{script}"), Needs::ALL);
        let step = session.steps.iter().find(|step| step.carries().is_some()).expect("content");
        [Lang::En, Lang::Zh].map(|lang| purpose(lang, &verdict_purpose::purpose(&session, step)).into_owned())
    };
    let in_vain = [
        "Sends a message in a command that the server does not know: it is not stored",
        "在服务器不认识的命令中发送邮件，邮件不会存入邮箱",
    ];
    assert_eq!(content(&format!("{replace}S: {unknown}\n{hello}")), in_vain);
    let stored = ["Sends the message to be stored in the mailbox", "发送要存入邮箱的邮件"];
    assert_eq!(content(&format!("{replace}S: b NO [OVERQUOTA] full\n")), stored);
}

#[test]
fn a_password_in_a_literal_is_not_shown_where_it_comes_back() {
    let script = format!(
        "{LOGIN}C: b LOGIN {{3+}}\nC: bob {{6+}}\nC: hidden\nS: b BAD Unknown command\nS: hidden BAD Invalid\n"
    );
    let session = testing::session(&script, Needs::ALL);
    let reply = session.steps.iter().rfind(|step| step.text.starts_with("hidden")).expect("a reply");
    assert!(reply.tag.is_none());
    let secrets = reply.extra.as_ref().map(|extra| extra.secrets.as_slice()).unwrap_or_default();
    assert_eq!(secrets.first(), Some(&(0..reply.text.len())), "all of it");
}

#[test]
fn done_may_come_when_no_idle_runs_any_more() {
    let late = [
        "Comes too late: no IDLE runs any more, and the server takes the line for a command",
        "来得太晚：IDLE 已经结束，服务器会把这一行当作命令",
    ];
    let in_time = ["Ends the waiting for changes", "结束等待"];
    let answer = [
        "Answers DONE, which the server has taken for a command: no IDLE ran any more",
        "答复 DONE：IDLE 已经结束，服务器把它当作了命令",
    ];
    let broken = "C: b IDLE\nS: + idling\nC: c NOOP\nS: b BAD Expected DONE\nC: DONE\n";
    expect(broken, "DONE", late);
    expect(&format!("{broken}S: DONE BAD Error in IMAP command: Invalid command name\n"), "DONE BAD", answer);
    expect("C: b IDLE\nS: b NO not here\nC: DONE\n", "DONE", late);
    let ended = said(&format!("{LOGIN}C: b IDLE\nS: + idling\nC: DONE\nS: b OK done\n"), "DONE");
    assert_eq!(ended[0], in_time[0]);
    // Sent ahead.
    let ahead = said(&format!("{LOGIN}C: b IDLE\nC: DONE\nS: + idling\nS: b OK done\n"), "DONE");
    assert_eq!(ahead[0], in_time[0]);
    let to_nothing = ["An error whose tag names no command that was seen", "出错响应，但其标签没有对应的命令"];
    expect("S: DONE BAD what\n", "DONE BAD", to_nothing);
}

#[test]
fn store_may_be_ignored() {
    let open = "C: b EXAMINE INBOX\nS: b OK [READ-ONLY] done\nC: c STORE 1 +FLAGS (\\Seen)\n";
    let ignored = ["No flag was changed: the mailbox is open for reading only", "没有更改任何标志：邮箱以只读方式打开"];
    expect(&format!("{open}S: c OK Store ignored with read-only mailbox\n"), "c OK", ignored);
    let [changed, _] = said(&format!("{LOGIN}{open}S: c OK Store completed\n"), "c OK");
    assert_eq!(changed, "The flags were changed");
}
