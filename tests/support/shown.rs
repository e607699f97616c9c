//! Output that a page shows, held against what the program prints.
//!
//! A block of output stands below a comment with the arguments that print it. `[…]` on a line of its own stands for
//! lines that were left out; the lines between two of them must be printed exactly, and in this order.

use std::process::Command;

const LEFT_OUT: &str = "[…]";

/// Checks every block of the page `text`, called `name`. `mailtap` makes the command that prints, without its arguments:
/// where it runs, and in which environment. At least one block must be there.
pub fn blocks_are_printed(name: &str, text: &str, mailtap: impl Fn() -> Command) {
    let mut blocks = text.split("<!-- prints: ").skip(1).peekable();
    assert!(blocks.peek().is_some(), "{name} shows no table");
    for block in blocks {
        let (arguments, rest) = block.split_once(" -->\n```text\n").expect("arguments, and a block below them");
        let shown = rest.split("\n```").next().expect("its end");
        let output = mailtap().args(arguments.split(' ')).output().expect("mailtap runs");
        assert!(output.status.success(), "{name}: {arguments}: {}", String::from_utf8_lossy(&output.stderr));
        let output = String::from_utf8(output.stdout).expect("UTF-8");
        let mut rest = output.as_str();
        for piece in shown.split(LEFT_OUT).map(|piece| piece.trim_matches('\n')).filter(|piece| !piece.is_empty()) {
            let lines = format!("\n{piece}\n");
            let Some(at) = rest.find(&lines) else {
                let missing = piece.lines().find(|line| !output.contains(line)).unwrap_or("only in another order");
                panic!("{name}: not printed by {arguments}: {missing}\n{piece}");
            };
            rest = &rest[at + lines.len() - 1..];
        }
    }
}
