//! What is known about tools, programs and arguments of the CLI, as data.

use super::risk::{
    Capability::{self, Execute, Exfiltrate, Read, Write},
    Risk,
};

/// Names with the same capability.
pub(super) struct Group {
    when: When,
    capability: Capability,
    /// One a line: `NAME NAME: REASON`.
    rows: &'static str,
}

/// When a rule is a risk. For [`TOOLS`] other than `Always`: unless it confines the tool to a path in the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Always, except for [`INSPECTIONS`]: a program also reads commands from its input, which `echo` can provide
    /// without a rule.
    Always,
    /// If a `*` leaves the arguments open.
    Open,
    /// If the arguments are open, or have one of these options, which read a script from a file: `-f FILE`.
    ScriptFile(&'static str),
}

use When::{Always, Open, ScriptFile};

/// The risks of a name.
pub(super) fn risks(groups: &'static [Group], name: &str) -> impl Iterator<Item = (When, Risk)> {
    groups.iter().flat_map(move |group| {
        let named = find(group.rows, name);
        named.map(|reason| {
            let capability = group.capability;
            (group.when, Risk { capability, reason })
        })
    })
}

/// The texts of a name in lines of `NAME NAME: TEXT`.
pub(super) fn find(rows: &'static str, name: &str) -> impl Iterator<Item = &'static str> {
    let rows = rows.lines().filter_map(|row| row.split_once(':'));
    let named = rows.filter(move |(names, _)| has_word(names, name));
    named.map(|(_, text)| text.trim())
}

pub(super) fn has_word(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|listed| listed == word)
}

/// Tools of the CLI. Rules for `Bash` with a command and for MCP tools are judged by their content.
pub(super) const TOOLS: &[Group] = &[
    Group {
        when: Open,
        capability: Execute,
        rows: "Bash: it allows every command",
    },
    Group {
        when: Always,
        capability: Read,
        rows: "
            Glob: it lists file names anywhere, on 2.1.197 whatever its path; `find` and `ls` need no rule
            ListAgents: it lists the other CLI sessions on this machine, including yours
        ",
    },
    Group {
        when: Open,
        capability: Read,
        rows: "Read Grep LS: it is not confined to the workspace; write the path as `./**`",
    },
    Group {
        when: Open,
        capability: Write,
        rows: "Edit Write MultiEdit NotebookEdit: it is not confined to the workspace; write `Edit(./**)`",
    },
    Group {
        when: Always,
        capability: Execute,
        rows: "
            EnterWorktree: git creates worktrees outside the CLI's own sandbox and runs the hooks of the repository
            SendMessage: other CLI sessions on this machine, including yours, treat what it sends as a request
            PowerShell REPL: it is a shell
            CronCreate RemoteTrigger ScheduleWakeup Workflow: what it starts keeps running without a request from \
              the channel
        ",
    },
];

/// Arguments that `claude.extra_args` accepts.
pub(super) const ARGUMENTS: &[Group] = &[
    Group {
        when: Always,
        capability: Write,
        rows: "
            --add-dir: it gives every channel the same access to that folder as to its workspace
            --debug --debug-file: it writes what people say to a file
        ",
    },
    Group {
        when: Always,
        capability: Execute,
        rows: "
            --settings: settings can hold hooks, allow rules and variables; keep the file out of every workspace
            --managed-settings --plugin-dir --plugin-url: a plugin brings hooks and servers, which are programs
            --mcp-config: its servers are programs that the CLI does not confine; keep the file out of every \
              workspace
        ",
    },
    Group {
        when: Always,
        capability: Exfiltrate,
        rows: "
            --chrome --ide --remote-control --cloud --teleport: it connects a channel's session to something that \
              others can see
        ",
    },
];

/// Programs, by file name without a version (`python3.12` is `python`). The tests `real::ways_out` name those
/// that were tried on the CLI.
pub(super) const PROGRAMS: &[Group] = &[
    Group {
        when: Always,
        capability: Execute,
        rows: "
            R Rscript bun deno elixir erl expect ghci groovy guile ipython irb java jshell julia lua luajit node \
              nodejs ocaml osascript perl php pypy python ruby scala tclsh ts-node tsx: an interpreter runs any \
              code, such as `python3 -c '...'` or `echo ... | python3`
            ash bash busybox csh dash eval fish ksh pwsh sh source tcsh zsh: a shell runs any command, such as `sh \
              -c '...'`
            git hg jj svn: options and a repository in the workspace can name programs that git runs: `-c \
              alias.x='!...'`, `core.fsmonitor`, hooks; `log`, `diff` and `show` write files with `--output`
            entr parallel watch xargs gdb lldb ltrace strace: it runs the program it is given
            ansible ant bazel bundle bunx cargo cmake composer corepack dotnet eslint gem go gradle gulp jest just \
              make gmake meson mix mocha mvn ninja npm npx nx pip pipx pnpm poetry pre-commit pytest rake rustc \
              swift task tox uv uvx vite vitest yarn zig: it runs what files in the workspace say (`package.json`, \
              `Makefile`, tests), and Claude can edit those
            bwrap chroot containerd ctr docker docker-compose helm kubectl lxc nerdctl nsenter podman qemu terraform \
              unshare vagrant virsh: a container or virtual machine can mount the files of this one
            at batch crontab launchctl screen service systemctl systemd-run tmux: it has another process run \
              programs, outside every restriction
            doas pkexec runuser su sudo: it runs programs as another user
            ed emacs ex nano nvim vi view vim mongosh mysql psql redis-cli sqlite3: its commands can run programs, \
              such as `!...` and `.shell`
        ",
    },
    Group {
        when: ScriptFile("f"),
        capability: Execute,
        rows: "sed gsed: its commands `e` and `w` run programs and write files",
    },
    Group {
        when: ScriptFile("Efil"),
        capability: Write,
        rows: "
            awk gawk mawk nawk: `print > \"file\"` writes anywhere, and the CLI's checks read awk programs only \
              roughly
        ",
    },
    Group {
        when: Open,
        capability: Execute,
        rows: "
            bsdtar cpio tar 7z unzip zip: options such as `--checkpoint-action` and `-TT` run a program, and \
              archives unpack anywhere
            split fd fdfind rg: options such as `--filter`, `--pre` and `-x` run a program
            cc clang g++ gcc ld: it builds programs, and its options run some
            autossh mosh rsync scp sftp ssh sshfs: `-o ProxyCommand='...'` runs a program on this machine, whatever \
              host the rule names; it also copies files away
            less man more: a pager can run programs
            apt apt-get brew conda dnf dpkg flatpak nix pacman rpm snap yum: packages run programs when they are \
              installed
            gh glab: its aliases can be shell commands, and it uploads files
        ",
    },
    Group {
        when: Open,
        capability: Write,
        rows: "
            chgrp chmod chown dd install ln rename setfacl shred tee truncate: the CLI does not confine its paths to \
              the workspace, or did not on 2.1.197
            sort: `--output=FILE` writes anywhere
            patch: a patch names the files it changes
            aria2c aws az curl ftp gcloud gsutil http lftp mail nc ncat netcat rclone s3cmd sendmail socat telnet \
              tftp wget: it writes downloads anywhere (`-o`), reads files (`file://`, `-T`) and sends them to any \
              machine
        ",
    },
    Group {
        when: Open,
        capability: Read,
        rows: "
            openssl gpg: it reads any file that its options name
            diff fold pr tac: it shows any file: `diff` by `--from-file`, the others by their path on 2.1.197
            date du wc: `--file` or `--files0-from` read any file and show it in error messages
        ",
    },
    Group {
        when: Open,
        capability: Exfiltrate,
        rows: "dig host nslookup ping traceroute whois: the name that is looked up can carry data",
    },
];

/// Programs and their subcommands (first arguments) that only show state.
pub(super) const INSPECTIONS: &str = "
    crontab: -l
    docker podman: history images info inspect logs port ps stats top version
    helm: history list ls status version
    kubectl: api-resources describe explain get logs top version
    lxc: info list ls
    systemctl: is-active is-enabled is-failed list-timers list-units show status
    terraform: version
    tmux: list-sessions ls
    virsh: list
";

/// Programs that run another one, and their options that take a value. A rule for `timeout *` allows
/// `timeout 5 sh -c '...'` (tried). `flock`, `script` and `taskset` are missing because the CLI never runs them (tried on
/// both versions). Not `-S` of `env`: the program follows it.
pub(super) const WRAPPERS: &str = "
    command nohup setsid:
    chrt: -D -P -T --sched-deadline --sched-period --sched-runtime
    env: -C -a -u --argv0 --chdir --unset
    exec: -a
    ionice: -P -c -n -p -u --class --classdata --pgid --pid --uid
    nice: -n --adjustment
    stdbuf: -e -i -o --error --input --output
    time: -f -o --format --output
    timeout: -k -s --kill-after --signal
";
