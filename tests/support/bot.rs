//! The binary under test, started with a cleared environment in a folder of its own.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    os::unix::fs::{lchown, symlink},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use loopback_discord::Loopback;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::{DEADLINE, home::Home, log::Log};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_switchboard");

/// The `claude` that the bot finds.
#[derive(Clone, Debug)]
pub(crate) enum Claude {
    /// The stand-in, reporting this version.
    StandIn(&'static str),
    /// The real CLI of this version, with the API at this address.
    Real(&'static str, String),
    /// The same, not logged in.
    LoggedOut(&'static str, String),
    /// None.
    Missing,
}

/// A bot that has not been started yet.
#[derive(Clone)]
#[must_use = "a bot that is never started tests nothing"]
pub(crate) struct Bot {
    config: Value,
    environment: BTreeMap<String, OsString>,
    user: Option<u32>,
    claude: Claude,
    arguments: Vec<String>,
    under: Vec<String>,
    home: Home,
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
            claude: Claude::StandIn("2.1.332"),
            arguments: vec!["run".into()],
            under: Vec::new(),
            home: Home::new(),
        };
        bot.env("DISCORD_TOKEN", discord.token())
            .env("STAND_IN_PACE_MS", "0")
    }

    /// Merges keys into the configuration, recursively.
    pub(crate) fn config(mut self, more: &Value) -> Self {
        merge(&mut self.config, more);
        self
    }

    /// Sets a variable of the bot's environment.
    pub(crate) fn env(self, name: &str, value: &str) -> Self {
        self.env_os(name.as_ref(), value.as_ref())
    }

    /// The same for a value that need not be UTF-8.
    pub(crate) fn env_os(mut self, name: &OsStr, value: &OsStr) -> Self {
        let name = name.to_str().unwrap().to_owned();
        self.environment.insert(name, value.to_owned());
        self
    }

    /// Starts the bot as this user, who becomes the owner of its folder.
    pub(crate) fn user(mut self, user: u32) -> Self {
        self.user = Some(user);
        self
    }

    /// Uses another `claude`.
    pub(crate) fn claude(mut self, claude: Claude) -> Self {
        self.claude = claude;
        self
    }

    /// Uses the folder of an earlier bot.
    pub(crate) fn home(mut self, home: &Home) -> Self {
        self.home = home.clone();
        self
    }

    /// Replaces the argument `run`.
    pub(crate) fn arguments<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments = arguments.into_iter().map(str::to_owned).collect();
        self
    }

    /// Starts it through another program, such as `strace`, which gets its command line as last arguments.
    pub(crate) fn under<'a>(mut self, program: impl IntoIterator<Item = &'a str>) -> Self {
        self.under = program.into_iter().map(str::to_owned).collect();
        self
    }

    /// Starts it on a terminal, whose output is that of the [`Running`].
    pub(crate) fn on_terminal(mut self) -> Self {
        let script = [
            "sh",
            "-c",
            "exec script --quiet --return --command \"$*\" /dev/null",
            "sh",
        ];
        self.under.extend(script.map(str::to_owned));
        self
    }

    /// Starts it and waits until it has connected to the loopback Discord.
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

    /// Starts it without waiting for anything.
    pub(crate) fn launch(mut self) -> Running {
        let home = self.home.clone();
        let folder = home.path();
        let runs_as_another = self.user.is_some() || !self.config["claude"]["run_as"].is_null();
        let executable = |path: &Path| {
            if runs_as_another {
                home.executable_by_all(path)
            } else {
                path.to_owned()
            }
        };
        let program = executable(Path::new(PROGRAM));
        let bin = match &self.claude {
            Claude::StandIn(version) => {
                let link = folder.join("claude-stand-in");
                if !link.exists() {
                    symlink(&program, &link).unwrap();
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
                executable(&real_cli(version))
            }
            Claude::LoggedOut(version, api) => {
                self.environment
                    .insert("ANTHROPIC_BASE_URL".into(), api.into());
                executable(&real_cli(version))
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
        // A bot that was started at the same time may be reading it.
        if fs::read_to_string(folder.join("config.json")).ok().as_ref() != Some(&text) {
            home.write("config.json", &text);
        }
        let path = std::env::join_paths(search_path()).unwrap();
        let program = program.to_str().unwrap();
        let own = std::iter::once(program).chain(self.arguments.iter().map(String::as_str));
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

/// Makes a user the owner of a folder and everything in it.
fn give(path: &Path, user: u32) {
    lchown(path, Some(user), Some(user)).unwrap();
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), user);
        }
    }
}

/// The folders of `PATH`.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests use the machine's tools"
)]
pub(crate) fn search_path() -> Vec<PathBuf> {
    std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default()
}

/// The real CLI that `scripts/install-claude` has installed.
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

/// A running bot. Dropping this kills it.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    /// Its stderr.
    pub(crate) log: Log,
    /// Its stdout.
    pub(crate) output: Log,
    home: Home,
}

impl Running {
    /// The folder it runs in.
    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id().expect("it is still running")).unwrap()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.pid()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits until it exits.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        self.ended_within(DEADLINE).await
    }

    /// Waits until it exits and its log is read, for at most this long.
    pub(crate) async fn ended_within(&mut self, within: Duration) -> ExitStatus {
        let ended = async {
            let status = self.child.wait().await.unwrap();
            self.log.whole().await;
            self.output.whole().await;
            status
        };
        match tokio::time::timeout(within, ended).await {
            Ok(status) => status,
            Err(late) => panic!(
                "the bot did not exit within {within:?} ({late}); its log:\n{}",
                self.log.text()
            ),
        }
    }

    /// Stops it as a service manager does. It must exit successfully.
    pub(crate) async fn stop(mut self) -> Home {
        self.signal(rustix::process::Signal::TERM);
        let status = self.ended().await;
        let log = self.log.text();
        assert!(status.success(), "{status}; its log:\n{log}");
        assert!(!log.contains("writer did not end in time"), "{log}");
        self.home.clone()
    }

    /// Kills it with SIGKILL.
    pub(crate) async fn kill(mut self) -> Home {
        self.signal(rustix::process::Signal::KILL);
        self.ended().await;
        self.home.clone()
    }
}
