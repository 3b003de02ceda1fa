use serde_json::json;

use super::*;

fn shard(sent: &Value) -> Option<Shard> {
    Shard::of_identify(&json!({ "shard": sent }))
}

#[test]
fn guilds_are_divided_by_their_time_and_direct_messages_are_not() {
    let second = shard(&json!([1, 4])).unwrap();
    for (guild, expected) in [
        (None, false),
        (Some(4), false),
        (Some(5), true),
        (Some(9), true),
    ] {
        let guild = guild.map(|time: u64| Snowflake::new((time << 22) + 3));
        assert_eq!(second.receives(guild), expected, "{guild:?}");
    }
    let only = Shard::of_identify(&json!({})).unwrap();
    assert!(only.receives(None) && only.receives(Some(Snowflake::new(7 << 22))));
}

#[test]
fn a_shard_that_cannot_be_is_invalid() {
    for sent in [
        json!([4, 4]),
        json!([0, 0]),
        json!([-1, 2]),
        json!([0]),
        json!("0"),
    ] {
        assert_eq!(shard(&sent), None, "{sent}");
    }
}
