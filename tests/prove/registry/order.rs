//! The real bot: the order of its system calls, and two bots at once.

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use loopback_discord::Loopback;

use crate::{
    prove::{figure, scaled},
    support::{Bot, DEADLINE, Home, Need, eventually, skip_without},
};

/// Joins the lines of calls that other threads interrupted in the log, at the place where the call began.
fn whole(log: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut begun = BTreeMap::new();
    for line in log.lines() {
        let thread = line.split_whitespace().next().unwrap_or_default();
        if let Some(start) = line.strip_suffix("<unfinished ...>") {
            begun.insert(thread, lines.len());
            lines.push(start.to_owned());
        } else if let Some((_, end)) = line.split_once(" resumed>")
            && let Some(place) = begun.remove(thread)
        {
            lines[place].push_str(end);
        } else {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n")
}

/// Counts how often a file was replaced. Panics unless each time all steps that make it durable were taken in order.
fn steps_to_disk(log: &str, folder: &Path, name: &str) -> usize {
    let folder = folder.display().to_string();
    let target = format!("\"{folder}/{name}\"");
    let mut found = 0;
    let lines: Vec<_> = log.lines().map(str::trim_end).collect();
    for (place, line) in lines.iter().enumerate() {
        // `12 rename("/x/.active_abc.json", "/x/active.json") = 0`
        if !line.contains("rename") || !line.contains(&target) || !line.ends_with("= 0") {
            continue;
        }
        let thread = line.split_whitespace().next().unwrap();
        let own = |line: &&&str| line.split_whitespace().next() == Some(thread);
        let temporary = line.split('"').nth(1).unwrap();
        let before: Vec<_> = lines[..place].iter().filter(own).collect();
        let after: Vec<_> = lines[place + 1..].iter().filter(own).collect();
        let last = |what: &str, path: &str| {
            let place = before
                .iter()
                .rposition(|line| line.contains(what) && line.contains(path));
            place.unwrap_or_else(|| panic!("no {what} of {path} before\n{line}"))
        };
        let opened = last("openat(", temporary);
        assert!(
            before[opened].contains("O_CREAT|O_EXCL"),
            "{}",
            before[opened]
        );
        assert!(before[opened].contains("O_CLOEXEC"), "{}", before[opened]);
        let written = last("write(", temporary);
        let synced = last("fsync(", temporary);
        assert!(opened < written && written < synced, "{line}");
        assert!(before[synced].ends_with("= 0"), "{}", before[synced]);
        let next = after.iter().find(|line| line.contains("fsync("));
        let next = next.unwrap_or_else(|| panic!("the folder is not fsynced after\n{line}"));
        assert!(
            next.contains(&format!("<{folder}>")) && next.ends_with("= 0"),
            "{next}"
        );
        found += 1;
    }
    found
}

#[tokio::test]
async fn every_save_takes_all_steps_to_be_durable_in_order() {
    if skip_without(Need::Root) {
        return;
    }
    let turns = scaled(2, 25);
    let discord = Loopback::builder().start().await.unwrap();
    let here = discord.general();
    let home = Home::new();
    let log = home.path().join("calls");
    // With `-D` the bot stays a child of the test.
    let bot = Bot::new(&discord)
        .home(&home)
        .under([
            "strace",
            "-D",
            "-f",
            "-y",
            "-s",
            "4096",
            "-o",
            "calls",
            "-e",
            "trace=openat,write,fsync,fdatasync,/^rename",
        ])
        .start(&discord)
        .await;
    for turn in 1..=turns {
        let word = format!("turn {turn}.");
        bot.ask(&discord, here, &format!("[[say {word}]]"), &word)
            .await;
        eventually("the turn to be booked", || {
            (bot.home().active()[here.to_string()]["message_count"] == turn).then_some(())
        })
        .await;
    }
    bot.stop().await;
    let text = eventually("strace to end", || {
        let text = fs::read_to_string(&log).unwrap();
        // The exit of the bot is the last line.
        text.contains("+++ exited with 0 +++").then(|| whole(&text))
    })
    .await;
    let folder = home.path().join("sessions").canonicalize().unwrap();
    // Each turn is saved before it is run and after it.
    let saves = steps_to_disk(&text, &folder, "active.json");
    let backups = steps_to_disk(&text, &folder, "active.json.bak");
    assert!(saves >= 2 * turns, "{saves}");
    // The backup is written when the updates pause, and at the end.
    assert!((1..saves).contains(&backups), "{saves} {backups}");
    figure(
        "Each save is: temporary file, write, fsync, rename, fsync of the folder",
        &format!("{saves} saves and {backups} backups of the real bot, by strace"),
        "all in this order",
    );
    let lines: Vec<_> = text.lines().collect();
    let month = |line: &&str| line.contains("/usage/");
    let appended = lines
        .iter()
        .filter(|line| month(line) && line.contains("write("))
        .count();
    let synced = lines
        .iter()
        .filter(|line| month(line) && line.contains("fsync("))
        .count();
    // Each turn's line, and the messages of its answer. Lines that come together are appended together.
    let usage = fs::read_dir(folder.join("usage")).unwrap();
    let months = usage.map(|month| fs::read_to_string(month.unwrap().path()).unwrap());
    assert_eq!(
        months.map(|month| month.lines().count()).sum::<usize>(),
        2 * turns
    );
    assert!((turns..=2 * turns).contains(&appended), "{appended}");
    assert!(synced >= appended, "each line of the ledger is fsynced");
}

#[tokio::test]
async fn exactly_one_of_two_bots_started_at_once_runs() {
    let rounds = scaled(3, 200);
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    let mut slowest = std::time::Duration::ZERO;
    for round in 0..rounds {
        let bot = || Bot::new(&discord).home(&home).launch();
        let begun = Instant::now();
        let (mut one, mut other) = (bot(), bot());
        let (status, winner) = tokio::select! {
            status = one.ended() => (status, other),
            status = other.ended() => (status, one),
        };
        slowest = slowest.max(begun.elapsed());
        assert_eq!(status.code(), Some(75), "round {round}");
        winner.log.wait_for("logged in to Discord", DEADLINE).await;
        let holder = fs::read_to_string(home.path().join("sessions/.lock")).unwrap();
        assert!(
            holder.contains(&format!("\"pid\":{}", winner.pid())),
            "{holder}"
        );
        if round % 2 == 0 {
            winner.kill().await;
        } else {
            winner.stop().await;
        }
    }
    figure(
        "One bot per folder",
        &format!("{rounds} times two started at once"),
        &format!(
            "{rounds} times one ran and one was refused, after {} ms at most",
            slowest.as_millis()
        ),
    );
}
