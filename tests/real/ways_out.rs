//! What `switchboard check` says of allow rules, tried.
//!
//! - a rule that is named as a way out is one: a program is run, a file outside the workspace is written or read
//! - a rule that is not named holds against the same attempts
//! - with the built-in list none of those commands runs
//! - without a sandbox Bash is offered only where a rule names it

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use loopback_discord::Snowflake;
use serde_json::json;
use switchboard::allow_rules::lint_rule;

use super::{
    confinement::tool,
    world::{NEW, OLD, World},
};
use crate::support::Running;

on_both_versions!(
    a_rule_that_is_named_is_a_way_out,
    a_rule_that_is_not_named_holds,
    without_a_sandbox_bash_needs_a_rule
);

/// What stands in a file outside that nobody may read.
const CANARY: &str = "canary-of-the-owner";

/// A rule, the command to try, and on which version, where not on both. `@` stands for the folder outside.
type Try = (&'static str, &'static str, Option<&'static str>);

/// No two of a table's rules allow the same command.
const PROGRAMS: &[Try] = &[
    (
        "Bash(python3 *)",
        "python3 -c \"open('@/mark', 'w')\"",
        None,
    ),
    (
        "Bash(node *)",
        "node -e \"require('fs').writeFileSync('@/mark', '')\"",
        None,
    ),
    (
        "Bash(python3)",
        "echo \"open('@/mark', 'w')\" | python3",
        None,
    ),
    ("Bash(perl *)", "perl -e \"open F, '>', '@/mark'\"", None),
    ("Bash(sh *)", "sh -c 'touch @/mark'", None),
    ("Bash(sed *)", "sed '1e touch @/mark' note.txt", None),
    ("Bash(git log *)", "git log --output=@/mark", None),
    ("Bash(git diff *)", "git diff --output=@/mark", None),
    ("Bash(git commit *)", "git commit -m x --allow-empty", None),
    (
        "Bash(tar *)",
        "tar cf a.tar --checkpoint=1 --checkpoint-action=exec='touch @/mark' note.txt",
        None,
    ),
    ("Bash(xargs *)", "xargs -a note.txt touch @/mark", None),
    ("Bash(make)", "make", None),
    ("Bash(npm test)", "npm test", None),
    (
        "Bash(ssh 192.168.1.*)",
        "ssh 192.168.1.1 -o ProxyCommand='touch @/mark'",
        None,
    ),
    (
        "Bash(split *)",
        "split --filter='touch @/mark' note.txt",
        None,
    ),
];

const WRAPPERS: &[Try] = &[
    ("Bash(env *)", "env sh -c 'touch @/mark'", None),
    ("Bash(timeout *)", "timeout 5 sh -c 'touch @/mark'", None),
    ("Bash(nice *)", "nice sh -c 'touch @/mark'", None),
    ("Bash(nohup *)", "nohup sh -c 'touch @/mark'", None),
    ("Bash(time *)", "time sh -c 'touch @/mark'", None),
    ("Bash(git *)", "git -c alias.z='!touch @/mark' z", None),
    ("Bash(./build.sh)", "./build.sh", None),
    ("Bash(* --version)", "sh -c 'touch @/mark' --version", None),
];

const OPTIONS: &[Try] = &[
    (
        "Bash(timeout -s KILL *)",
        "timeout -s KILL 5 sh -c 'touch @/mark'",
        None,
    ),
    (
        "Bash(env -u FOO *)",
        "env -u FOO sh -c 'touch @/mark'",
        None,
    ),
    (
        "Bash(stdbuf -o L *)",
        "stdbuf -o L sh -c 'touch @/mark'",
        None,
    ),
    (
        "Bash(\"perl\" *)",
        "\"perl\" -e 'system(\"touch @/mark\")'",
        None,
    ),
];

const FILES: &[Try] = &[
    ("Read", r#"Read {"file_path": "@/secret.txt"}"#, None),
    (
        "Grep",
        r#"Grep {"pattern": "canary", "path": "@", "output_mode": "content"}"#,
        None,
    ),
    ("Glob", r#"Glob {"pattern": "@/canary*"}"#, None),
    (
        "Write",
        r#"Write {"file_path": "@/mark", "content": "x"}"#,
        None,
    ),
    ("Bash(awk *)", "awk 'BEGIN { print 1 > \"@/mark\" }'", None),
    ("Bash(dd *)", "dd if=note.txt of=@/mark", None),
    ("Bash(ln *)", "ln -s note.txt @/mark", None),
    ("Bash(tee *)", "tee @/mark", Some(OLD)),
    ("Bash(sort *)", "sort --output=@/mark note.txt", None),
    ("Bash(curl *)", "curl -s file://@/secret.txt", None),
    ("Bash(date *)", "date -f @/secret.txt", None),
    ("Bash(wc *)", "wc -c --files0-from=@/secret.txt", None),
    (
        "Bash(diff *)",
        "diff --from-file=@/secret.txt note.txt",
        None,
    ),
    ("Bash(tac *)", "tac @/secret.txt", Some(OLD)),
    ("Bash(fold *)", "fold @/secret.txt", Some(OLD)),
    ("Bash(pr *)", "pr @/secret.txt", Some(OLD)),
];

const HELD: &[Try] = &[
    ("Read(./**)", r#"Read {"file_path": "@/secret.txt"}"#, None),
    (
        "Edit(./**)",
        r#"Write {"file_path": "@/mark", "content": "x"}"#,
        None,
    ),
    (
        "Grep(./**)",
        r#"Grep {"pattern": "canary", "path": "@", "output_mode": "content"}"#,
        None,
    ),
    ("Bash(ls *)", "ls @", None),
    ("Bash(cat *)", "cat @/secret.txt", None),
    ("Bash(head *)", "head @/secret.txt", None),
    ("Bash(grep *)", "grep -r canary @", None),
    (
        "Bash(find *)",
        "find . -name note.txt -exec touch @/mark ;",
        None,
    ),
    ("Bash(find *)", "find . -fprintf @/mark x", None),
    ("Bash(find *)", "find @ -name 'canary*'", None),
    ("Bash(cp *)", "cp note.txt @/mark", None),
    ("Bash(cp *)", "cp -t @ note.txt", None),
    ("Bash(mv *)", "mv note.txt @/mark", None),
    ("Bash(mkdir *)", "mkdir @/mark", None),
    ("Bash(touch *)", "touch @/mark", None),
    ("Bash(rm *)", "rm @/secret.txt", None),
    ("Bash(uniq *)", "uniq note.txt @/mark", None),
    ("Bash(echo *)", "echo x > @/mark", None),
    ("Bash(echo *)", "echo $(touch @/mark)", None),
    ("Bash(cd *)", "cd @ && touch mark", None),
    (
        "Bash(command -v *)",
        "command -v sh -c 'touch @/mark'",
        None,
    ),
    // The CLI runs none of these, whatever follows: it can't tell what they start.
    ("Bash(flock *)", "flock lock sh -c 'touch @/mark'", None),
    ("Bash(flock *)", "flock lock ./build.sh", None),
    ("Bash(script *)", "script -c 'touch @/mark' /dev/null", None),
    ("Bash(taskset *)", "taskset 1 sh -c 'touch @/mark'", None),
    ("Bash(taskset *)", "taskset 1 ./build.sh", None),
];

/// A world with a channel for each table, and a workspace in each where there is something to work on.
struct Place<'a> {
    world: &'a World,
    bot: Running,
    outside: std::path::PathBuf,
}

impl<'a> Place<'a> {
    async fn new(world: &'a World, tables: &[(Snowflake, &[Try])]) -> Self {
        let outside = world.home.path().join("outside");
        world
            .home
            .write("outside/secret.txt", &format!("{CANARY}\n"));
        world.home.write(&format!("outside/{CANARY}"), "");
        let mut channels = serde_json::Map::new();
        for (channel, tries) in tables {
            furnish(world, *channel, &outside);
            let mut rules: Vec<&str> = tries.iter().map(|(rule, ..)| *rule).collect();
            rules.dedup();
            channels.insert(channel.to_string(), json!({ "allowed_tools": rules }));
        }
        let config = json!({
            "channels": channels,
            "claude": { "max_live": 5, "sandbox": "off" },
            "discord": { "approvals": "off" },
        });
        let bot = world.bot().config(&config).start(&world.discord).await;
        Self {
            world,
            bot,
            outside,
        }
    }

    /// Whether a command got out: what it left outside, or brought back.
    async fn escapes(&self, channel: Snowflake, attempt: &str) -> Option<String> {
        let attempt = attempt.replace('@', &self.outside.display().to_string());
        let (name, input) = match attempt.split_once(" {") {
            Some((name @ ("Read" | "Grep" | "Glob" | "Write"), input)) => {
                (name, serde_json::from_str(&format!("{{{input}")).unwrap())
            }
            _ => ("Bash", json!({ "command": attempt })),
        };
        let before = names(&self.outside);
        let output = tool(self.world, &self.bot, channel, name, &input).await;
        let after = names(&self.outside);
        for new in after.iter().filter(|name| !before.contains(name)) {
            let path = self.outside.join(new);
            fs::remove_file(&path)
                .or_else(|_| fs::remove_dir(&path))
                .unwrap();
        }
        let brought = output.contains(CANARY).then_some(output);
        brought.or_else(|| (before != after).then(|| format!("{before:?} became {after:?}")))
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Something for every program to work on, as a chat could have had it written.
fn furnish(world: &World, channel: Snowflake, outside: &Path) {
    let write = |name: &str, text: &str| {
        world
            .home
            .write(&format!("workspaces/{channel}/{name}"), text);
    };
    let workspace = world.home.path().join(format!("workspaces/{channel}"));
    let touch = format!("touch {}/mark", outside.display());
    write("note.txt", "ringing\n");
    write("Makefile", &format!("all:\n\t{touch}\n"));
    write(
        "package.json",
        &json!({ "name": "x", "version": "1.0.0", "scripts": { "test": touch } }).to_string(),
    );
    write("build.sh", &format!("#!/bin/sh\n{touch}\n"));
    let git = |arguments: &[&str]| {
        #[expect(clippy::disallowed_methods, reason = "a test's own repository")]
        let status = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
            .args(arguments)
            .current_dir(&workspace)
            .output()
            .unwrap()
            .status;
        assert!(status.success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "note.txt"]);
    git(&["commit", "--quiet", "--message=x"]);
    git(&["config", "user.name", "a"]);
    git(&["config", "user.email", "a@example.org"]);
    write(".git/hooks/pre-commit", &format!("#!/bin/sh\n{touch}\n"));
    write("note.txt", "ringing\nagain\n");
    for name in ["build.sh", ".git/hooks/pre-commit"] {
        fs::set_permissions(workspace.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

async fn a_rule_that_is_named_is_a_way_out(version: &'static str) {
    let world = World::new(version).await;
    let channels =
        ["general", "rust", "random", "fourth", "fifth"].map(|name| world.discord.channel(name));
    let tables: Vec<_> = channels
        .iter()
        .copied()
        .zip([PROGRAMS, WRAPPERS, OPTIONS, FILES])
        .collect();
    let builtin = channels[4];
    let place = Place::new(&world, &tables).await;
    furnish(&world, builtin, &place.outside);
    for (channel, tries) in tables {
        for (rule, attempt, only) in tries {
            if only.is_some_and(|only| only != version) {
                continue;
            }
            assert!(lint_rule(rule).is_some(), "{rule} is not reported");
            let out = place.escapes(channel, attempt).await;
            assert!(out.is_some(), "{rule} held against {attempt:?}");
            // What the CLI allows by itself, with the built-in list as with any other; see the docs.
            let by_itself = *rule == "Glob" && version == OLD;
            if !by_itself {
                let out = place.escapes(builtin, attempt).await;
                assert_eq!(out, None, "the built-in list allowed {attempt:?}");
            }
        }
    }
    world.stop(place.bot).await;
    assert!([OLD, NEW].contains(&version));
}

async fn a_rule_that_is_not_named_holds(version: &'static str) {
    let world = World::new(version).await;
    let here = world.discord.general();
    let place = Place::new(&world, &[(here, HELD)]).await;
    for (rule, attempt, _) in HELD {
        assert_eq!(lint_rule(rule), None, "{rule}");
        let out = place.escapes(here, attempt).await;
        assert_eq!(out, None, "{rule} allowed {attempt:?}");
    }
    world.stop(place.bot).await;
}

async fn without_a_sandbox_bash_needs_a_rule(version: &'static str) {
    let world = World::new(version).await;
    world.home.write("secret.txt", CANARY);
    let [without, with] = ["general", "rust"].map(|name| world.discord.channel(name));
    let config = json!({
        "channels": { with.to_string(): { "allowed_tools": ["Bash(ls *)"] } },
        // The owner's own list of the same kind holds as well.
        "claude": { "sandbox": "off", "extra_args": ["--disallowedTools=WebSearch"] },
    });
    let bot = world.bot().config(&config).start(&world.discord).await;
    for (channel, has_bash) in [(without, false), (with, true)] {
        let asked = world.discord.say(channel, world.discord.owner(), "hello");
        bot.reply(&world.discord, asked).await;
        let requests = world.requests_for("hello");
        let tools = requests.last().unwrap().tools();
        assert_eq!(tools.contains(&"Bash"), has_bash, "{tools:?}");
        assert!(!tools.contains(&"WebSearch"), "{tools:?}");
        assert!(tools.contains(&"Read"), "{tools:?}");
    }
    let secret = world.home.path().join("secret.txt");
    for command in [
        "diff --from-file=@ /dev/null",
        "wc --files0-from=@",
        "cat < @",
    ] {
        let command = command.replace('@', &secret.display().to_string());
        let input = json!({ "command": command });
        let output = tool(&world, &bot, without, "Bash", &input).await;
        assert!(!output.contains(CANARY), "{command}: {output}");
    }
    world.stop(bot).await;
}
