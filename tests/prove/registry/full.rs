//! A disk that is full for a while, and a limit on file sizes.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use loopback_discord::Loopback;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

use super::{
    state::{booked, counted, strays},
    writer::Writer,
};
use crate::{
    prove::{figure, scaled},
    support::{Bot, DEADLINE, Need, eventually, skip_without},
};

/// Set for a test that runs in its own mount namespace.
const ALONE: &str = "PROVE_REGISTRY_ALONE";

/// Whether the test runs in its own mount namespace, where no other process keeps its mounts busy. Otherwise runs the
/// test again in one and waits for it, or prints why that is impossible.
#[expect(clippy::print_stdout, reason = "the output of the other process")]
#[expect(clippy::disallowed_methods, reason = "this program again")]
pub(super) fn is_alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    if skip_without(Need::Mounts) {
        return false;
    }
    let output = Command::new("unshare")
        .arg("--mount")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    println!("{said}");
    false
}

/// A mounted file system, unmounted on drop.
pub(super) struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    pub(super) fn new(arguments: &[&str], at: &'a Path) -> Self {
        run("mount", arguments, at).unwrap();
        Self(at)
    }

    pub(super) fn end(self) {
        run("umount", &[], self.0).unwrap();
        std::mem::forget(self);
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        run("umount", &["-l"], self.0).unwrap_or_default();
    }
}

/// Runs a tool of the system.
pub(super) fn run(program: &str, arguments: &[&str], last: &Path) -> Result<(), String> {
    #[expect(clippy::disallowed_methods, reason = "tools of the system")]
    let output = Command::new(program)
        .args(arguments)
        .arg(last)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let failed = || format!("{program} {arguments:?} {}: {said}", last.display());
    output.status.success().then_some(()).ok_or_else(failed)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "files that fill the disk")]
fn a_disk_that_was_full_is_written_again_without_a_restart() {
    if !is_alone("prove::registry::full::a_disk_that_was_full_is_written_again_without_a_restart") {
        return;
    }
    let rounds = scaled(2, 100);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mount = Mount::new(&["-t", "tmpfs", "-o", "size=256k", "tmpfs"], folder);
    let mut writer = Writer::start(folder, 0);
    assert_eq!(writer.save(4), 4);
    let (mut refused, mut by_retry) = (0, 0);
    for round in 0..rounds {
        let before = counted(folder);
        let whole = fs::read(folder.join("active.json")).unwrap();
        let mut ballast = 64 << 10;
        while ballast > 0 {
            // Halves the size until it fits.
            let path = folder.join(format!("ballast {ballast}"));
            if fs::write(&path, vec![0; ballast]).is_err() {
                ballast /= 2;
            } else {
                fs::rename(
                    &path,
                    folder.join(format!(
                        "kept {ballast} {}",
                        fs::read_dir(folder).unwrap().count()
                    )),
                )
                .unwrap();
            }
        }
        assert_eq!(writer.save(8), 0, "round {round}: the disk is full");
        refused += 8;
        assert_eq!(fs::read(folder.join("active.json")).unwrap(), whole);
        assert_eq!(
            strays(folder),
            [""; 0],
            "failed temporary files are removed"
        );
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if name.starts_with("kept") || name.starts_with("ballast") {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        if round % 2 == 0 {
            assert_eq!(writer.save(1), 1, "round {round}: there is room again");
        } else {
            // Without another save, it is retried periodically.
            let end = std::time::Instant::now() + DEADLINE;
            let is_behind = || {
                let on_disk = switchboard::registry::read(folder).unwrap();
                let mut records = on_disk.records();
                records.any(|(channel, record)| record.message_count < before[&channel.0] + 2)
            };
            while is_behind() {
                assert!(std::time::Instant::now() < end, "not retried");
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            by_retry += 1;
        }
        for (channel, turns) in counted(folder) {
            assert!(turns >= before[&channel] + 2, "round {round}");
        }
        assert_eq!(booked(folder), counted(folder));
        writer.stop();
        // Otherwise the ledger would fill the disk.
        fs::remove_dir_all(folder).unwrap_or_default();
        writer = Writer::start(folder, 0);
        assert_eq!(writer.save(4), 4);
    }
    writer.stop();
    mount.end();
    figure(
        "A full disk loses nothing: once there is room, everything is written without a restart",
        &format!("{rounds} times full, {refused} bookings refused"),
        &format!(
            "0 lost, 0 temporary files; {by_retry} times written by a retry, without another update"
        ),
    );
}

#[tokio::test]
async fn a_file_size_limit_does_not_end_the_bot() {
    let rounds = scaled(1, 20);
    let discord = Loopback::builder().start().await.unwrap();
    let here = discord.general();
    let bot = Bot::new(&discord).start(&discord).await;
    let pid = Pid::from_raw(bot.pid());
    for round in 0..rounds {
        let answered = format!("before {round}");
        bot.ask(&discord, here, &format!("[[say {answered}]]"), &answered)
            .await;
        let turns = 2 * round + 1;
        eventually("the turn to be booked", || {
            (bot.home().active()[here.to_string()]["message_count"] == turns).then_some(())
        })
        .await;
        let before = getrlimit(Resource::Fsize);
        let small = Rlimit {
            current: Some(64),
            maximum: before.maximum,
        };
        prlimit(pid, Resource::Fsize, small).unwrap();
        let told = bot
            .ask(&discord, here, "[[say never]]", "so I didn't run it")
            .await;
        assert!(told.contains("Send it again later"), "{told}");
        prlimit(pid, Resource::Fsize, before).unwrap();
        let answered = format!("after {round}");
        bot.ask(&discord, here, &format!("[[say {answered}]]"), &answered)
            .await;
        eventually("the turn to be booked", || {
            (bot.home().active()[here.to_string()]["message_count"] == turns + 1).then_some(())
        })
        .await;
    }
    let home = bot.stop().await;
    assert_eq!(home.ledger().len(), 2 * rounds);
    figure(
        "A limit on file sizes (SIGXFSZ) is reported and does not end the bot",
        &format!("{rounds} times, on the running bot"),
        &format!(
            "{rounds} refusals reported, 0 exits, {} turns booked",
            2 * rounds
        ),
    );
}

#[tokio::test]
async fn an_unwritable_log_does_not_end_the_bot() {
    let turns = scaled(2, 50);
    let discord = Loopback::builder().start().await.unwrap();
    let here = discord.general();
    let shell = ["sh", "-c", "exec \"$0\" \"$@\" 2>/dev/full"];
    let bot = Bot::new(&discord).under(shell).launch();
    discord
        .wait_until(DEADLINE, "the bot to connect", |view| view.connected() > 0)
        .await
        .unwrap();
    for turn in 1..=turns {
        let word = format!("turn {turn}.");
        bot.ask(&discord, here, &format!("[[say {word}]]"), &word)
            .await;
    }
    let home = bot.stop().await;
    assert_eq!(home.ledger().len(), turns);
    figure(
        "A log that cannot be written (a full disk) does not end the bot",
        &format!("{turns} turns with stderr on /dev/full"),
        &format!("{turns} answered and booked"),
    );
}
