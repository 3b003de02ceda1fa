//! The real binary, started with a cleared environment in a folder of its own.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    os::unix::fs::{lchown, symlink},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use loopback_discord::Loopback;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{DEADLINE, log::Log};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_switchboard");

/// Which `claude` the bot finds.
#[derive(Clone, Debug)]
pub(crate) enum Claude {
    /// The stand-in, as this version.
    StandIn(&'static str),
    /// The real CLI of this version, talking to the API at this address.
    Real(&'static str, String),
    /// The same without a login.
    LoggedOut(&'static str, String),
    /// None.
    Missing,
}

/// A bot that is not yet started.
#[must_use = "a bot that is not started tests nothing"]
pub(crate) struct Bot {
    config: Value,
    environment: BTreeMap<String, OsString>,
    user: Option<u32>,
    claude: Claude,
    arguments: Vec<String>,
    under: Vec<String>,
    home: Home,
}

/// The folder that a bot lives in. Clones share it; it goes with the last.
#[derive(Clone, Debug)]
pub(crate) struct Home(Arc<TempDir>);

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("switchboard-test-")
            .tempdir()
            .unwrap();
        fs::create_dir(folder.path().join("personality")).unwrap();
        let home = Self(Arc::new(folder));
        home.write(
            "personality/IDENTITY.md",
            "You are Ada, who runs the exchange.\n",
        );
        home
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file of the folder.
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// `sessions/active.json`, or null where there is none.
    pub(crate) fn active(&self) -> Value {
        let text = fs::read_to_string(self.path().join("sessions/active.json"));
        text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
    }

    /// All lines of the ledger, oldest first.
    pub(crate) fn ledger(&self) -> Vec<Value> {
        let Ok(folder) = fs::read_dir(self.path().join("sessions/usage")) else {
            return Vec::new();
        };
        let mut months: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        months.sort();
        let lines = months
            .iter()
            .map(|month| fs::read_to_string(month).unwrap())
            .collect::<String>();
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// How each turn of the ledger ended, oldest first.
    pub(crate) fn outcomes(&self) -> Vec<Value> {
        self.ledger()
            .iter()
            .map(|line| line["outcome"].clone())
            .collect()
    }
}

impl Bot {
    /// A bot that answers everyone everywhere, over the stand-in.
    pub(crate) fn new(discord: &Loopback) -> Self {
        let config = json!({
            "discord": { "api_base": discord.url(), "respond": "all", "allow": { "users": ["*"] } },
        });
        let bot = Self {
            config,
            environment: BTreeMap::new(),
            user: None,
            claude: Claude::StandIn("2.1.329"),
            arguments: vec!["run".into()],
            under: Vec::new(),
            home: Home::new(),
        };
        bot.env("DISCORD_TOKEN", discord.token())
            .env("STAND_IN_PACE_MS", "0")
    }

    /// Merges keys into the configuration, object by object.
    pub(crate) fn config(mut self, more: &Value) -> Self {
        merge(&mut self.config, more);
        self
    }

    /// Sets a variable of the bot's own environment.
    pub(crate) fn env(self, name: &str, value: &str) -> Self {
        self.env_os(name.as_ref(), value.as_ref())
    }

    /// The same, of any bytes that are UTF-8 in the name at least.
    pub(crate) fn env_os(mut self, name: &OsStr, value: &OsStr) -> Self {
        let name = name.to_str().unwrap().to_owned();
        self.environment.insert(name, value.to_owned());
        self
    }

    /// Starts the bot as this user, who gets its folder.
    pub(crate) fn user(mut self, user: u32) -> Self {
        self.user = Some(user);
        self
    }

    /// Lets the bot find another `claude`.
    pub(crate) fn claude(mut self, claude: Claude) -> Self {
        self.claude = claude;
        self
    }

    /// Lets the bot live where another has lived before.
    pub(crate) fn home(mut self, home: &Home) -> Self {
        self.home = home.clone();
        self
    }

    /// Other arguments than `run`.
    pub(crate) fn arguments<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments = arguments.into_iter().map(str::to_owned).collect();
        self
    }

    /// Runs it under a program that is given it as its last arguments.
    pub(crate) fn under<'a>(mut self, program: impl IntoIterator<Item = &'a str>) -> Self {
        self.under = program.into_iter().map(str::to_owned).collect();
        self
    }

    /// Starts it and waits until it is connected to the loopback Discord.
    #[track_caller]
    pub(crate) fn start(self, discord: &Loopback) -> impl Future<Output = Running> + '_ {
        let before = discord.gateway().connections();
        let running = self.launch();
        async move {
            running.log.wait_for("connected to Discord", DEADLINE).await;
            discord
                .wait_until(DEADLINE, "the bot to connect", |view| {
                    view.connections() > before && view.connected() > 0
                })
                .await
                .unwrap();
            running
        }
    }

    /// Starts it and waits for nothing.
    pub(crate) fn launch(mut self) -> Running {
        let home = self.home.clone();
        let folder = home.path();
        let bin = match &self.claude {
            Claude::StandIn(version) => {
                let link = folder.join("claude-stand-in");
                if !link.exists() {
                    symlink(PROGRAM, &link).unwrap();
                }
                self.environment
                    .insert("STAND_IN_VERSION".into(), (*version).into());
                link
            }
            Claude::Real(version, api) => {
                self.environment
                    .insert("ANTHROPIC_BASE_URL".into(), api.into());
                self.environment
                    .insert("ANTHROPIC_API_KEY".into(), "sk-ant-loopback".into());
                self.environment
                    .entry("CLAUDE_CODE_MAX_RETRIES".into())
                    .or_insert("1".into());
                real_cli(version)
            }
            Claude::LoggedOut(version, api) => {
                self.environment
                    .insert("ANTHROPIC_BASE_URL".into(), api.into());
                real_cli(version)
            }
            Claude::Missing => folder.join("no-such-claude"),
        };
        let pass: Vec<_> = self
            .environment
            .keys()
            .filter(|name| name.starts_with("STAND_IN_") || *name == "CLAUDE_CODE_MAX_RETRIES")
            .collect();
        let mut config = json!({ "claude": { "bin": bin, "pass_env": pass } });
        merge(&mut config, &self.config);
        let text = config.to_string();
        // Another bot that is started at the same time may be reading it.
        if fs::read_to_string(folder.join("config.json")).ok().as_ref() != Some(&text) {
            home.write("config.json", &text);
        }
        let path = std::env::join_paths(search_path()).unwrap();
        let own = std::iter::once(PROGRAM).chain(self.arguments.iter().map(String::as_str));
        let line: Vec<_> = self.under.iter().map(String::as_str).chain(own).collect();
        #[expect(clippy::disallowed_methods, reason = "the program under test")]
        let mut command = Command::new(line[0]);
        if let Some(user) = self.user {
            give(folder, user);
            command.uid(user).gid(user);
        }
        let mut child = command
            .args(&line[1..])
            .current_dir(folder)
            .env_clear()
            .env("PATH", path)
            .env("HOME", folder)
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log = Log::read(child.stderr.take().unwrap());
        let output = Log::read(child.stdout.take().unwrap());
        Running {
            child,
            log,
            output,
            home,
        }
    }
}

/// Gives a folder and all that lies in it to a user.
fn give(path: &Path, user: u32) {
    lchown(path, Some(user), Some(user)).unwrap();
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), user);
        }
    }
}

/// The folders that hold the system's own tools and Node.js.
#[expect(
    clippy::disallowed_methods,
    reason = "where the tests' tools are is the machine's choice"
)]
pub(crate) fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default()
}

/// The real CLI, as `scripts/install-claude` installs it.
pub(crate) fn real_cli(version: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/claude");
    let path = folder.join(version).join("node_modules/.bin/claude");
    assert!(
        path.exists(),
        "the CLI {version} is not installed: run scripts/install-claude"
    );
    path
}

fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more.clone(),
    }
}

/// A bot that runs. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    /// What it logs.
    pub(crate) log: Log,
    /// What it prints.
    pub(crate) output: Log,
    home: Home,
}

impl Running {
    /// The folder it lives in.
    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id().expect("it still runs")).unwrap()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.pid()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        self.ended_within(DEADLINE).await
    }

    /// Waits for its end, for so long.
    pub(crate) async fn ended_within(&mut self, within: Duration) -> ExitStatus {
        match tokio::time::timeout(within, self.child.wait()).await {
            Ok(status) => status.unwrap(),
            Err(late) => panic!(
                "the bot did not end in {within:?} ({late}); its log:\n{}",
                self.log.text()
            ),
        }
    }

    /// Stops it as a service manager does, and expects it to end well.
    pub(crate) async fn stop(mut self) -> Home {
        self.signal(rustix::process::Signal::TERM);
        let status = self.ended().await;
        assert!(status.success(), "{status}; its log:\n{}", self.log.text());
        self.home.clone()
    }

    /// Kills it as a power cut would.
    pub(crate) async fn kill(mut self) -> Home {
        self.signal(rustix::process::Signal::KILL);
        self.ended().await;
        self.home.clone()
    }
}
