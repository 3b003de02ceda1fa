//! Programs that are no means of staying where one is.

use super::Way::{self, Reads, Runs, Sends, Writes};

/// Some programs, and what an allow rule for them opens.
pub(super) struct Program {
    pub(super) names: &'static [&'static str],
    pub(super) way: Way,
    pub(super) why: &'static str,
    /// When a rule without a `*` opens it as well.
    pub(super) when: When,
}

/// Which commands of a program open a way out even if no `*` leaves anything open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// None.
    Open,
    /// Those that take their program from a file, which may lie in the workspace, by one of these options: `-f FILE`.
    FromFile(&'static str),
    /// All but [`LOOKS`]. What such a command does not name it reads from its input, which an `echo` before it can be:
    /// the CLI runs that without a rule.
    Always,
}

impl When {
    pub(super) fn holds(self, arguments: &[&str]) -> bool {
        match self {
            Self::Open => false,
            Self::FromFile(flags) => arguments.iter().any(|word| is_one_of(flags, word)),
            Self::Always => true,
        }
    }
}

/// Whether an option is one of these, by its first letter: `-f`, also among others and with its value behind it, and
/// `--file`. What follows `-e`, `-F` and `-v` is their own.
fn is_one_of(flags: &str, argument: &str) -> bool {
    match (argument.strip_prefix("--"), argument.strip_prefix('-')) {
        (Some(long), _) => long.starts_with(|letter: char| flags.to_lowercase().contains(letter)),
        (None, Some(short)) => {
            let mut letters = short.chars().take_while(|letter| !"eFv".contains(*letter));
            letters.any(|letter| flags.contains(letter))
        }
        (None, None) => false,
    }
}

/// Commands that only show how things are, by their program and first argument, unless more arguments name files or
/// settings.
const LOOKS: &[(&[&str], &[&str])] = &[
    (&["crontab"], &["-l"]),
    (
        &["docker", "podman"],
        &[
            "history", "images", "info", "inspect", "logs", "port", "ps", "stats", "top", "version",
        ],
    ),
    (&["helm"], &["history", "list", "ls", "status", "version"]),
    (
        &["kubectl"],
        &[
            "api-resources",
            "describe",
            "explain",
            "get",
            "logs",
            "top",
            "version",
        ],
    ),
    (&["lxc"], &["info", "list", "ls"]),
    (
        &["systemctl"],
        &[
            "is-active",
            "is-enabled",
            "is-failed",
            "list-timers",
            "list-units",
            "show",
            "status",
        ],
    ),
    (&["terraform"], &["version"]),
    (&["tmux"], &["list-sessions", "ls"]),
    (&["virsh"], &["list"]),
];

/// Whether a command is one of [`LOOKS`].
pub(super) fn only_looks(program: &str, arguments: &[&str]) -> bool {
    let Some((first, more)) = arguments.split_first() else {
        return false;
    };
    let is_harmless = |word: &&str| !word.contains(['/', '=', '@']) && !word.contains("config");
    LOOKS
        .iter()
        .any(|(names, shown)| names.contains(&program) && shown.contains(first))
        && more.iter().all(is_harmless)
}

/// Programs that run the one that follows them. Not among them are `flock`, `script` and `taskset`: the CLI runs none of
/// these, whatever rule there is, because it can't tell what they start (tried on both versions). An allow rule for `timeout *` allows it whatever that is (tried: the
/// CLI holds the inner command's paths below the workspace, but lets `timeout 5 sh -c '...'` run).
pub(super) const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        name: "chrt",
        short: "DPT",
        long: &["sched-deadline", "sched-period", "sched-runtime"],
    },
    Wrapper {
        name: "command",
        short: "",
        long: &[],
    },
    Wrapper {
        name: "env",
        // Not `-S`: what follows that is the program.
        short: "Cau",
        long: &["argv0", "chdir", "unset"],
    },
    Wrapper {
        name: "exec",
        short: "a",
        long: &[],
    },
    Wrapper {
        name: "ionice",
        short: "Pcnpu",
        long: &["class", "classdata", "pgid", "pid", "uid"],
    },
    Wrapper {
        name: "nice",
        short: "n",
        long: &["adjustment"],
    },
    Wrapper {
        name: "nohup",
        short: "",
        long: &[],
    },
    Wrapper {
        name: "setsid",
        short: "",
        long: &[],
    },
    Wrapper {
        name: "stdbuf",
        short: "eio",
        long: &["error", "input", "output"],
    },
    Wrapper {
        name: "time",
        short: "fo",
        long: &["format", "output"],
    },
    Wrapper {
        name: "timeout",
        short: "ks",
        long: &["kill-after", "signal"],
    },
];

/// A program that runs another one, and which of its options have a value.
pub(super) struct Wrapper {
    pub(super) name: &'static str,
    short: &'static str,
    long: &'static [&'static str],
}

impl Wrapper {
    /// Whether the word after one of its options is that option's value.
    pub(super) fn has_value(&self, option: &str) -> bool {
        match (option.strip_prefix("--"), option.strip_prefix('-')) {
            // As GNU's programs read it, shortened too.
            (Some(long), _) => {
                !long.is_empty() && self.long.iter().any(|name| name.starts_with(long))
            }
            (None, Some(short)) => {
                let letter = short.find(|letter| self.short.contains(letter));
                letter.is_some_and(|at| at + 1 == short.len())
            }
            (None, None) => false,
        }
    }
}

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        names: &[
            "R",
            "Rscript",
            "bun",
            "deno",
            "elixir",
            "erl",
            "expect",
            "ghci",
            "groovy",
            "guile",
            "ipython",
            "irb",
            "java",
            "jshell",
            "julia",
            "lua",
            "luajit",
            "node",
            "nodejs",
            "ocaml",
            "osascript",
            "perl",
            "php",
            "pypy",
            "python",
            "ruby",
            "scala",
            "tclsh",
            "ts-node",
            "tsx",
        ],
        way: Runs,
        why: "an interpreter runs what it is given, such as `python3 -c '...'` and `echo ... | python3`",
        when: When::Always,
    },
    Program {
        names: &[
            "ash", "bash", "busybox", "csh", "dash", "eval", "fish", "ksh", "pwsh", "sh", "source",
            "tcsh", "zsh",
        ],
        way: Runs,
        why: "a shell runs what it is given, such as `sh -c '...'`",
        when: When::Always,
    },
    Program {
        names: &["git", "hg", "jj", "svn"],
        way: Runs,
        why: "git runs what its options and a repository in the workspace name: `-c alias.x='!...'`, `core.fsmonitor`, hooks; \
              `log`, `diff` and `show` write files by `--output`",
        when: When::Always,
    },
    Program {
        names: &["sed", "gsed"],
        way: Runs,
        why: "its commands `e` and `w` run programs and write files",
        when: When::FromFile("f"),
    },
    Program {
        names: &["awk", "gawk", "mawk", "nawk"],
        way: Writes,
        why: "`print > \"file\"` writes anywhere, and the CLI's checks for programs read its text only roughly",
        when: When::FromFile("Efil"),
    },
    Program {
        names: &["bsdtar", "cpio", "tar"],
        way: Runs,
        why: "`--checkpoint-action=exec=...` runs a program, and an archive unpacks anywhere",
        when: When::Open,
    },
    Program {
        names: &["7z", "unzip", "zip"],
        way: Runs,
        why: "`zip -T -TT '...'` runs a program, and an archive unpacks anywhere",
        when: When::Open,
    },
    Program {
        names: &["entr", "parallel", "watch", "xargs"],
        way: Runs,
        why: "it runs the program that it is given",
        when: When::Always,
    },
    Program {
        names: &["split"],
        way: Runs,
        why: "`--filter='...'` runs a program",
        when: When::Open,
    },
    Program {
        // Not tried.
        names: &["fd", "fdfind", "rg"],
        way: Runs,
        why: "`rg --pre` and `fd -x` run a program",
        when: When::Open,
    },
    Program {
        names: &[
            "ansible",
            "ant",
            "bazel",
            "bundle",
            "bunx",
            "cargo",
            "cmake",
            "composer",
            "corepack",
            "dotnet",
            "eslint",
            "gem",
            "go",
            "gradle",
            "gulp",
            "jest",
            "just",
            "make",
            "gmake",
            "meson",
            "mix",
            "mocha",
            "mvn",
            "ninja",
            "npm",
            "npx",
            "nx",
            "pip",
            "pipx",
            "pnpm",
            "poetry",
            "pre-commit",
            "pytest",
            "rake",
            "rustc",
            "swift",
            "task",
            "tox",
            "uv",
            "uvx",
            "vite",
            "vitest",
            "yarn",
            "zig",
        ],
        way: Runs,
        why: "it runs what files of the workspace say (`package.json`, `Makefile`, tests), which an edit can change",
        when: When::Always,
    },
    Program {
        names: &["cc", "clang", "g++", "gcc", "ld"],
        way: Runs,
        why: "it makes programs, and its options run some",
        when: When::Open,
    },
    Program {
        names: &["gdb", "lldb", "ltrace", "strace"],
        way: Runs,
        why: "it runs the program and the commands that it is given",
        when: When::Always,
    },
    Program {
        names: &[
            "bwrap",
            "chroot",
            "containerd",
            "ctr",
            "docker",
            "docker-compose",
            "helm",
            "kubectl",
            "lxc",
            "nerdctl",
            "nsenter",
            "podman",
            "qemu",
            "terraform",
            "unshare",
            "vagrant",
            "virsh",
        ],
        way: Runs,
        why: "a container or a machine of one's own can mount this one's files",
        when: When::Always,
    },
    Program {
        names: &[
            "at",
            "batch",
            "crontab",
            "launchctl",
            "screen",
            "service",
            "systemctl",
            "systemd-run",
            "tmux",
        ],
        way: Runs,
        why: "it has another process run programs, outside every bound",
        when: When::Always,
    },
    Program {
        names: &["doas", "pkexec", "runuser", "su", "sudo"],
        way: Runs,
        why: "it runs programs as another user",
        when: When::Always,
    },
    Program {
        names: &["autossh", "mosh", "rsync", "scp", "sftp", "ssh", "sshfs"],
        way: Runs,
        why: "`-o ProxyCommand='...'` runs a program here, whatever host the rule names; it also copies files away",
        when: When::Open,
    },
    Program {
        names: &["ed", "emacs", "ex", "nano", "nvim", "vi", "view", "vim"],
        way: Runs,
        why: "an editor runs programs from within, such as `vim -c '!...'`",
        when: When::Always,
    },
    Program {
        names: &["less", "man", "more"],
        way: Runs,
        why: "a pager runs programs from within",
        when: When::Open,
    },
    Program {
        names: &["mongosh", "mysql", "psql", "redis-cli", "sqlite3"],
        way: Runs,
        why: "a database's prompt runs programs, such as `.shell` and `\\!`",
        when: When::Always,
    },
    Program {
        names: &[
            "apt", "apt-get", "brew", "conda", "dnf", "dpkg", "flatpak", "nix", "pacman", "rpm",
            "snap", "yum",
        ],
        way: Runs,
        why: "a package brings programs that run when it is installed",
        when: When::Open,
    },
    Program {
        names: &["gh", "glab"],
        way: Runs,
        why: "an alias of its own may be a shell command, and it sends files away",
        when: When::Open,
    },
    Program {
        names: &[
            "chgrp", "chmod", "chown", "dd", "install", "ln", "rename", "setfacl", "shred", "tee",
            "truncate",
        ],
        way: Writes,
        why: "the CLI does not hold its paths below the workspace, or did not on 2.1.197",
        when: When::Open,
    },
    Program {
        names: &["sort"],
        way: Writes,
        why: "`--output=FILE` writes anywhere",
        when: When::Open,
    },
    Program {
        names: &["patch"],
        way: Writes,
        why: "a patch names the files that it changes",
        when: When::Open,
    },
    Program {
        names: &["openssl", "gpg"],
        way: Reads,
        why: "it reads any file that its options name",
        when: When::Open,
    },
    Program {
        names: &["diff", "fold", "pr", "tac"],
        way: Reads,
        why: "it shows any file: `diff` by `--from-file`, the others by their path on 2.1.197",
        when: When::Open,
    },
    Program {
        names: &["date", "du", "wc"],
        way: Reads,
        why: "by `--file` or `--files0-from` it reads a file anywhere and shows it in its error messages",
        when: When::Open,
    },
    Program {
        names: &[
            "aria2c", "aws", "az", "curl", "ftp", "gcloud", "gsutil", "http", "lftp", "mail", "nc",
            "ncat", "netcat", "rclone", "s3cmd", "sendmail", "socat", "telnet", "tftp", "wget",
        ],
        way: Writes,
        why: "it writes what it fetches anywhere (`-o`), reads files (`file://`, `-T`) and sends them to any machine",
        when: When::Open,
    },
    Program {
        names: &["dig", "host", "nslookup", "ping", "traceroute", "whois"],
        way: Sends,
        why: "a name that is looked up can carry what was read",
        when: When::Open,
    },
];
