use super::*;
use crate::{ledger::example, snowflake::GuildId};

fn named(channel: Option<&str>, guild: Option<&str>, author: Option<&str>) -> Record {
    let owned = |name: Option<&str>| name.map(str::to_owned);
    Record {
        channel_name: owned(channel),
        guild_name: owned(guild),
        last_author_name: owned(author),
        ..Record::default()
    }
}

#[test]
fn a_channel_goes_by_its_name() {
    let id = ChannelId(7);
    let name = |record: &Record| channel_name(id, None, Some(record));
    let here = Place {
        guild: Some(GuildId(1)),
        ..Place::channel(id)
    };
    let record = named(Some("general"), Some("Work`shop"), Some("Mira"));
    assert_eq!(channel_name(id, Some(&here), Some(&record)), "<#7>");
    // The bot has left the guild since.
    assert_eq!(name(&record), "#general in Work\\`shop");
    assert_eq!(name(&named(Some("general"), None, None)), "#general");
    let direct = named(None, None, Some("Mira"));
    assert_eq!(name(&direct), "direct message with Mira");
    let place = Place::channel(id);
    let known = channel_name(id, Some(&place), Some(&direct));
    assert_eq!(known, "direct message with Mira");
    assert_eq!(channel_name(id, None, None), "an unknown channel (`7`)");
}

fn shown(is_admin: bool, readers: Readers) -> String {
    let now = "1970-01-01T01:00:00Z".parse().unwrap();
    let mut report = UsageTotals::new(Period::All, now, crate::config::TimeZone::default());
    report.add(Some(&example()));
    let names = |person: UserId| person_name(person, (person == UserId(2)).then_some("Mira"));
    let channel = |_| "direct message with Mira".to_owned();
    usage(
        (&report, &PlanUsage::default()),
        ChannelId(1),
        (UserId(3), is_admin),
        readers,
        (channel, names),
    )
}

#[test]
fn an_admin_alone_reads_what_everybody_used() {
    insta::assert_snapshot!(shown(true, Readers::Asker));
    let public = shown(true, Readers::Channel);
    assert!(
        public
            .ends_with("\n-# Everyone's usage is not shown here: `/usage` shows it to you alone."),
        "{public}"
    );
    for text in [
        public,
        shown(false, Readers::Asker),
        shown(false, Readers::Channel),
    ] {
        assert!(
            !text.contains("Mira") && !text.contains("All channels"),
            "{text}"
        );
    }
}

#[test]
fn the_limits_of_a_plan_are_shown_in_percent() {
    let now = DateTime::from_timestamp(1_000, 0).unwrap();
    let window = |kind: &str, used, resets_at| PlanWindow {
        kind: kind.to_owned(),
        used,
        resets_at: Some(resets_at),
    };
    let plan = PlanUsage {
        is_login: true,
        windows: vec![
            window("five_hour", 0.914, 2_000),
            window("seven_day_opus", 1.0, 3_000),
            window("seven_day", 0.5, 900),
        ],
    };
    assert_eq!(
        plan_line(&plan, now),
        "\nClaude plan: `five hour` 91 % used, resets <t:2000:R>; `seven day opus` 100 % used, resets <t:3000:R>"
    );
    assert_eq!(plan_line(&PlanUsage::default(), now), "");
}

#[test]
fn who_is_not_known_is_mentioned() {
    assert_eq!(person_name(UserId(5), None), "<@5>");
}
