//! The commands in the documentation work.
//!
//! * The lines of a shell block run in order in a bot's folder, or are listed here with the reason why not.
//! * A command that a text names exists, and its options parse.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use loopback_discord::Loopback;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use tokio::process::Command;

use crate::support::{Bot, DEADLINE, Home, Running, finish, search_path};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Lines of shell blocks that install, build or run for long, or need another account or an image. Those of them that begin
/// with a program of ours are checked like a command in a text; nothing checks those of podman.
const NOT_RUN: [&str; 11] = [
    "sudo -Hu switchboard env -C /var/lib/switchboard claude",
    "sudo -Hu switchboard env -C /var/lib/switchboard switchboard --config /etc/switchboard/config.json init --token-file /etc/switchboard/token",
    "podman run --rm -it --volume switchboard:/var/lib/switchboard switchboard claude",
    "podman run --rm -it --volume switchboard:/var/lib/switchboard switchboard switchboard init",
    "podman run --detach --restart on-failure:3 --stop-timeout 90 --volume switchboard:/var/lib/switchboard --name switchboard switchboard",
    "scripts/demo",
    "scripts/test",
    "cargo install --path . --locked",
    "cargo xtask prove",
    "cargo xtask prove registry",
    "cargo xtask prove --percent 20 registry",
];

/// Folders whose Markdown is not documentation, or not ours.
const OTHER_FOLDERS: [&str; 4] = ["src", "target", "fuzz", "workspaces"];

/// What the pages say in code.
#[derive(Debug, Default)]
struct Book {
    /// The lines of each shell block, without their comments.
    blocks: Vec<Vec<String>>,
    /// What stands between backticks.
    spans: BTreeSet<String>,
}

impl Book {
    fn read() -> Self {
        let mut book = Self::default();
        let mut pages = Vec::new();
        find_pages(Path::new(ROOT), &mut pages);
        for page in pages {
            book.add(&fs::read_to_string(page).unwrap());
        }
        book
    }

    fn add(&mut self, page: &str) {
        let mut is_shell = false;
        for event in Parser::new(page) {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                    is_shell = ["sh", "bash", "shell", "console"].contains(&&*language);
                    if is_shell {
                        self.blocks.push(Vec::new());
                    }
                }
                Event::End(TagEnd::CodeBlock) => is_shell = false,
                Event::Text(text) if is_shell => {
                    let lines = text.lines().map(|line| line.split(" #").next().unwrap());
                    let lines = lines.map(|line| line.trim().to_owned());
                    let lines = lines.filter(|line| !line.is_empty());
                    self.blocks.last_mut().unwrap().extend(lines);
                }
                Event::Code(text) => {
                    self.spans.insert(text.into_string());
                }
                _ => {}
            }
        }
    }
}

fn find_pages(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            if !name.starts_with('.') && !OTHER_FOLDERS.contains(&&*name) {
                find_pages(&entry.path(), pages);
            }
        } else if Path::new(&name).extension().is_some_and(|it| it == "md") {
            pages.push(entry.path());
        }
    }
}

/// Runs the lines of a block, in order. A bot that one of them starts runs until the end of the block.
async fn run(block: &[String], discord: &Loopback) {
    let home = Home::new();
    let mut running: Option<Running> = None;
    for line in block.iter().filter(|line| !NOT_RUN.contains(&&***line)) {
        // What the reader has and this test has not: a server of their own, and a fixed port.
        let here = line
            .replace("/etc/switchboard/token", "token")
            .replace("1100000000000000001", &discord.general().to_string())
            .replace("127.0.0.1:8090", "127.0.0.1:0");
        home.write("token", discord.token());
        let bot = Bot::new(discord).home(&home);
        if here.starts_with("switchboard run") {
            let bot = bot.arguments(here.split_whitespace().skip(1));
            running = Some(bot.start(discord).await);
            continue;
        }
        assert!(
            here.starts_with("switchboard "),
            "neither run nor listed: {line}"
        );
        // Tests of `init` answer its questions on a terminal.
        let more = if here == "switchboard init" {
            " --yes"
        } else {
            ""
        };
        let script = format!("switchboard() {{ \"$0\" \"$@\"; }}; {here}{more}");
        let mut ran = bot
            .arguments([])
            .under(["bash", "-euo", "pipefail", "-c", &script])
            .launch();
        let status = ran.ended_within(DEADLINE).await;
        let said = ran.output.text() + &ran.log.text();
        assert!(status.success(), "{line}: {status}: {said}");
    }
    if let Some(bot) = running {
        bot.stop().await;
    }
}

#[tokio::test]
async fn shell_blocks_run_as_they_are_written() {
    let discord = Loopback::builder().start().await.unwrap();
    let book = Book::read();
    let lines: Vec<_> = book.blocks.iter().flatten().collect();
    for listed in NOT_RUN {
        assert!(lines.iter().any(|line| *line == listed), "gone: {listed}");
    }
    for block in &book.blocks {
        run(block, &discord).await;
    }
}

#[tokio::test]
async fn commands_in_texts_exist_and_their_options_parse() {
    let book = Book::read();
    let spans = book.spans.iter().map(String::as_str).chain(NOT_RUN);
    let mut checked = 0;
    for span in spans {
        // Without variables and another account before the command and brackets around what may be left out, with IDs in place
        // of their names.
        let plain = span.replace(['[', ']'], "");
        let plain = plain.trim_start_matches("sudo -Hu switchboard env -C /var/lib/switchboard ");
        let words = plain
            .split_whitespace()
            .skip_while(|word| word.contains('=') && !word.starts_with('-'))
            .map(|word| match word {
                "ID" | "CHANNEL" => "1100000000000000001",
                "SESSION" => "2f7c0f4e-0a3b-4c55-9d0e-5c1f6a7b8c9d",
                word => word,
            });
        let words: Vec<_> = words.collect();
        let failed = match words[..] {
            ["switchboard", ..] => help(Home::new().command(&words[1..])).await,
            // The tests of `crates/xtask` parse these.
            ["cargo", "xtask", ..] => None,
            ["cargo", ..] => help(cargo(&words[1..])).await,
            [script, ..] if script.starts_with("scripts/") || script == ".ci/run" => {
                let found = fs::metadata(Path::new(ROOT).join(script));
                let runs = found.is_ok_and(|it| it.permissions().mode() & 0o100 != 0);
                (!runs).then(|| "no such program".into())
            }
            _ => continue,
        };
        checked += 1;
        assert_eq!(failed, None, "`{span}`");
    }
    assert!(checked > 50, "{checked}");
}

/// What is wrong with the arguments of a command. With `--help` after them, they are parsed and do nothing.
async fn help(mut command: Command) -> Option<String> {
    let ran = {
        command.arg("--help");
        finish(command).await
    };
    (ran.code != Some(0)).then_some(ran.err)
}

fn cargo(arguments: &[&str]) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the machine's own tools")]
    let mut command = Command::new(env!("CARGO"));
    command
        .args(arguments)
        .current_dir(ROOT)
        .env("PATH", std::env::join_paths(search_path()).unwrap())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}
