use super::*;
use crate::{
    cli::finding::Severity,
    discord::{permission::Granted, survey::Channel},
    snowflake::{GuildId, UserId},
};

fn account() -> BotAccount {
    BotAccount {
        id: 42,
        bot: UserId(43),
        name: "Ada".into(),
        reads_content: true,
        is_reviewed: false,
        guilds: 1,
    }
}

fn guild(channels: &[(u64, &str, &[&str])]) -> Guild {
    let channels = channels.iter().map(|(id, name, missing)| Channel {
        id: ChannelId(*id),
        name: (*name).to_owned(),
        granted: Granted::all_but(missing),
    });
    Guild {
        id: GuildId(1),
        name: "The exchange".into(),
        channels: channels.collect(),
    }
}

fn ids(channels: &[u64]) -> BTreeSet<ChannelId> {
    channels.iter().copied().map(ChannelId).collect()
}

/// Severity and text of each finding.
fn found(guilds: &[Guild], used: &[u64], named: &[u64]) -> Vec<(Severity, String)> {
    let found = permissions(guilds, &ids(used), &ids(named), 42);
    found.into_iter().map(|it| (it.severity, it.what)).collect()
}

#[test]
fn the_intent_must_be_ticked() {
    let ticked = account_findings(&account());
    assert!(
        ticked.iter().all(|it| it.severity == Severity::Ok),
        "{ticked:?}"
    );
    let account = BotAccount {
        reads_content: false,
        ..account()
    };
    let missing = &account_findings(&account)[1];
    assert_eq!(missing.severity, Severity::Error);
    assert!(missing.mend.contains("/42/bot") && missing.mend.contains("Message Content Intent"));
}

#[test]
fn the_review_draws_near_from_75_guilds_on() {
    let review = |guilds, is_reviewed| {
        let account = BotAccount {
            is_reviewed,
            guilds,
            ..account()
        };
        let found = account_findings(&account);
        found.get(2).map(|it| it.severity)
    };
    assert_eq!(review(74, false), None);
    assert_eq!(review(75, false), Some(Severity::Warning));
    assert_eq!(review(100, false), Some(Severity::Error));
    assert_eq!(review(5_000, true), None);
}

#[test]
fn the_clock_may_be_off_by_ten_seconds() {
    let found = |seconds| {
        let found = clock(TimeDelta::seconds(seconds));
        (found.severity, found.what)
    };
    for small in [0, 10, -10] {
        assert_eq!(found(small).0, Severity::Ok, "{small}");
    }
    let slow = "this machine's clock is 11 s slow".to_owned();
    assert_eq!(found(11), (Severity::Warning, slow));
    let fast = "this machine's clock is 3600 s fast".to_owned();
    assert_eq!(found(-3_600), (Severity::Error, fast));
}

#[test]
fn few_starts_left_are_told() {
    let severity = |remaining| {
        let limit = SessionStartLimit {
            total: 1_000,
            remaining,
            reset_after: 0,
            max_concurrency: 1,
        };
        session_starts(limit).severity
    };
    assert_eq!(severity(201), Severity::Ok);
    assert_eq!(severity(200), Severity::Warning);
}

#[test]
fn channels_that_lack_the_same_are_told_together() {
    let guild = guild(&[
        (1, "general", &["Send Messages"]),
        (2, "rust", &["Send Messages"]),
        (3, "random", &["Embed Links", "Attach Files"]),
        (4, "fine", &[]),
    ]);
    let files = r#"in "The exchange", #random: Embed Links, Attach Files missing"#;
    let mute = r#"in "The exchange", #general, #rust: Send Messages missing"#;
    assert_eq!(
        found(std::slice::from_ref(&guild), &[], &[]),
        [
            (Severity::Warning, files.to_owned()),
            (Severity::Warning, mute.to_owned())
        ]
    );
    assert_eq!(
        found(&[guild], &[2, 3], &[]),
        [
            (Severity::Warning, files.to_owned()),
            (Severity::Error, mute.to_owned())
        ],
        "where it is used, what is required is an error"
    );
}

#[test]
fn a_hidden_channel_matters_only_where_it_is_used() {
    let guild = guild(&[(1, "general", &[]), (2, "staff", &["View Channel"])]);
    let [(severity, _)] = &found(std::slice::from_ref(&guild), &[1], &[])[..] else {
        panic!("one finding");
    };
    assert_eq!(*severity, Severity::Ok);
    let hidden = &found(&[guild], &[2], &[])[0];
    assert_eq!(hidden.0, Severity::Error);
    assert!(
        hidden.1.contains("#staff: View Channel missing"),
        "{hidden:?}"
    );
}

#[test]
fn a_guild_without_a_visible_channel_is_an_error() {
    let blind = guild(&[
        (1, "general", &["View Channel"]),
        (2, "rust", &["View Channel"]),
    ]);
    let found = found(&[blind], &[1], &[]);
    let words = r#"the bot sees no channel of "The exchange""#.to_owned();
    assert_eq!(found, [(Severity::Error, words)]);
}

#[test]
fn no_guild_and_unknown_channels_are_told() {
    let none = permissions(&[], &ids(&[]), &ids(&[]), 42);
    assert!(none[0].mend.contains("client_id=42"), "{none:?}");
    let found = found(&[guild(&[(1, "general", &[])])], &[1, 9], &[1, 9]);
    assert_eq!(found.len(), 1);
    assert!(found[0].1.contains("names 9,"), "{found:?}");
}

#[test]
fn many_channels_are_not_all_named() {
    let channels: Vec<(u64, &str, &[&str])> =
        (1..=10).map(|id| (id, "x", &["Embed Links"][..])).collect();
    let found = found(&[guild(&channels)], &[], &[]);
    assert!(found[0].1.contains("#x, 2 more: Embed"), "{found:?}");
}

#[test]
fn a_guild_that_does_not_answer_hides_no_other() {
    let sound = || guild(&[(1, "general", &[])]);
    let failed = || Err("500".to_owned());
    let found = |guilds| {
        let found = of_guilds(guilds, &ids(&[1]), &ids(&[9]), 42);
        found.into_iter().map(|it| it.what).collect::<Vec<_>>()
    };
    let reason = "Discord did not answer as it should: 1 of 2 guilds: 500";
    let sees = "complete in all 1 channels that the bot sees, in 1 guilds";
    assert_eq!(found(vec![failed(), Ok(sound())]), [reason, sees]);
    let reason = "Discord did not answer as it should: 1 of 1 guilds: 500";
    assert_eq!(found(vec![failed()]), [reason]);
}
