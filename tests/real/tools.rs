//! What the CLI itself adds to a request: the tools, and its attachments.
//!
//! - every tool that a rule allows stands in the first request, but for those that a build does not have
//! - of the CLI's attachments, none brings a file, a memory or a `CLAUDE.md`
//! - in plan mode, the model is told so

#![expect(clippy::disallowed_methods, reason = "a test prepares files")]

use std::{collections::BTreeSet, fs};

use claude_session::{
    Environment,
    launch::{Spec, Start},
    pool::Pool,
    process::{self, Host, Process, Report, Reports},
    protocol::{Ask, Control, PermissionMode, SessionEvent, SessionRequest},
};
use serde_json::{Value, json};

use super::world::{NEW, OLD, World};
use crate::support::{DEADLINE, real_cli, search_path};

on_both_versions!(
    allowed_tools_stand_in_the_first_request,
    attachments_bring_no_files,
    plan_mode_is_announced,
);

/// Rules, and the tools that the model gets by them.
const RULES: &[(&str, &[&str])] = &[
    ("Read(./**)", &["Read"]),
    ("Edit(./**)", &["Edit", "Write"]),
    ("Grep(./**)", &["Grep"]),
    ("Glob", &["Glob"]),
    ("Bash(git status)", &["Bash"]),
    ("WebFetch", &["WebFetch"]),
    ("WebSearch", &["WebSearch"]),
    ("NotebookEdit", &["NotebookEdit"]),
    ("Agent", &["Agent"]),
    ("Skill", &["Skill"]),
    ("EnterWorktree", &["EnterWorktree", "ExitWorktree"]),
    ("TaskStop", &["TaskStop"]),
    (
        "TaskCreate",
        &["TaskCreate", "TaskGet", "TaskList", "TaskUpdate"],
    ),
    ("TodoWrite", &["TodoWrite"]),
    ("AskUserQuestion", &["AskUserQuestion"]),
    ("ExitPlanMode", &["EnterPlanMode", "ExitPlanMode"]),
];

/// Tools that a build does not have, whatever the rules say.
const MISSING: [(&str, &[&str]); 2] = [(OLD, &["TodoWrite"]), (NEW, &["TodoWrite"])];

async fn allowed_tools_stand_in_the_first_request(version: &'static str) {
    let world = World::new(version).await;
    let rules: Vec<_> = RULES.iter().map(|(rule, _)| rule).collect();
    let config = json!({ "allowed_tools": rules });
    let bot = world.bot().config(&config).start(&world.discord).await;
    world.ask(&bot, "hello").await;
    let request = world.messages.requests().remove(0);
    let found: BTreeSet<_> = request.tools().into_iter().collect();
    let allowed: BTreeSet<_> = RULES
        .iter()
        .flat_map(|(_, tools)| *tools)
        .copied()
        .collect();
    let absent: Vec<_> = allowed.difference(&found).copied().collect();
    let (_, missing) = MISSING.into_iter().find(|(of, _)| *of == version).unwrap();
    assert_eq!(absent, missing, "{found:?}");
    assert!(!found.contains("ToolSearch"), "{found:?}");
    world.stop(bot).await;
}

const CANARY: &str = "canary-e41b77d0-in-a-file";

/// Attachments that say something of the session, not of files in it.
const HARMLESS: &[&str] = &[
    "agent_listing_delta",
    "date",
    // The names of skills beside a file that was read; they stay out of the request.
    "dynamic_skill",
    "environment",
    "mcp_instructions_delta",
    "model",
    "prompt_render_point",
    // What the request was made of.
    "prompt_snapshot",
    "remote_session_change",
    "session_context",
    "skill_listing",
];

async fn attachments_bring_no_files(version: &'static str) {
    let world = World::new(version).await;
    let here = format!("workspaces/{}", world.discord.general());
    let below = format!("{here}/below");
    let places = [
        "CLAUDE.md",
        ".claude/CLAUDE.md",
        &format!("{here}/CLAUDE.md"),
        &format!("{here}/CLAUDE.local.md"),
        &format!("{here}/AGENTS.md"),
        &format!("{here}/MEMORY.md"),
        &format!("{here}/.claude/rules/rule.md"),
        &format!("{below}/CLAUDE.md"),
    ];
    for place in places {
        world.home.write(place, CANARY);
    }
    world.home.write(&format!("{below}/notes.txt"), "notes");
    let config = json!({ "claude": { "sandbox": "off" } });
    let bot = world.bot().config(&config).start(&world.discord).await;
    let path = world.home.path().join(&below).join("notes.txt");
    world.ask(&bot, "first").await;
    let read = format!("[[tool Read {}]] done", json!({ "file_path": path }));
    world.reply(&bot, world.say(&read), "").await;
    // The CLI could tell of the change.
    fs::write(&path, CANARY).unwrap();
    world.ask(&bot, &format!("and @{}?", path.display())).await;
    world.ask(&bot, "last").await;
    for request in world.messages.requests() {
        let body = request.body.to_string();
        assert!(!body.contains(CANARY), "{:?}", request.person());
    }
    world.written_down("last").await;
    let transcript = fs::read_to_string(world.transcript().unwrap()).unwrap();
    let lines = transcript
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let kinds: BTreeSet<String> = lines
        .filter(|line| line["type"] == "attachment")
        .map(|line| line["attachment"]["type"].as_str().unwrap().to_owned())
        .collect();
    assert!(kinds.contains("agent_listing_delta"), "{kinds:?}");
    let is_harmless = |kind: &&String| HARMLESS.contains(&kind.as_str());
    let others: Vec<_> = kinds.iter().filter(|kind| !is_harmless(kind)).collect();
    assert!(others.is_empty(), "{others:?}");
    world.stop(bot).await;
}

/// The channels do not use plan mode, so a process is started as the bot starts one.
async fn plan_mode_is_announced(version: &'static str) {
    let world = World::new(version).await;
    let workspace = world.home.path().join("planned");
    let environment = Environment::from_iter([
        (
            "PATH",
            std::env::join_paths(search_path())
                .unwrap()
                .into_string()
                .unwrap(),
        ),
        ("HOME", world.home.path().display().to_string()),
        ("ANTHROPIC_BASE_URL", world.messages.url().to_owned()),
        ("ANTHROPIC_API_KEY", "sk-ant-loopback".to_owned()),
    ]);
    let host = Host {
        bin: real_cli(version).into(),
        ..Host::new(environment)
    };
    let start = Start::Fresh(uuid::Uuid::new_v4().to_string());
    let spec = Spec {
        permission_prompts: true,
        ..Spec::new(start, "sonnet", workspace)
    };
    let (permit, _lease) = Pool::new(1, 1).admit(0).await;
    let (process, mut reports) = process::start(&host, &spec, permit).unwrap();
    request(&process, Control::initialize());
    let mode = PermissionMode::Plan;
    request(&process, Control::SetPermissionMode { mode });
    process.request(&SessionRequest::Ask(Ask::texts(["plan it"])));
    until_result(&mut reports).await;
    process.kill();
    let sent = world.messages.requests().remove(0);
    let tools = sent.tools();
    assert!(tools.contains(&"ExitPlanMode"), "{tools:?}");
    let body = sent.body["messages"].to_string();
    assert!(body.contains("Plan mode is active"), "{body}");
}

fn request(process: &Process, control: Control) {
    process.request(&SessionRequest::Control {
        request_id: "1".to_owned(),
        control,
    });
}

async fn until_result(reports: &mut Reports) {
    let wait = async {
        loop {
            match reports.recv().await.expect("a result") {
                Report::Heard(heard) if matches!(heard.event, SessionEvent::Result(_)) => return,
                Report::Heard(_) => {}
                Report::Exited(exit) => panic!("{exit:?}"),
            }
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.unwrap();
}
