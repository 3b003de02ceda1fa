use super::*;

fn delivering(total: u32, guild: Option<u64>) -> Vec<u32> {
    let shards = Shard::all(total).filter(|shard| shard.delivers(guild.map(GuildId)));
    shards.map(|shard| shard.id).collect()
}

#[test]
fn each_guild_comes_on_one_and_direct_messages_on_the_first() {
    for (total, guild, expected) in [
        (1, None, 0),
        (1, Some(81_384_788_765_712_384), 0),
        (4, None, 0),
        (4, Some(0), 0),
        (4, Some((1 << 22) - 1), 0),
        (4, Some(1 << 22), 1),
        (4, Some(7 << 22), 3),
        (16, Some(u64::MAX), 15),
    ] {
        assert_eq!(delivering(total, guild), [expected], "{total} {guild:?}");
    }
}

#[test]
fn there_is_at_least_one() {
    assert_eq!(delivering(0, Some(5 << 22)), [0]);
}
