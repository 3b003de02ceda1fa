//! The bot as a service of systemd, whose place a socket and a script take.
//!
//! * It tells when it is ready, which is when it is connected, when it reloads, that it works, and when it stops.
//! * `service` writes and removes its own unit, and no other; it says what it does, and what is missing.
//! * systemd's own tools take the unit.

use std::{
    collections::VecDeque,
    fs,
    os::unix::fs::{PermissionsExt as _, chown},
    path::PathBuf,
};

use loopback_discord::Loopback;
use rustix::process::Signal;
use serde_json::json;
use tokio::{net::UnixDatagram, process::Command};

use crate::support::{Bot, DEADLINE, Home, Need, finish, skip_without};

/// The shape of a bot token; it opens nothing.
const TOKEN: &str = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs";

const NOBODY: u32 = 65_534;

/// Answers as systemctl does, and notes what it was asked.
const SYSTEMCTL: &str = r#"#!/bin/sh
echo "$*$ANTHROPIC_API_KEY" >> "$HOME/asked"
case "$*" in
*is-system-running) cat "$HOME/state" ;;
*show*--property=FragmentPath) cat "$HOME/fragment" ;;
*show*) cat "$HOME/fragment"; printf 'UnitFileState=enabled\nActiveState=active\nStatusText=%s\n' "at $XDG_RUNTIME_DIR" ;;
esac
"#;

/// The next line that systemd is told, other than `except`.
async fn told(socket: &UnixDatagram, lines: &mut VecDeque<String>, except: &str) -> String {
    loop {
        match lines.pop_front() {
            Some(line) if line != except => return line,
            Some(_) => {}
            None => {
                let mut datagram = [0; 4096];
                let received = tokio::time::timeout(DEADLINE, socket.recv(&mut datagram)).await;
                let length = received.expect("systemd is told something").unwrap();
                let text = str::from_utf8(&datagram[..length]).unwrap();
                lines.extend(text.lines().map(str::to_owned));
            }
        }
    }
}

#[tokio::test]
async fn systemd_is_told_what_the_bot_does() {
    const ALIVE: &str = "WATCHDOG=1";
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    let path = home.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let mut lines = VecDeque::new();
    let outage = discord.gateway().outage();
    let mut bot = Bot::new(&discord)
        .home(&home)
        .env("NOTIFY_SOCKET", path.to_str().unwrap())
        .env("WATCHDOG_USEC", "200000")
        .launch();
    let mut next = async |except| told(&socket, &mut lines, except).await;
    assert_eq!(next(ALIVE).await, "STATUS=Not connected to Discord");
    assert_eq!(next("").await, ALIVE);
    drop(outage);
    assert_eq!(next(ALIVE).await, "READY=1");
    assert_eq!(next(ALIVE).await, "STATUS=Connected to Discord");

    bot.signal(Signal::HUP);
    assert_eq!(next(ALIVE).await, "RELOADING=1");
    let since = next(ALIVE).await;
    let since = since.strip_prefix("MONOTONIC_USEC=").expect(&since);
    assert!(since.parse::<u64>().is_ok(), "{since}");
    assert_eq!(next(ALIVE).await, "READY=1");

    let here = discord.general();
    let environment = bot.ask(&discord, here, "[[env]]", "PATH=").await;
    assert!(!environment.contains("NOTIFY_SOCKET"), "{environment}");
    assert!(!environment.contains("WATCHDOG"), "{environment}");

    bot.signal(Signal::TERM);
    assert_eq!(next(ALIVE).await, "STOPPING=1");
    assert!(bot.ended().await.success());
}

/// A folder with a configuration, a token, and a systemctl.
fn home() -> Home {
    let home = Home::new();
    home.write(
        "config.json",
        &json!({ "discord": { "token_file": "secret" } }).to_string(),
    );
    home.write("secret", TOKEN);
    home.write("state", "running");
    home.write("fragment", "FragmentPath=\n");
    home.write("asked", "");
    home.write("bin/systemctl", SYSTEMCTL);
    let program = home.path().join("bin/systemctl");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    home
}

/// `switchboard service ...`, with that systemctl.
fn service(home: &Home, arguments: &[&str]) -> Command {
    let arguments = [&["service"], arguments].concat();
    let mut command = home.command(&arguments);
    let path = format!("{}:/usr/bin:/bin", home.path().join("bin").display());
    command
        .env("PATH", path)
        .env("XDG_RUNTIME_DIR", "/run/user/7")
        .env("ANTHROPIC_API_KEY", "not for systemctl");
    command
}

/// What systemctl was asked since the last time.
fn asked(home: &Home) -> Vec<String> {
    let asked = fs::read_to_string(home.path().join("asked")).unwrap();
    home.write("asked", "");
    asked.lines().map(str::to_owned).collect()
}

fn unit(home: &Home) -> PathBuf {
    home.path().join(".config/systemd/user/switchboard.service")
}

#[tokio::test]
async fn the_service_is_installed_told_of_and_removed() {
    let home = home();
    let run = async |arguments: &[&str]| finish(service(&home, arguments)).await;
    let installed = run(&["install", "--user"]).await;
    assert_eq!(installed.code, Some(0), "{installed:?}");
    let of_user = |commands: &[&str]| -> Vec<String> {
        commands.iter().map(|it| format!("--user {it}")).collect()
    };
    let steps = [
        "is-system-running",
        "daemon-reload",
        "enable switchboard.service",
    ];
    let looks = [
        "is-system-running",
        "show switchboard.service --property=FragmentPath",
    ];
    let expected = [&looks[..], &steps[1..], &["restart switchboard.service"]].concat();
    assert_eq!(asked(&home), of_user(&expected));
    for step in &expected[2..] {
        let told = format!("Runs: systemctl --user {step}\n");
        assert!(installed.out.contains(&told), "{installed:?}");
    }
    let written = fs::read_to_string(unit(&home)).unwrap();
    let folder = home.path().display();
    for line in [
        format!(
            "ExecStart={} run --config {folder}/config.json --log json",
            env!("CARGO_BIN_EXE_switchboard")
        ),
        format!("LoadCredential=discord_token:{folder}/secret"),
        format!("WorkingDirectory={folder}"),
    ] {
        assert!(written.lines().any(|it| it == line), "{line}: {written}");
    }
    assert!(!written.contains(TOKEN) && !installed.out.contains(TOKEN));
    let mode = fs::metadata(unit(&home)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);

    let again = run(&["install", "--user"]).await;
    assert!(again.out.starts_with("Unchanged: "), "{again:?}");
    let expected = [&steps[..], &["start switchboard.service"]].concat();
    assert_eq!(asked(&home), of_user(&expected));

    let status = run(&["status", "--user"]).await;
    assert_eq!(status.code, Some(0), "{status:?}");
    for words in [
        "ok   unit ",
        "ok   enabled ",
        "active since : at /run/user/7",
        "`journalctl --user -u switchboard -n 50`",
    ] {
        assert!(status.out.contains(words), "{words}: {status:?}");
    }
    home.write(
        "config.json",
        &json!({ "discord": { "token_file": "bin/../secret" } }).to_string(),
    );
    let status = run(&["status", "--user"]).await;
    assert!(status.out.contains("warn unit "), "{status:?}");
    asked(&home);

    let removed = run(&["uninstall", "--user"]).await;
    assert_eq!(removed.code, Some(0), "{removed:?}");
    let expected = [
        "is-system-running",
        "disable --now switchboard.service",
        "daemon-reload",
    ];
    assert_eq!(asked(&home), of_user(&expected));
    assert!(!unit(&home).exists());
    let again = run(&["uninstall", "--user"]).await;
    assert!(again.out.starts_with("Nothing to remove"), "{again:?}");
    assert_eq!(asked(&home), [""; 0]);
}

#[tokio::test]
async fn a_unit_of_somebody_elses_is_left_alone() {
    const FOREIGN: &str = "[Service]\nExecStart=/bin/true\n";
    let home = home();
    home.write(".config/systemd/user/switchboard.service", FOREIGN);
    for job in ["install", "uninstall"] {
        let refused = finish(service(&home, &[job, "--user"])).await;
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains("nothing was changed"), "{refused:?}");
        assert_eq!(fs::read_to_string(unit(&home)).unwrap(), FOREIGN);
    }
    assert_eq!(asked(&home), [""; 0]);
    let forced = finish(service(&home, &["install", "--user", "--force"])).await;
    assert_eq!(forced.code, Some(0), "{forced:?}");
    assert_ne!(fs::read_to_string(unit(&home)).unwrap(), FOREIGN);
}

#[tokio::test]
async fn the_unit_of_a_package_is_not_overridden_unasked() {
    let home = home();
    home.write(
        "fragment",
        "FragmentPath=/usr/lib/systemd/user/switchboard.service\n",
    );
    let install = async |more: &[&str]| {
        let arguments = [&["install", "--user"][..], more].concat();
        finish(service(&home, &arguments)).await
    };
    let refused = install(&[]).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for words in [
        "/usr/lib/systemd/user/switchboard.service is installed already",
        "`systemctl --user enable --now switchboard`",
        "nothing was changed",
    ] {
        assert!(refused.err.contains(words), "{words}: {refused:?}");
    }
    assert!(!unit(&home).exists());
    assert_eq!(asked(&home).len(), 2, "it only looks");
    let forced = install(&["--force"]).await;
    assert_eq!(forced.code, Some(0), "{forced:?}");
    // What systemd knows now is its own file.
    let own = format!("FragmentPath={}\n", unit(&home).display());
    home.write("fragment", &own);
    assert_eq!(install(&[]).await.code, Some(0));
    fs::remove_file(unit(&home)).unwrap();
    assert_eq!(install(&[]).await.code, Some(0));
}

#[tokio::test]
async fn everybody_sees_the_service_of_the_system() {
    if skip_without(Need::Root) {
        return;
    }
    let home = home();
    home.write("fragment", "FragmentPath=/usr/lib/switchboard.service\n");
    let status = async |more: &[&str]| {
        let mut command = service(&home, &[&["status"][..], more].concat());
        command.uid(NOBODY).gid(NOBODY);
        finish(command).await
    };
    for entry in [home.path().to_owned(), home.path().join("asked")] {
        chown(entry, Some(NOBODY), None).unwrap();
    }
    let seen = status(&[]).await;
    let questions = asked(&home);
    assert!(
        questions.iter().all(|it| !it.contains("--user")),
        "{questions:?}"
    );
    assert_eq!(questions.len(), 2, "{seen:?}");
    for words in [
        "/usr/lib/switchboard.service, of a package",
        "`journalctl -u switchboard",
    ] {
        assert!(seen.out.contains(words), "{words}: {seen:?}");
    }
    status(&["--user"]).await;
    assert!(asked(&home).iter().all(|it| it.starts_with("--user")));
    // A unit of the account's own comes first.
    home.write(".config/systemd/user/switchboard.service", "[Service]\n");
    let seen = status(&[]).await;
    assert!(seen.out.contains(".config/systemd/user"), "{seen:?}");
    assert!(asked(&home).iter().all(|it| it.starts_with("--user")));
}

#[tokio::test]
async fn what_the_service_lacks_is_told_and_nothing_is_written() {
    let home = home();
    let install = async || finish(service(&home, &["install", "--user"])).await;
    home.write("state", "offline");
    let refused = install().await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let words = "systemd does not run for your account (offline): log in as this account itself";
    assert!(refused.err.contains(words), "{refused:?}");

    home.write("config.json", "{}");
    let refused = install().await;
    assert_eq!(refused.code, Some(78), "{refused:?}");
    assert!(
        refused.err.contains("`switchboard init --token-file FILE`"),
        "{refused:?}"
    );

    fs::remove_file(home.path().join("config.json")).unwrap();
    let refused = install().await;
    assert!(
        refused.err.contains("`switchboard init` makes one"),
        "{refused:?}"
    );
    assert!(!unit(&home).exists());
}

#[tokio::test]
async fn systemd_takes_the_unit_of_the_system() {
    if skip_without(Need::Root) || skip_without(Need::SystemdAnalyze) {
        return;
    }
    let home = home();
    fs::create_dir(home.path().join("sessions")).unwrap();
    chown(home.path().join("sessions"), Some(NOBODY), None).unwrap();
    let printed = finish(service(&home, &["install", "--print"])).await;
    assert!(printed.out.contains("\nUser=nobody\n"), "{printed:?}");
    home.write("switchboard.service", &printed.out);
    let file = home.path().join("switchboard.service");
    for arguments in [
        &["verify"][..],
        &["security", "--offline=true", "--threshold=45", "--no-pager"],
    ] {
        #[expect(clippy::disallowed_methods, reason = "the machine's own tool")]
        let mut command = Command::new("systemd-analyze");
        command.args(arguments).arg(&file);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        for word in ["Unknown", "Failed", "ignoring"] {
            assert!(!ran.err.contains(word), "{ran:?}");
        }
    }
    assert_eq!(asked(&home), [""; 0], "it only prints");
}
