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
    ".local/share/fish/fish_history",
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

/// In the CLI's own folder: made anew for each process, so that one channel's process can neither read what another
/// channel's has left there nor put something there that the other's shell will run.
pub(super) const SCRATCH_OF_THE_CLI: &[&str] = &[
    "backups",
    "debug",
    "file-history",
    "jobs",
    "paste-cache",
    "plans",
    "session-env",
    "sessions",
    "shell-snapshots",
    "tasks",
    "teams",
    "todos",
];

/// In the CLI's own folder: what its owner's own CLI would load, and run, outside of all walls.
pub(super) const INSTRUCTIONS_OF_THE_CLI: &[&str] = &[
    "agents",
    "commands",
    "hooks",
    "output-styles",
    "plugins",
    "rules",
    "skills",
    "workflows",
];

/// The same, single files. Those that are missing are made (`settings.json` and `CLAUDE.md`, empty), because what is
/// not there cannot be kept from being made.
pub(super) const SETTINGS_OF_THE_CLI: &[&str] = &[
    ".claude.json",
    "CLAUDE.md",
    "keybindings.json",
    "settings.json",
    "settings.local.json",
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
    "/usr/local",
    "/var",
    "/var/lib",
    "/var/tmp",
];

/// All places that hold secrets, whether they are there or not.
pub(super) fn secrets(home: &Path) -> Vec<PathBuf> {
    let of_root = SECRETS_OF_ROOT.iter().map(PathBuf::from);
    of_root
        .chain(SECRETS_AT_HOME.iter().map(|path| home.join(path)))
        .collect()
}
