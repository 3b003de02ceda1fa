//! `!diff`: what changed in the workspace.
//!
//! - the changes stand in a block or a file, and untracked files are named, also of repositories below the workspace
//! - nothing that a repository configures runs, and none shows what is elsewhere or fills the memory
//! - where there is no git, no repository or no sandbox, that is said

#![expect(
    clippy::disallowed_methods,
    reason = "a test prepares files and repositories"
)]

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use loopback_discord::{Loopback, Message};
use serde_json::{Value, json};

use crate::support::{Bot, Home, Need, Running, files, skip_without};

fn git(folder: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let names = [("AUTHOR", "a"), ("COMMITTER", "c")];
    for (who, name) in names {
        command.env(format!("GIT_{who}_NAME"), name);
        command.env(format!("GIT_{who}_EMAIL"), "x@example.org");
    }
    command.env("HOME", folder).status().unwrap().success()
}

/// A repository with a commit of these files.
fn repository(folder: &Path, committed: &[(&str, &str)]) {
    fs::create_dir_all(folder).unwrap();
    assert!(git(folder, &["init", "--quiet"]));
    for (name, content) in committed {
        fs::write(folder.join(name), content).unwrap();
    }
    assert!(git(folder, &["add", "."]) && git(folder, &["commit", "--quiet", "--message=x"]));
}

fn workspace(discord: &Loopback, home: &Home) -> PathBuf {
    let workspace = home
        .path()
        .join(format!("workspaces/{}", discord.general()));
    fs::create_dir_all(&workspace).unwrap();
    workspace
}

async fn start(discord: &Loopback, home: &Home, level: &str) -> Running {
    let config = json!({ "claude": { "sandbox": level } });
    Bot::new(discord)
        .home(home)
        .config(&config)
        .start(discord)
        .await
}

async fn diff(bot: &Running, discord: &Loopback) -> Message {
    let asked = discord.say(discord.general(), discord.member(), "!diff");
    bot.reply(discord, asked).await
}

#[tokio::test]
async fn changes_are_shown() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    let bot = start(&discord, &home, "bwrap").await;
    let none = "There is no git repository in this channel's workspace or right below it, so I can't tell what changed.";
    assert_eq!(diff(&bot, &discord).await.content, none);
    let workspace = workspace(&discord, &home);
    // The one around it is somebody else's.
    repository(home.path(), &[("outer", "x")]);
    fs::write(home.path().join("outer"), "y").unwrap();
    assert_eq!(diff(&bot, &discord).await.content, none);
    repository(
        &workspace,
        &[("a.txt", "one\n"), ("gone", "x\n"), ("same", "x\n")],
    );
    // Its time alone has changed, of which git takes note if it can.
    fs::write(workspace.join("same"), "x\n").unwrap();
    fs::write(workspace.join("a.txt"), "ONE\n").unwrap();
    fs::write(workspace.join("new file"), "x").unwrap();
    fs::remove_file(workspace.join("gone")).unwrap();
    let index = fs::read(workspace.join(".git/index")).unwrap();
    let shown = diff(&bot, &discord).await.content;
    let (heading, block) = shown.split_once("\n```diff\n").unwrap();
    assert_eq!(
        heading,
        "Changed in the workspace since the last commit: 2 files."
    );
    assert!(
        block.contains("@@ -1 +1 @@\n-one\n+ONE\ndiff --git a/gone b/gone\n"),
        "{shown}"
    );
    assert!(
        block.ends_with("\n```\nNew, and not known to git: `new file`."),
        "{shown}"
    );
    assert_eq!(
        fs::read(workspace.join(".git/index")).unwrap(),
        index,
        "it only looks"
    );

    let answer = bot.slash_answer(
        &discord,
        (discord.general(), discord.member()),
        "diff",
        &Value::Null,
    );
    assert_eq!(answer.await, shown);
    fs::write(workspace.join("a.txt"), "line\n".repeat(1_000)).unwrap();
    repository(&workspace.join("below"), &[("b", "two\n")]);
    symlink(home.path(), workspace.join("link")).unwrap();
    let long = diff(&bot, &discord).await;
    assert_eq!(
        long.content,
        "Changed in the workspace since the last commit: 2 files.\n\
             New, and not known to git: `below/`, `link`, `new file`.\n\
             Nothing has changed in `below` since the last commit."
    );
    assert_eq!(long.attachments[0].name, "changes.diff");
    let file = String::from_utf8(files(&discord, &long).await.remove(0)).unwrap();
    assert_eq!(file.matches("\n+line").count(), 1_000);
    bot.stop().await;
}

/// Programs in places where git runs them. Each notes its name in a folder.
fn plant(workspace: &Path, notes: &Path) -> PathBuf {
    let planted = |name: &str, then: &str| {
        let path = notes.join(format!("run-{name}"));
        let text = format!("#!/bin/sh\ntouch {}/{name}\n{then}\n", notes.display());
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    repository(
        workspace,
        &[
            ("a.txt", "one\n"),
            ("b.bin", "one\n"),
            ("c.inc", "one\n"),
            ("d.own", "one\n"),
        ],
    );
    let below = workspace.join("below");
    repository(&below, &[("x", "one\n")]);
    fs::write(below.join("x"), "two\n").unwrap();
    let config =
        |folder: &Path, key: &str, value: &str| assert!(git(folder, &["config", key, value]));
    config(&below, "core.fsmonitor", &planted("submodule", "exit 1"));
    assert!(
        git(workspace, &["add", "below"]) && git(workspace, &["commit", "--quiet", "--message=y"])
    );
    for name in ["a.txt", "b.bin", "c.inc", "d.own"] {
        fs::write(workspace.join(name), "two\n").unwrap();
    }
    let attributes = "*.txt diff=shown filter=clean\n*.bin filter=process\n*.inc diff=included\n*.own diff=own\n";
    fs::write(workspace.join(".gitattributes"), attributes).unwrap();
    config(workspace, "core.fsmonitor", &planted("fsmonitor", "exit 1"));
    config(workspace, "diff.external", &planted("external", ""));
    config(workspace, "diff.own.command", &planted("command", ""));
    config(
        workspace,
        "diff.shown.textconv",
        &planted("textconv", "cat \"$1\""),
    );
    config(workspace, "filter.clean.clean", &planted("clean", "cat"));
    config(
        workspace,
        "filter.process.process",
        &planted("process", "exit 1"),
    );
    let included = format!(
        "[diff \"included\"]\n\ttextconv = {}\n",
        planted("include", "cat \"$1\"")
    );
    fs::write(notes.join("included"), included).unwrap();
    config(
        workspace,
        "include.path",
        notes.join("included").to_str().unwrap(),
    );
    let hooks = notes.join("hooks");
    fs::create_dir(&hooks).unwrap();
    fs::rename(planted("hook", ""), hooks.join("post-index-change")).unwrap();
    config(workspace, "core.hooksPath", hooks.to_str().unwrap());
    // It lacks an object that git would fetch, by a command of the repository's.
    let partial = workspace.join("partial");
    repository(&partial, &[("x", "one\n")]);
    let blob = partial.join(".git/objects/56/26abf0f72e58d7a153368ba57db4c673c0e171");
    fs::remove_file(blob).unwrap();
    fs::write(partial.join("x"), "two\n").unwrap();
    config(&partial, "core.repositoryFormatVersion", "1");
    config(&partial, "extensions.partialClone", "origin");
    config(&partial, "remote.origin.promisor", "true");
    config(
        &partial,
        "remote.origin.url",
        &format!("ext::{}", planted("fetch", "")),
    );
    config(&partial, "protocol.ext.allow", "always");
    partial
}

fn noted(notes: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(notes)
        .unwrap()
        .map(|it| it.unwrap().file_name());
    let names = entries.map(|name| name.into_string().unwrap());
    names
        .filter(|name| {
            !name.contains(['-', '.']) && !["included", "hooks"].contains(&name.as_str())
        })
        .collect()
}

#[tokio::test]
async fn nothing_that_a_repository_configures_runs() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    let workspace = workspace(&discord, &home);
    let notes = tempfile::tempdir().unwrap();
    let partial = plant(&workspace, notes.path());
    let bot = start(&discord, &home, "bwrap").await;
    let shown = diff(&bot, &discord).await;
    assert!(
        shown
            .content
            .contains("Changed in the workspace since the last commit: 4 files."),
        "{shown:?}"
    );
    let diff_of_c = "diff --git a/c.inc b/c.inc\nindex 5626abf..f719efd 100644\n--- a/c.inc\n+++ b/c.inc\n@@ -1 +1 @@\n-one\n+two\n";
    assert!(shown.content.contains(diff_of_c), "{shown:?}");
    assert_eq!(noted(notes.path()), BTreeSet::new());
    // A plain git runs all of them. It gives up where the filter process fails.
    git(&workspace, &["diff"]);
    let attributes = fs::read_to_string(workspace.join(".gitattributes")).unwrap();
    let attributes = attributes.replace("filter=process", "");
    fs::write(workspace.join(".gitattributes"), attributes).unwrap();
    for arguments in [&["diff"][..], &["diff", "--no-ext-diff"], &["add", "."]] {
        git(&workspace, arguments);
        git(&partial, arguments);
    }
    let all = [
        "clean",
        "command",
        "external",
        "fetch",
        "fsmonitor",
        "hook",
        "include",
        "process",
        "submodule",
        "textconv",
    ];
    assert_eq!(noted(notes.path()), all.map(str::to_owned).into());
    bot.stop().await;
}

#[tokio::test]
async fn no_repository_shows_files_of_another_channel() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    let others = home
        .path()
        .join(format!("workspaces/{}", discord.channel("rust")));
    repository(&others, &[("theirs", "their words\n")]);
    let workspace = workspace(&discord, &home);
    let fake = |name: &str| {
        let folder = workspace.join(name);
        fs::create_dir(&folder).unwrap();
        folder
    };
    fs::write(
        fake("file").join(".git"),
        format!("gitdir: {}/.git", others.display()),
    )
    .unwrap();
    symlink(others.join(".git"), fake("link").join(".git")).unwrap();
    let borrowed = workspace.join("borrowed");
    repository(&borrowed, &[("mine", "x\n")]);
    let head = fs::read(others.join(".git/refs/heads/master"));
    let head = head
        .or_else(|_| fs::read(others.join(".git/refs/heads/main")))
        .unwrap();
    fs::write(borrowed.join(".git/HEAD"), head).unwrap();
    let alternates = format!("{}/.git/objects\n", others.display());
    fs::write(borrowed.join(".git/objects/info/alternates"), alternates).unwrap();
    let bot = start(&discord, &home, "bwrap").await;
    let shown = diff(&bot, &discord).await;
    assert_eq!(
        shown.content, "git could not compare `borrowed`.\ngit could not compare `file`.",
        "nor does it see what the link leads to"
    );
    assert!(shown.attachments.is_empty());
    bot.stop().await;
}

#[tokio::test]
async fn nothing_is_shown_without_a_sandbox_around_git() {
    let discord = Loopback::builder().start().await.unwrap();
    let mut home = Home::new();
    repository(&workspace(&discord, &home), &[("a", "one\n")]);
    for level in ["off", "cli"] {
        let bot = start(&discord, &home, level).await;
        let shown = diff(&bot, &discord).await;
        assert!(
            shown
                .content
                .starts_with("I can show changes only at the sandbox level `bwrap`"),
            "{shown:?}"
        );
        home = bot.stop().await;
    }
}

#[tokio::test]
async fn a_huge_file_of_git_does_not_fill_the_memory() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    let workspace = workspace(&discord, &home);
    repository(&workspace, &[("a", "one\n")]);
    fs::write(workspace.join("a"), "two\n").unwrap();
    fs::create_dir_all(workspace.join(".git/info")).unwrap();
    let exclude = fs::File::create(workspace.join(".git/info/exclude")).unwrap();
    exclude.set_len(2 << 30).unwrap();
    let bot = start(&discord, &home, "bwrap").await;
    let shown = diff(&bot, &discord).await.content;
    assert!(shown.contains("-one\n+two\n"), "{shown}");
    assert!(shown.ends_with("`(git could not list them)`."), "{shown}");
    bot.stop().await;
}

#[tokio::test]
async fn a_channel_has_one_at_a_time() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    let workspace = workspace(&discord, &home);
    repository(&workspace, &[("a", "one\n")]);
    let (head, aside) = (workspace.join(".git/HEAD"), workspace.join(".git/aside"));
    fs::rename(&head, &aside).unwrap();
    // git waits for what is written there.
    let made = Command::new("mkfifo").arg(&head).status().unwrap();
    assert!(made.success());
    let pipe = fs::File::options()
        .read(true)
        .write(true)
        .open(&head)
        .unwrap();
    let bot = start(&discord, &home, "bwrap").await;
    let first = discord.say(discord.general(), discord.member(), "!diff");
    let busy = "I'm still making the file or diff that was asked for here before. Ask again when it's there.";
    assert_eq!(diff(&bot, &discord).await.content, busy);
    fs::rename(&aside, &head).unwrap();
    drop(pipe);
    bot.reply(&discord, first).await;
    let nothing = "Nothing has changed in the workspace since the last commit.";
    assert_eq!(diff(&bot, &discord).await.content, nothing);
    bot.stop().await;
}

#[tokio::test]
async fn a_machine_without_git_is_told_of() {
    if skip_without(Need::Namespaces) {
        return;
    }
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    repository(&workspace(&discord, &home), &[("a", "one\n")]);
    let programs = home.path().join("programs");
    fs::create_dir(&programs).unwrap();
    for program in ["sh", "bwrap"] {
        symlink(format!("/usr/bin/{program}"), programs.join(program)).unwrap();
    }
    let config = json!({ "claude": { "sandbox": "bwrap" } });
    let bot = Bot::new(&discord).home(&home).config(&config);
    let bot = bot
        .env("PATH", programs.to_str().unwrap())
        .start(&discord)
        .await;
    let expected = "git is not installed where I run, so I can't tell what changed.";
    assert_eq!(diff(&bot, &discord).await.content, expected);
    bot.stop().await;
}
