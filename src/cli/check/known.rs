//! What is known about tools, programs and arguments of the CLI, as data.
//!
//! Names are separated by spaces.

use super::allow_rules::{
    Capability::{self, Execute, Exfiltrate, Read, Write},
    Risk,
};

/// The names that share a risk, and when a rule for one of them has it.
pub(super) struct Row {
    names: &'static str,
    pub(super) when: When,
    capability: Capability,
    reason: &'static str,
}

/// When a rule has the risk of its row. A row of [`TOOLS`] that is not `Always` applies unless the rule confines the
/// tool to a path below the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Whatever the rule's content, except for [`INSPECTIONS`]. A program also reads commands from its input, which an
    /// `echo` before it can provide: the CLI runs that without a rule.
    Always,
    /// If a `*` leaves the arguments open.
    Open,
    /// If the arguments are open, or have one of these options, which take a script from a file: `-f FILE`.
    ScriptFile(&'static str),
}

use When::{Always, Open, ScriptFile};

impl Row {
    pub(super) fn names(&self, name: &str) -> bool {
        self.names.split(' ').any(|listed| listed == name)
    }

    pub(super) fn risk(&self) -> Risk {
        Risk {
            capability: self.capability,
            reason: self.reason,
        }
    }
}

const fn row(names: &'static str, when: When, capability: Capability, reason: &'static str) -> Row {
    Row {
        names,
        when,
        capability,
        reason,
    }
}

/// Tools of the CLI. Rules for `Bash` with a command and for MCP tools are judged by their content.
pub(super) const TOOLS: &[Row] = &[
    row("Bash", Open, Execute, "it allows every command"),
    row(
        "Glob",
        Always,
        Read,
        "it lists file names anywhere, on 2.1.197 whatever its path; `find` and `ls` need no rule",
    ),
    row(
        "Read Grep LS",
        Open,
        Read,
        "it is not confined to the workspace; write the path as `./**`",
    ),
    row(
        "Edit Write MultiEdit NotebookEdit",
        Open,
        Write,
        "it is not confined to the workspace; write `Edit(./**)`",
    ),
    row(
        "EnterWorktree",
        Always,
        Execute,
        "git creates worktrees outside the CLI's own sandbox and runs the hooks of the repository",
    ),
    row(
        "SendMessage",
        Always,
        Execute,
        "other CLI sessions on this machine, including yours, treat what it sends as a request",
    ),
    row(
        "ListAgents",
        Always,
        Read,
        "it lists the other CLI sessions on this machine, including yours",
    ),
    row("PowerShell REPL", Always, Execute, "it is a shell"),
    row(
        "CronCreate RemoteTrigger ScheduleWakeup Workflow",
        Always,
        Execute,
        "what it starts keeps running without a request from the channel",
    ),
];

/// Arguments of the CLI that `claude.extra_args` accepts.
pub(super) const ARGUMENTS: &[Row] = &[
    row(
        "--add-dir",
        Always,
        Write,
        "it gives every channel the same access to that folder as to its workspace",
    ),
    row(
        "--settings",
        Always,
        Execute,
        "settings can hold hooks, allow rules and variables; keep the file out of every workspace",
    ),
    row(
        "--managed-settings --plugin-dir --plugin-url",
        Always,
        Execute,
        "a plugin brings hooks and servers, which are programs",
    ),
    row(
        "--mcp-config",
        Always,
        Execute,
        "its servers are programs that the CLI does not confine; keep the file out of every workspace",
    ),
    row(
        "--chrome --ide --remote-control --cloud --teleport",
        Always,
        Exfiltrate,
        "it connects a channel's session to something that others can see",
    ),
    row(
        "--debug --debug-file",
        Always,
        Write,
        "it writes what people say to a file",
    ),
];

/// Programs, by file name without a version (`python3.12` is `python`).
pub(super) const PROGRAMS: &[Row] = &[
    row(
        "R Rscript bun deno elixir erl expect ghci groovy guile ipython irb java jshell julia lua luajit node nodejs \
         ocaml osascript perl php pypy python ruby scala tclsh ts-node tsx",
        Always,
        Execute,
        "an interpreter runs any code, such as `python3 -c '...'` or `echo ... | python3`",
    ),
    row(
        "ash bash busybox csh dash eval fish ksh pwsh sh source tcsh zsh",
        Always,
        Execute,
        "a shell runs any command, such as `sh -c '...'`",
    ),
    row(
        "git hg jj svn",
        Always,
        Execute,
        "options and a repository in the workspace can name programs that git runs: `-c alias.x='!...'`, \
         `core.fsmonitor`, hooks; `log`, `diff` and `show` write files with `--output`",
    ),
    row(
        "sed gsed",
        ScriptFile("f"),
        Execute,
        "its commands `e` and `w` run programs and write files",
    ),
    row(
        "awk gawk mawk nawk",
        ScriptFile("Efil"),
        Write,
        "`print > \"file\"` writes anywhere, and the CLI's checks read awk programs only roughly",
    ),
    row(
        "bsdtar cpio tar",
        Open,
        Execute,
        "`--checkpoint-action=exec=...` runs a program, and archives unpack anywhere",
    ),
    row(
        "7z unzip zip",
        Open,
        Execute,
        "`zip -T -TT '...'` runs a program, and archives unpack anywhere",
    ),
    row(
        "entr parallel watch xargs",
        Always,
        Execute,
        "it runs the program it is given",
    ),
    row("split", Open, Execute, "`--filter='...'` runs a program"),
    // Not tried on the CLI.
    row(
        "fd fdfind rg",
        Open,
        Execute,
        "`rg --pre` and `fd -x` run a program",
    ),
    row(
        "ansible ant bazel bundle bunx cargo cmake composer corepack dotnet eslint gem go gradle gulp jest just make \
         gmake meson mix mocha mvn ninja npm npx nx pip pipx pnpm poetry pre-commit pytest rake rustc swift task tox \
         uv uvx vite vitest yarn zig",
        Always,
        Execute,
        "it runs what files in the workspace say (`package.json`, `Makefile`, tests), and Claude can edit those",
    ),
    row(
        "cc clang g++ gcc ld",
        Open,
        Execute,
        "it builds programs, and its options run some",
    ),
    row(
        "gdb lldb ltrace strace",
        Always,
        Execute,
        "it runs the programs and commands it is given",
    ),
    row(
        "bwrap chroot containerd ctr docker docker-compose helm kubectl lxc nerdctl nsenter podman qemu terraform \
         unshare vagrant virsh",
        Always,
        Execute,
        "a container or virtual machine can mount the files of this one",
    ),
    row(
        "at batch crontab launchctl screen service systemctl systemd-run tmux",
        Always,
        Execute,
        "it has another process run programs, outside every restriction",
    ),
    row(
        "doas pkexec runuser su sudo",
        Always,
        Execute,
        "it runs programs as another user",
    ),
    row(
        "autossh mosh rsync scp sftp ssh sshfs",
        Open,
        Execute,
        "`-o ProxyCommand='...'` runs a program on this machine, whatever host the rule names; it also copies files away",
    ),
    row(
        "ed emacs ex nano nvim vi view vim",
        Always,
        Execute,
        "an editor can run programs, such as `vim -c '!...'`",
    ),
    row("less man more", Open, Execute, "a pager can run programs"),
    row(
        "mongosh mysql psql redis-cli sqlite3",
        Always,
        Execute,
        "a database shell can run programs, such as by `.shell` or `\\!`",
    ),
    row(
        "apt apt-get brew conda dnf dpkg flatpak nix pacman rpm snap yum",
        Open,
        Execute,
        "packages run programs when they are installed",
    ),
    row(
        "gh glab",
        Open,
        Execute,
        "its aliases can be shell commands, and it uploads files",
    ),
    row(
        "chgrp chmod chown dd install ln rename setfacl shred tee truncate",
        Open,
        Write,
        "the CLI does not confine its paths to the workspace, or did not on 2.1.197",
    ),
    row("sort", Open, Write, "`--output=FILE` writes anywhere"),
    row("patch", Open, Write, "a patch names the files it changes"),
    row(
        "openssl gpg",
        Open,
        Read,
        "it reads any file that its options name",
    ),
    row(
        "diff fold pr tac",
        Open,
        Read,
        "it shows any file: `diff` by `--from-file`, the others by their path on 2.1.197",
    ),
    row(
        "date du wc",
        Open,
        Read,
        "`--file` or `--files0-from` read any file and show it in error messages",
    ),
    row(
        "aria2c aws az curl ftp gcloud gsutil http lftp mail nc ncat netcat rclone s3cmd sendmail socat telnet tftp \
         wget",
        Open,
        Write,
        "it writes downloads anywhere (`-o`), reads files (`file://`, `-T`) and sends them to any machine",
    ),
    row(
        "dig host nslookup ping traceroute whois",
        Open,
        Exfiltrate,
        "the name that is looked up can carry data",
    ),
];

/// Programs and the subcommands (first arguments) that only show state.
pub(super) const INSPECTIONS: &[(&str, &str)] = &[
    ("crontab", "-l"),
    (
        "docker podman",
        "history images info inspect logs port ps stats top version",
    ),
    ("helm", "history list ls status version"),
    (
        "kubectl",
        "api-resources describe explain get logs top version",
    ),
    ("lxc", "info list ls"),
    (
        "systemctl",
        "is-active is-enabled is-failed list-timers list-units show status",
    ),
    ("terraform", "version"),
    ("tmux", "list-sessions ls"),
    ("virsh", "list"),
];

/// Programs that run the one named after them, and their options that take a value. A rule for `timeout *` allows
/// `timeout 5 sh -c '...'` (tried). `flock`, `script` and `taskset` are not listed: the CLI never runs them, because it
/// cannot tell what they start (tried on both versions).
pub(super) const WRAPPERS: &[(&str, &str)] = &[
    (
        "chrt",
        "-D -P -T --sched-deadline --sched-period --sched-runtime",
    ),
    ("command", ""),
    // Not `-S`: the program follows it.
    ("env", "-C -a -u --argv0 --chdir --unset"),
    ("exec", "-a"),
    (
        "ionice",
        "-P -c -n -p -u --class --classdata --pgid --pid --uid",
    ),
    ("nice", "-n --adjustment"),
    ("nohup", ""),
    ("setsid", ""),
    ("stdbuf", "-e -i -o --error --input --output"),
    ("time", "-f -o --format --output"),
    ("timeout", "-k -s --kill-after --signal"),
];
