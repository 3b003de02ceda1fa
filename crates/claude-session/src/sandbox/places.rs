//! Places that hold secrets on many machines, and folders that are too general to be hidden.

use std::path::{Path, PathBuf};

/// Below the home folder: keys, logins, and what was typed into shells. None of it is the CLI's business.
const SECRETS_AT_HOME: &[&str] = &[
    ".aws",
    ".azure",
    ".bash_history",
    ".boto",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".composer/auth.json",
    ".config/chromium",
    ".config/containers",
    ".config/gcloud",
    ".config/gh",
    ".config/git/credentials",
    ".config/glab-cli",
    ".config/google-chrome",
    ".config/hub",
    ".config/op",
    ".config/rclone",
    ".config/sops",
    ".config/switchboard",
    ".docker",
    ".env",
    ".gem/credentials",
    ".git-credentials",
    ".gnupg",
    ".gradle/gradle.properties",
    ".kube",
    ".lesshst",
    ".local/share/fish",
    ".local/share/keyrings",
    ".m2/settings.xml",
    ".mozilla",
    ".my.cnf",
    ".mysql_history",
    ".netrc",
    ".node_repl_history",
    ".npm/_logs",
    ".npmrc",
    ".password-store",
    ".pgpass",
    ".psql_history",
    ".pypirc",
    ".python_history",
    ".s3cfg",
    ".sqlite_history",
    ".ssh",
    ".terraform.d",
    ".vault-token",
    ".viminfo",
    ".zsh_history",
];

/// Anywhere: what only root can read on most machines, which is no help where the bot is root.
const SECRETS_OF_ROOT: &[&str] = &[
    "/etc/credstore",
    "/etc/credstore.encrypted",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/letsencrypt",
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/ssh",
    "/etc/ssl/private",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/wireguard",
    "/root",
    "/var/lib/systemd/credential.secret",
    "/var/spool",
];

/// Empty at the start of each process and gone with it: temporary files, and the sockets of the machine's services.
pub(super) const SCRATCH: &[&str] = &["/run", "/tmp", "/var/tmp"];

/// In the CLI's own folder: what a process does not get to see, and may make anew for itself. One channel's process can
/// neither read what another channel's has left there nor put something there that the other's shell will run.
const LEFT_OUT_OF_THE_CLI: &[&str] = &[
    ".device-keys.json",
    "backups",
    "cache",
    "debug",
    "file-history",
    "history.jsonl",
    "ide",
    "jobs",
    "logs",
    "paste-cache",
    "plans",
    "projects",
    "session-env",
    "sessions",
    "shell-snapshots",
    "statsig",
    "tasks",
    "teams",
    "telemetry",
    "todos",
];

/// The file in the CLI's own folder that holds its login, and that it writes when it renews that.
pub(super) const LOGIN_OF_THE_CLI: &str = ".credentials.json";

/// The CLI's folder, unless it is told to use another.
pub(super) fn state(home: &Path) -> PathBuf {
    home.join(".claude")
}

/// Where the CLI was installed in its folder: nothing secret, and it may be what the bot runs.
pub(super) fn installation(home: &Path) -> PathBuf {
    state(home).join("local")
}

/// What is the owner's own CLI's, if the bot's has another folder, `used`: its folder or, if the other lies in that,
/// what is left out of the other as well.
pub(super) fn owners_cli(home: &Path, used: &Path) -> Vec<PathBuf> {
    let own = state(home);
    let mut found = [".claude.json", ".claude.json.backup"]
        .map(|name| home.join(name))
        .to_vec();
    if used.starts_with(&own) {
        let names = LEFT_OUT_OF_THE_CLI.iter().chain([&LOGIN_OF_THE_CLI]);
        found.extend(names.map(|name| own.join(name)));
    } else {
        found.push(own);
    }
    found
}

/// Whether something in the CLI's own folder is left out: see [`LEFT_OUT_OF_THE_CLI`]. Locks and temporary files come
/// and go, and a lock that is mounted could not be released.
pub(super) fn is_left_out(name: &str) -> bool {
    let is_passing = [".lock", ".tmp"].iter().any(|part| name.contains(part));
    LEFT_OUT_OF_THE_CLI.contains(&name) || is_passing
}

/// Folders of the home that many programs share.
pub(super) const SHARED_AT_HOME: &[&str] = &[
    ".config",
    ".local",
    ".local/bin",
    ".local/share",
    ".local/state",
    "bin",
];

/// Folders that are the system's, not the bot's, even where the bot's configuration lies in one of them.
pub(super) const SYSTEM: &[&str] = &[
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib32",
    "/lib64",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/share",
    "/usr/share",
    "/var",
    "/var/lib",
    "/var/tmp",
];

/// Folders of temporary files, whether they are there or not.
pub(super) fn scratch(home: &Path) -> Vec<PathBuf> {
    let shared = SCRATCH.iter().map(PathBuf::from);
    shared.chain([home.join(".cache")]).collect()
}

/// All places that hold secrets, whether they are there or not.
pub(super) fn secrets(home: &Path) -> Vec<PathBuf> {
    let of_root = SECRETS_OF_ROOT.iter().map(PathBuf::from);
    of_root
        .chain(SECRETS_AT_HOME.iter().map(|path| home.join(path)))
        .collect()
}
