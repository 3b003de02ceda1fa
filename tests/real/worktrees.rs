//! Worktrees of git, which the CLI makes by itself, outside of its own sandbox.
//!
//! - where the workspace is a repository or lies in one, no tool makes a worktree without a rule: neither is anything
//!   written into the repository nor is a program of its run
//! - a subagent works all the same, without one

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use serde_json::{Value, json};

use super::{confinement::tool, sandbox::the_clis_sandbox, world::World};
use crate::support::{Need, skip_part_without};

on_both_versions!(a_worktree_needs_a_rule);

/// A repository in the bot's folder, with a hook that leaves marks inside and outside of it.
fn repository(world: &World) {
    let folder = world.home.path().join("project");
    world.home.write("notes/note", "");
    world.home.write("project/inner/note.txt", "ringing");
    let git = |arguments: &[&str]| {
        #[expect(clippy::disallowed_methods, reason = "a test's own repository")]
        let status = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
            .args(arguments)
            .current_dir(&folder)
            .output()
            .unwrap()
            .status;
        assert!(status.success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message=x"]);
    let hook = ".git/hooks/post-checkout";
    let mark = format!("touch {0}/mark {0}/../notes/mark", folder.display());
    world
        .home
        .write(&format!("project/{hook}"), &format!("#!/bin/sh\n{mark}\n"));
    fs::set_permissions(folder.join(hook), fs::Permissions::from_mode(0o755)).unwrap();
}

/// What there is of worktrees, and of what the hook leaves.
fn traces(world: &World) -> Vec<String> {
    let below = |name: &str| {
        let entries = fs::read_dir(world.home.path().join(name));
        let entries = entries.into_iter().flatten().map(|entry| entry.unwrap());
        let paths = entries.map(|entry| entry.path().display().to_string());
        paths.collect::<Vec<_>>()
    };
    let mut traces: Vec<_> = ["project", "notes"].into_iter().flat_map(below).collect();
    traces.retain(|path| path.ends_with("/mark"));
    let branches = below("project/.git/refs/heads");
    traces.extend(
        branches
            .into_iter()
            .filter(|path| path.contains("worktree")),
    );
    traces.extend(below("project/.claude/worktrees"));
    traces.extend(below("project/.git/worktrees"));
    traces
}

async fn a_worktree_needs_a_rule(version: &'static str) {
    let _alone = the_clis_sandbox().await;
    let world = World::new(version).await;
    repository(&world);
    let here = world.discord.general();
    let start = async |level: &str, workspace: &str, rules: Value, arguments: &[&str]| {
        let workspace: &Path = workspace.as_ref();
        let config = json!({
            "allowed_tools": rules,
            "claude": { "sandbox": level, "extra_args": arguments },
            "channels": { here.to_string(): { "workspace": workspace } },
        });
        world.bot().config(&config).start(&world.discord).await
    };
    let enter = json!({ "name": "abc" });
    let agent =
        json!({ "description": "a look", "prompt": "a look", "subagent_type": "general-purpose" });
    let mut apart = agent.clone();
    apart["isolation"] = "worktree".into();
    for (level, workspace, rules) in [
        (
            "cli",
            "project/inner",
            json!(["Bash(python3 *)", "Edit(./**)"]),
        ),
        ("off", "project/inner", json!(["Read(./**)", "Edit(./**)"])),
        ("bwrap", "project", json!(["Read(./**)", "Edit(./**)"])),
    ] {
        if level != "off" && skip_part_without(Need::Namespaces, level) {
            continue;
        }
        let bot = start(level, workspace, rules, &[]).await;
        for (name, input) in [("EnterWorktree", &enter), ("Agent", &apart)] {
            let printed = tool(&world, &bot, here, name, input).await;
            assert_eq!(traces(&world), Vec::<String>::new(), "{level}: {printed}");
        }
        let printed = tool(&world, &bot, here, "Agent", &agent).await;
        assert!(printed.contains("agentId"), "{level}: {printed}");
        world.stop(bot).await;
    }

    // No hook is run then.
    let (rules, arguments) = (json!(["Read(./**)"]), ["--safe-mode"]);
    let bot = start("off", "project/inner", rules, &arguments).await;
    let printed = tool(&world, &bot, here, "Agent", &apart).await;
    assert!(printed.contains("No such tool"), "{printed}");
    assert_eq!(traces(&world), Vec::<String>::new());
    world.stop(bot).await;

    let rules = json!(["EnterWorktree"]);
    let bot = start("off", "project/inner", rules, &[]).await;
    let printed = tool(&world, &bot, here, "EnterWorktree", &enter).await;
    assert_ne!(traces(&world), Vec::<String>::new(), "{printed}");
    world.stop(bot).await;
}
