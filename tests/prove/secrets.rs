//! Canaries of every kind, and a command in a channel that searches for them wherever it can.
//!
//! At every level, as root or not, none is in the child's environment and arguments. The command prints what it finds,
//! and Claude repeats it: of the secrets that the bot knows none is in what is said in Discord, nor in the log at its
//! most verbose; at the log's default level there is none at all. Inside bubblewrap none is found at all, also in
//! places that no list names, and no way into another process. A bot that is not root protects its own memory at every
//! level. The rest is counted and reported.

use std::{
    ffi::{OsStr, OsString},
    fmt, fs,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
};

use loopback_discord::{Loopback, Snowflake};
use loopback_messages::LoopbackMessages;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use uuid::Uuid;

use super::{figure, scaled};
use crate::support::{Bot, Claude, Home, Need, Running, said, skip_part, skip_part_without};

/// The script that looks for them.
const ATTACK: &str = include_str!("secrets/attack.py");

/// The account of a bot that is not root.
const NOBODY: u32 = 65534;

/// Names under which secrets stand in environments, and by which the bot knows them.
const TELLING_NAMES: [&str; 13] = [
    "discord_token",
    "DISCORD__TOKEN",
    "DISCORD_BOT_TOKEN",
    "X_API_KEY_2",
    "MY_DISCORD_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "GITHUB_TOKEN",
    "SECRET",
    "PASSWORD",
    "PGPASSWORD",
    "STRIPE_SECRET_KEY",
    "VAULT_TOKEN",
    "ANTHROPIC_ADMIN_KEY",
];

/// Other names.
const OTHER_NAMES: [&str; 7] = [
    "DATABASE_URL",
    "SSH_AUTH_SOCK",
    "NODE_OPTIONS",
    "BASH_ENV",
    "CLAUDE_CODE_SSE_PORT",
    "läuft",
    "with space",
];

/// Places of secrets below a home folder.
const AT_HOME: [&str; 10] = [
    ".ssh/id_ed25519",
    ".aws/credentials",
    ".netrc",
    ".git-credentials",
    ".docker/config.json",
    ".config/gcloud/key.json",
    ".gnupg/key",
    ".kube/config",
    ".npmrc",
    ".bash_history",
];

/// Files below a home folder that no list of secrets names.
const UNLISTED_AT_HOME: [&str; 4] = [
    "diary.txt",
    ".newtool/key",
    ".config/newtool/key",
    ".claude/new-in-next-release/key",
];

/// Folders for one such file each.
const UNLISTED: [&str; 4] = ["/", "/etc", "/srv", "/var/lib"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    StandIn,
    Real(&'static str),
}

/// One way to run the bot.
#[derive(Debug, Clone, Copy)]
struct Case {
    over: Over,
    level: &'static str,
    is_root: bool,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let over = match self.over {
            Over::StandIn => "the stand-in",
            Over::Real(version) => version,
        };
        let who = if self.is_root { "root" } else { "not root" };
        write!(f, "sandbox \"{}\", {who}, {over}", self.level)
    }
}

/// The canaries that were laid, and the bot's token.
struct Laid {
    all: Vec<String>,
    /// Those of them that the bot knows to be secrets.
    known: Vec<String>,
    /// Those of them that lie where no list names them.
    unlisted: usize,
    /// Files outside of the home folder that hold some of these.
    system: Vec<NamedTempFile>,
}

impl Laid {
    fn lay(&mut self, kind: &str) -> String {
        let id = Uuid::new_v4().simple().to_string();
        let canary = format!("cnry-{kind}-{}-{}", self.all.len(), &id[..8]);
        self.all.push(canary.clone());
        canary
    }

    fn count_in(&self, text: &[u8]) -> usize {
        count(&self.all, text)
    }

    /// How many that the bot knows are in a text, and how many others.
    fn known_and_others_in(&self, text: &str) -> (usize, usize) {
        let known = count(&self.known, text.as_bytes());
        (known, self.count_in(text.as_bytes()) - known)
    }
}

fn count(canaries: &[String], text: &[u8]) -> usize {
    let text = String::from_utf8_lossy(text);
    let is_in = |canary: &&String| text.contains(canary.as_str());
    canaries.iter().filter(is_in).count()
}

/// The lines that are there without `--log-filter` too: all but those of the two lowest levels.
fn at_default_level(log: &str) -> String {
    let is_low = |line: &&str| {
        let level = line.split_whitespace().nth(1);
        matches!(level, Some("TRACE" | "DEBUG"))
    };
    let lines: Vec<&str> = log.lines().filter(|line| !is_low(line)).collect();
    assert!(
        lines.iter().any(|line| line.contains(" INFO ")),
        "the log tells levels otherwise"
    );
    lines.join("\n")
}

/// What came of one case.
#[derive(Debug)]
struct Found {
    laid: usize,
    environment: usize,
    /// In files that the bot, another channel or a list of secrets names.
    files: usize,
    /// In other files: found, of so many.
    unlisted: (usize, usize),
    /// Of the bot's process: open ways in, and canaries taken by them.
    bot: (usize, usize),
    /// The same of the other channel's CLI.
    sibling: (usize, usize),
    /// `None` where it was not tried.
    by_read: Option<usize>,
    arguments: usize,
    /// All of them, in what the log says at its default level.
    default_log: usize,
    /// Known ones and others, in the log at its most talkative.
    log: (usize, usize),
    /// The same.
    answers: (usize, usize),
    /// Known ones that the command has found, and so was about to tell.
    known: usize,
}

async fn try_case(case: Case) -> Found {
    let discord = Loopback::builder()
        .channels(["general", "other"])
        .start()
        .await
        .unwrap();
    let messages = LoopbackMessages::start().await.unwrap();
    let home = Home::new();
    let token = discord.token().to_owned();
    let mut laid = Laid {
        all: vec![token.clone()],
        known: vec![token.clone()],
        unlisted: 0,
        system: Vec::new(),
    };
    let (here, other) = (discord.general(), discord.channel("other"));
    home.write("keys/token", &token);
    let config = lay_in_files(&mut laid, &home, other);
    lay_in_unlisted_files(&mut laid, &home);
    home.write(&format!("workspaces/{here}/attack.py"), ATTACK);
    let (claude, tools) = match case.over {
        Over::StandIn => (Claude::StandIn("2.1.332"), json!(["Bash", "Read"])),
        Over::Real(version) => (
            Claude::Real(version, messages.url().to_owned()),
            json!(["Bash", "Read"]),
        ),
    };
    let mut bot = Bot::new(&discord)
        .claude(claude)
        .home(&home)
        .config(&config)
        .config(&json!({ "allowed_tools": tools, "claude": { "sandbox": case.level } }))
        .config(&json!({ "discord": { "token_file": "keys/token", "approval_timeout_secs": 1 } }))
        .env("DISCORD_TOKEN", "")
        .arguments(["run", "--log-filter", "trace"]);
    for (name, value) in lay_in_environment(&mut laid, &home) {
        bot = bot.env_os(&name, &value);
    }
    if !case.is_root && rustix::process::geteuid().is_root() {
        bot = bot.user(NOBODY);
    }
    let bot = bot.start(&discord).await;
    bot.ask(&discord, other, "hello", "").await;
    bot.ask(&discord, here, "hello", "").await;
    let sibling = bot.cli_pid(&discord, other).await;
    let own = bot.cli_pid(&discord, here).await;
    let found = attack(&bot, &discord, case, sibling, &laid.system).await;
    let by_read = match case.over {
        Over::StandIn => None,
        Over::Real(_) => Some(read_all(&bot, &discord, &messages, &home).await),
    };
    let answers = [said(&discord, here), said(&discord, other)].concat();
    let arguments = fs::read(format!("/proc/{own}/cmdline")).unwrap();
    let environment = fs::read(format!("/proc/{own}/environ")).unwrap();
    let log = bot.log.clone();
    bot.stop().await;
    let names = |value: &Value| value.as_array().map_or(0, Vec::len);
    let is_unlisted = |found: &&Value| found.as_str().is_some_and(|name| name.contains("unlisted"));
    let in_files = found["files"].as_array().unwrap();
    let unlisted = in_files.iter().filter(is_unlisted).count();
    let of = |pid: i32| {
        let process = &found["processes"][pid.to_string()];
        (names(&process["doors"]), names(&process["found"]))
    };
    Found {
        laid: laid.all.len(),
        environment: names(&found["environment"]) + laid.count_in(&environment),
        files: in_files.len() - unlisted,
        unlisted: (unlisted, laid.unlisted),
        bot: of(found["bot"].as_i64().unwrap().try_into().unwrap()),
        sibling: of(sibling),
        by_read,
        arguments: laid.count_in(&arguments),
        default_log: laid.count_in(at_default_level(&log.text()).as_bytes()),
        log: laid.known_and_others_in(&log.text()),
        answers: laid.known_and_others_in(&answers.join("\n")),
        known: count(&laid.known, found.to_string().as_bytes()),
    }
}

/// 140 canaries: what is the bot's, what is the other channel's, and what lies about in the home folder.
fn lay_in_files(laid: &mut Laid, home: &Home, other: Snowflake) -> Value {
    let models: Vec<String> = (0..19).map(|_| laid.lay("config")).collect();
    // The bot logs in with the loopback's token; this one lies where an owner might leave an older one.
    let token = laid.lay("token");
    home.write(".env", &format!("DISCORD_TOKEN={token}\n"));
    let records: serde_json::Map<String, Value> = (0..20)
        .map(|index| {
            (
                format!("{}", 900_000 + index),
                json!({ "session_id": laid.lay("session") }),
            )
        })
        .collect();
    home.write("sessions/active.json", &Value::from(records).to_string());
    for index in 0..40 {
        let name = format!("workspaces/{other}/deep/secret-{index}.txt");
        home.write(&name, &laid.lay("workspace"));
        let name = format!(".claude/projects/-elsewhere-{}/{index}.jsonl", index % 4);
        home.write(&name, &laid.lay("transcript"));
    }
    for name in AT_HOME {
        let text = format!("one={}\ntwo={}\n", laid.lay("home"), laid.lay("home"));
        home.write(name, &text);
    }
    let models: Vec<String> = ["sonnet".to_owned()].into_iter().chain(models).collect();
    json!({ "models": models })
}

/// A canary in each place that no list of secrets names, readable by every account.
fn lay_in_unlisted_files(laid: &mut Laid, home: &Home) {
    for name in UNLISTED_AT_HOME {
        home.write(name, &laid.lay("unlisted"));
    }
    for folder in UNLISTED {
        let file = tempfile::Builder::new()
            .prefix("switchboard-test-")
            .tempfile_in(folder);
        let Ok(file) = file else {
            skip_part(&format!("a secret in {folder}"), "it cannot be written");
            continue;
        };
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test's own file")]
        fs::write(file.path(), laid.lay("unlisted")).unwrap();
        laid.system.push(file);
    }
    laid.unlisted = UNLISTED_AT_HOME.len() + laid.system.len();
}

/// 60 canaries: by name, and by every shape of value. Those that the bot knows by the name lie in a file as well.
fn lay_in_environment(laid: &mut Laid, home: &Home) -> Vec<(OsString, OsString)> {
    let plain = |name: &str, canary: String| (OsString::from(name), OsString::from(canary));
    let mut file = fs::read_to_string(home.path().join(".env")).unwrap();
    let mut variables = Vec::new();
    for name in TELLING_NAMES {
        let canary = laid.lay("env");
        laid.known.push(canary.clone());
        file.extend([name, "=", &canary, "\n"]);
        variables.push(plain(name, canary));
    }
    home.write(".env", &file);
    variables.extend(OTHER_NAMES.map(|name| plain(name, laid.lay("env"))));
    for index in 0..20 {
        let canary = laid.lay("env");
        let value = format!("first\nDISCORD_TOKEN={canary}\n\tpassword={canary}");
        variables.push(plain(&format!("LINES_{index}_TOKEN"), value));
    }
    for index in 0..10 {
        let canary = laid.lay("env");
        let value = format!("{}{canary}", "x".repeat(100_000));
        variables.push(plain(&format!("long_{index}_secret"), value));
    }
    for index in 0..10 {
        let canary = laid.lay("env");
        let value = [b"\xff\xfe", canary.as_bytes(), b"\xc3"].concat();
        let name = OsString::from(format!("Raw{index}Key"));
        variables.push((name, OsStr::from_bytes(&value).to_owned()));
    }
    variables
}

/// Lets a command look for canaries, and Claude tell what it has found; what that is.
async fn attack(
    bot: &Running,
    discord: &Loopback,
    case: Case,
    sibling: i32,
    system: &[NamedTempFile],
) -> Value {
    let here = discord.general();
    let home = bot.home().path().to_owned();
    let workspace = home.join(format!("workspaces/{here}"));
    let system = system.iter().map(|file| file.path().display().to_string());
    let command = format!(
        "python3 attack.py found.json {},{sibling} {} /run/credentials {}",
        bot.pid(),
        home.display(),
        system.collect::<Vec<_>>().join(" ")
    );
    // The loopback API repeats by itself what a tool has printed.
    let told = match case.over {
        Over::StandIn => "[[told]]",
        Over::Real(_) => "",
    };
    let words = format!("[[tool Bash {}]] {told}", json!({ "command": command }));
    bot.ask(discord, here, &words, "end of the attack").await;
    let path = workspace.join("found.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut found: Value = serde_json::from_str(&text).unwrap();
    found["bot"] = bot.pid().into();
    found
}

/// Lets the Read tool try one file of each kind; how many canaries the model was shown.
async fn read_all(bot: &Running, discord: &Loopback, api: &LoopbackMessages, home: &Home) -> usize {
    let here = discord.general();
    let other = discord.channel("other");
    let files = [
        "config.json".to_owned(),
        ".env".into(),
        "keys/token".into(),
        "sessions/active.json".into(),
        format!("workspaces/{other}/deep/secret-0.txt"),
        ".claude/projects/-elsewhere-0/0.jsonl".into(),
        ".ssh/id_ed25519".into(),
        ".netrc".into(),
    ];
    let mut shown = 0;
    for file in files {
        let input = json!({ "file_path": home.path().join(&file) });
        let text = format!("[[tool Read {input}]]");
        let asked = discord.say(here, discord.owner(), &text);
        // The loopback API answers with what was read.
        bot.reply(discord, asked).await;
        let requests = api.requests();
        let last = requests.iter().rfind(|request| request.person() == text);
        let rounds = last.unwrap().tool_rounds().join("\n");
        shown += usize::from(rounds.contains("cnry-") || rounds.contains(discord.token()));
    }
    shown
}

/// Every way to run the bot; at the short scale those that differ most.
fn cases() -> Vec<Case> {
    let is_root = !skip_part_without(Need::Root, "a bot that is root");
    let sandboxes = if is_root {
        [Need::Namespaces, Need::NamespacesAs(NOBODY)]
    } else {
        [Need::Namespaces; 2]
    };
    let [own, others] = sandboxes.map(|need| !skip_part_without(need, "sandboxes"));
    let overs = [Over::StandIn, Over::Real("2.1.197"), Over::Real("2.1.332")];
    let all = overs.iter().flat_map(|over| {
        ["off", "cli", "bwrap"].iter().flat_map(move |level| {
            [true, false].map(|is_root| Case {
                over: *over,
                level,
                is_root,
            })
        })
    });
    let wanted = |case: &Case| {
        // The stand-in has no sandbox of its own.
        let has_level = case.over != Over::StandIn || case.level != "cli";
        let is_short = case.over == Over::StandIn || case.level == "bwrap" && !case.is_root;
        let works = case.level == "off" || if case.is_root { own } else { others };
        has_level && works && (!case.is_root || is_root) && (is_short || scaled(0, 1) == 1)
    };
    all.filter(wanted).collect()
}

#[tokio::test]
async fn no_command_in_a_channel_gets_hold_of_a_secret() {
    let mut listed = 0;
    for case in cases() {
        let found = try_case(case).await;
        listed = found.laid - found.unlisted.1;
        figure(
            &format!("What a command finds: {case}"),
            &format!(
                "{} canaries; 6 ways into the bot's process, 6 into another channel's CLI",
                found.laid
            ),
            &format!(
                "environment {}, arguments {}, log {}; files {}, unlisted ones {} of {}; of {} that the bot knows, \
                 answers {}, log at its most talkative {}; of others, answers {}, that log {}; the bot's process: {} ways, {} canaries; the other CLI's: {} ways, {} canaries; \
                 Read tool: {}",
                found.environment,
                found.arguments,
                found.default_log,
                found.files,
                found.unlisted.0,
                found.unlisted.1,
                found.known,
                found.answers.0,
                found.log.0,
                found.answers.1,
                found.log.1,
                found.bot.0,
                found.bot.1,
                found.sibling.0,
                found.sibling.1,
                found.by_read.map_or_else(
                    || "not tried".to_owned(),
                    |shown| format!("{shown} of 8 files")
                )
            ),
        );
        check(case, &found);
    }
    assert_eq!(listed, 201);
}

#[track_caller]
fn check(case: Case, found: &Found) {
    let everywhere = [found.environment, found.arguments, found.default_log];
    assert_eq!(everywhere, [0; 3], "{case}: {found:?}");
    // Of what the bot knows, whatever the command got hold of and Claude told.
    assert_eq!([found.answers.0, found.log.0], [0; 2], "{case}: {found:?}");
    let processes = (found.bot, found.sibling);
    match (case.level, case.is_root) {
        ("bwrap", _) => {
            assert_eq!(processes, ((0, 0), (0, 0)), "{case}: {found:?}");
            assert_eq!((found.files, found.unlisted.0), (0, 0), "{case}: {found:?}");
            assert_eq!(found.by_read.unwrap_or(0), 0, "{case}: {found:?}");
            assert_eq!((found.answers.1, found.log.1), (0, 0), "{case}: {found:?}");
        }
        ("cli", _) => {
            assert_eq!(processes, ((0, 0), (0, 0)), "{case}: {found:?}");
            assert_eq!(found.files, 0, "{case}: {found:?}");
        }
        // Without a sandbox all that the account may read is found, which shows that the script knows how to search.
        (_, false) => {
            assert_eq!(found.bot, (0, 0), "{case}: {found:?}");
            check_open(case, found);
        }
        (_, true) => {
            assert_eq!(found.bot.0, 6, "{case}: {found:?}");
            assert!(found.bot.1 > 0, "{case}: {found:?}");
            check_open(case, found);
        }
    }
}

/// All files are found, and what the bot does not know to be a secret is repeated.
#[track_caller]
fn check_open(case: Case, found: &Found) {
    assert_eq!(found.files, 154, "{case}: {found:?}");
    assert_eq!(found.unlisted.0, found.unlisted.1, "{case}: {found:?}");
    assert_eq!(found.known, 14, "{case}: {found:?}");
    assert!(found.answers.1 >= 140, "{case}: {found:?}");
}
