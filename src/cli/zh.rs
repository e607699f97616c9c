/*!
The command line in Chinese: clap has no words but English ones. Help is clap's, with other templates, headings and texts;
errors are made from clap's context.
*/

mod error;
mod manual;
mod texts;

pub(crate) use error::error;
pub(super) use manual::{WORDS as MANUAL, breakable};

use clap::{Arg, ArgAction, Command};

const TEMPLATE: &str = "{before-help}{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";

/// `command` with Chinese words.
pub(super) fn translated(command: Command) -> Command {
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version).help("显示版本");
    let version = version.help_heading("选项");
    let names: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    let command = names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name.clone(), |one| with_words(one, &name).disable_version_flag(true))
    });
    with_words(command, "mailtap")
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .arg(version)
        .subcommand_help_heading("命令")
        .subcommand_value_name("命令")
        .override_usage("mailtap <命令>\n      mailtap [选项] <文件>...\n      mailtap [选项] -r <文件> [过滤条件]...\n      mailtap [选项] -i <接口> [-w <文件>] [过滤条件]...")
        .after_help(texts::AFTER)
}

/// The words of one command, but for its own commands.
fn with_words(command: Command, name: &str) -> Command {
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("显示帮助").help_heading("选项");
    let about = texts::command(name).unwrap_or_default();
    let usage = usage(&command, name);
    let command = command.about(about).long_about(about).help_template(TEMPLATE).disable_help_flag(true);
    let command = match usage {
        Some(usage) => command.override_usage(usage),
        None => command,
    };
    command.mut_args(|arg| with_text(arg, name)).arg(help)
}

fn usage(command: &Command, name: &str) -> Option<String> {
    let places: Vec<String> = command.get_positionals().map(|arg| place(arg, name)).collect();
    (name != "mailtap").then(|| format!("mailtap {name} [选项] {}", places.join(" ")).trim_end().to_owned())
}

fn place(arg: &Arg, _: &str) -> String {
    let value = texts::value(arg.get_id().as_str()).unwrap_or(arg.get_id().as_str());
    let many = if arg.get_num_args().is_some_and(|range| range.max_values() > 1) { "..." } else { "" };
    match arg.is_required_set() {
        true => format!("<{value}>{many}"),
        false => format!("[{value}]{many}"),
    }
}

fn with_text(arg: Arg, command: &str) -> Arg {
    let id = arg.get_id().as_str().to_owned();
    let mut text = texts::argument(command, &id).unwrap_or_default().to_owned();
    let takes = arg.get_action().takes_values();
    let values: Vec<String> =
        arg.get_possible_values().iter().filter(|_| takes).map(|value| value.get_name().to_owned()).collect();
    if !values.is_empty() {
        text.push_str(&format!(" [可选值：{}]", values.join("、")));
    }
    let defaults: Vec<String> =
        arg.get_default_values().iter().filter(|_| takes).map(|value| value.to_string_lossy().into_owned()).collect();
    if !defaults.is_empty() {
        text.push_str(&format!(" [默认：{}]", defaults.join("、")));
    }
    let heading = match arg.get_help_heading() {
        Some(super::filters::HEADING) => "选择会话",
        _ if arg.is_positional() => "参数",
        _ => "选项",
    };
    let named = texts::value(&id).filter(|_| arg.is_positional());
    let arg = arg.help(text.clone()).long_help(text).help_heading(heading);
    let arg = if takes { arg.hide_default_value(true).hide_possible_values(true) } else { arg };
    match named {
        Some(name) => arg.value_name(name),
        None => arg,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::{texts, translated};
    use clap::CommandFactory;

    #[test]
    fn every_command_and_every_option_has_chinese_words() {
        let command = Cli::command();
        let mut missing = Vec::new();
        for one in command.get_subcommands().chain([&command]) {
            if texts::command(one.get_name()).is_none() {
                missing.push(one.get_name().to_owned());
            }
            for arg in one.get_arguments().filter(|arg| !arg.is_hide_set()) {
                if texts::argument(one.get_name(), arg.get_id().as_str()).is_none() {
                    missing.push(format!("{} {}", one.get_name(), arg.get_id()));
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn help_has_no_english_sentence() {
        let mut command = translated(Cli::command());
        command.build();
        let names: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
        for name in names {
            let one = command.find_subcommand_mut(&name).unwrap();
            for help in [one.render_help().to_string(), one.render_long_help().to_string()] {
                for english in ["Usage", "Options", "Arguments", "default:", "possible values", " the ", "Print "] {
                    assert!(!help.contains(english), "{name}: {english}: {help}");
                }
            }
        }
        let help = command.render_long_help().to_string();
        assert!(help.contains("用法：") && help.contains("命令:") && !help.contains("Commands"), "{help}");
    }
}
