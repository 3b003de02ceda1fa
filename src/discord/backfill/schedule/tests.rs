use super::*;

const GUILD: GuildId = GuildId(1);

fn ask(known: u64) -> Ask {
    Ask::after(MessageId(known))
}

fn schedule(asks: impl IntoIterator<Item = (u64, Ask)>) -> Schedule {
    let mut schedule = Schedule::new([GUILD].into(), true);
    for (channel, ask) in asks {
        schedule.add(ChannelId(channel), ask);
    }
    schedule
}

fn order(schedule: &mut Schedule) -> Vec<u64> {
    std::iter::from_fn(|| schedule.next())
        .map(|channel| channel.0)
        .collect()
}

#[test]
fn only_a_channel_with_nothing_newer_is_left_out() {
    // Ids are numbers: 9 comes before 10.
    for (known, last, is_asked) in [
        (10, Some(9), false),
        (10, Some(10), false),
        (10, Some(11), true),
        (9, Some(10), true),
        (10, None, true),
    ] {
        let mut schedule = schedule([(5, ask(known))]);
        let told = Told::Channel(ChannelId(5), last.map(MessageId));
        let settled = schedule.told(told).is_some();
        assert_eq!(settled, !is_asked, "{known} {last:?}");
        assert_eq!(schedule.next().is_some(), is_asked, "{known} {last:?}");
        assert!(schedule.is_empty());
        // Discord may describe a channel twice.
        assert_eq!(schedule.told(told), None);
    }
}

#[test]
fn those_who_wait_come_first_and_direct_messages_last() {
    let waited_for = Ask {
        is_waited_for: true,
        ..ask(10)
    };
    let direct = Ask {
        is_direct: true,
        ..ask(10)
    };
    let mut schedule = schedule([
        (2, direct),
        (3, ask(10)),
        (4, ask(10)),
        (5, direct),
        (6, waited_for),
    ]);
    assert_eq!(order(&mut schedule), [6], "nothing else is described yet");
    assert_eq!(schedule.told(Told::Channel(ChannelId(4), None)), None);
    assert_eq!(schedule.told(Told::Written(ChannelId(5))), None);
    assert_eq!(schedule.told(Told::Written(ChannelId(7))), None);
    assert!(schedule.waits());
    assert_eq!(schedule.told(Told::WholeGuild(GUILD)), None);
    assert!(!schedule.waits());
    assert_eq!(order(&mut schedule), [5, 4, 3, 2]);
    assert!(schedule.is_empty());
}

#[test]
fn nothing_waits_for_a_guild_that_is_not_described() {
    let mut schedule = schedule([(2, ask(10)), (3, ask(10))]);
    let other = Told::WholeGuild(GuildId(9));
    assert_eq!(schedule.told(other), None);
    assert_eq!(schedule.next(), None);
    schedule.all_described();
    assert_eq!(order(&mut schedule), [2, 3]);
    let mut none = Schedule::new(BTreeSet::new(), true);
    none.add(ChannelId(2), ask(10));
    assert_eq!(order(&mut none), [2]);
}

#[test]
fn channels_of_unknown_shards_wait_for_all_sessions() {
    let elsewhere = Ask {
        may_be_elsewhere: true,
        ..ask(10)
    };
    for is_described_first in [true, false] {
        let mut schedule = Schedule::new([GUILD].into(), false);
        for channel in 3..=5 {
            schedule.add(ChannelId(channel), elsewhere);
        }
        schedule.add(ChannelId(6), ask(10));
        schedule.told(Told::Begun { is_last: false });
        schedule.told(Told::Channel(ChannelId(4), None));
        if is_described_first {
            schedule.told(Told::WholeGuild(GUILD));
            assert_eq!(order(&mut schedule), [4, 6]);
        } else {
            assert_eq!(order(&mut schedule), [4]);
        }
        schedule.told(Told::Begun { is_last: true });
        schedule.retain(|channel| channel != ChannelId(5));
        schedule.told(Told::WholeGuild(GUILD));
        let rest: &[u64] = if is_described_first { &[3] } else { &[3, 6] };
        assert_eq!(order(&mut schedule), rest);
        assert!(schedule.is_empty());
    }
}
