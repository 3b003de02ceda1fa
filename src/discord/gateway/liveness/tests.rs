use super::*;

const HERE: ChannelId = ChannelId(1);
const TEN: Duration = Duration::from_mins(10);

fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

/// Messages that the gateway delivers.
fn others(ids: &[u64]) -> Vec<Held> {
    held(ids, true)
}

/// Messages of the bot's own.
fn own(ids: &[u64]) -> Vec<Held> {
    held(ids, false)
}

fn held(ids: &[u64], is_delivered: bool) -> Vec<Held> {
    let ids = ids.iter().map(|id| MessageId(*id));
    ids.map(|id| Held { id, is_delivered }).collect()
}

/// What comes of asking for these.
fn found(liveness: &mut Liveness, held: &[Held], now: Instant) -> Option<Fatal> {
    liveness.is_asking = true;
    liveness.found(HERE, held, now)
}

fn looks_at(liveness: &mut Liveness, now: Instant) -> Vec<(ChannelId, Option<MessageId>)> {
    match liveness.duty(now) {
        Check::Channels(channels) => channels,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_silent_connection_is_dropped_if_discord_answers() {
    let begin = Instant::now();
    let mut liveness = Liveness::new(TEN, begin);
    liveness.began(begin);
    let latency = |ms| Some(Duration::from_millis(ms));
    liveness.pulse(true, None, begin + minutes(2));
    // A heartbeat is acknowledged; then no more, though the connection seems to be there.
    liveness.pulse(true, latency(7), begin + minutes(8));
    liveness.pulse(true, latency(7), begin + minutes(10));
    liveness.pulse(true, latency(7), begin + minutes(11));
    liveness.pulse(false, latency(7), begin + minutes(12));
    assert_eq!(liveness.duty(begin + minutes(19)), Check::Nothing);
    assert_eq!(liveness.rest_answers(begin + minutes(19)), None);
    assert_eq!(liveness.duty(begin + minutes(20)), Check::Rest);
    assert!(liveness.rest_answers(begin + minutes(20)).is_some());
    // After an outage of everything it has time to come back.
    liveness.rest_is_silent(begin + minutes(20));
    assert_eq!(liveness.duty(begin + minutes(29)), Check::Nothing);
    assert_eq!(liveness.duty(begin + minutes(30)), Check::Rest);
    // It came back while Discord was asked.
    liveness.resumed(begin + minutes(30));
    assert_eq!(liveness.rest_answers(begin + minutes(30)), None);
}

#[test]
fn who_waits_on_purpose_is_not_deaf() {
    let begin = Instant::now();
    let mut liveness = Liveness::new(TEN, begin);
    liveness.waits(minutes(60), begin);
    assert_eq!(liveness.duty(begin + minutes(69)), Check::Nothing);
    assert_eq!(liveness.duty(begin + minutes(70)), Check::Rest);
}

#[test]
fn a_message_that_is_never_delivered_means_deafness() {
    let begin = Instant::now();
    let mut liveness = Liveness::new(TEN, begin);
    liveness.began(begin);
    liveness.heard(HERE, MessageId(10), begin);
    let (first, second) = (begin + minutes(2), begin + minutes(4));
    assert_eq!(liveness.duty(begin + minutes(1)), Check::Nothing);
    assert_eq!(
        looks_at(&mut liveness, first),
        [(HERE, Some(MessageId(10)))]
    );
    assert_eq!(found(&mut liveness, &others(&[11]), first), None);
    assert_eq!(liveness.duty(first + minutes(1)), Check::Nothing);
    looks_at(&mut liveness, second);
    let deaf = found(&mut liveness, &others(&[11, 12]), second);
    assert!(matches!(deaf, Some(Fatal::Deaf(_))), "{deaf:?}");
}

#[test]
fn a_message_that_is_late_is_none() {
    let begin = Instant::now();
    let mut liveness = Liveness::new(TEN, begin);
    liveness.began(begin);
    liveness.heard(HERE, MessageId(10), begin);
    found(&mut liveness, &others(&[11]), begin + minutes(2));
    liveness.heard(HERE, MessageId(11), begin + minutes(3));
    assert_eq!(
        found(&mut liveness, &others(&[11]), begin + minutes(9)),
        None
    );
    // It was deleted.
    found(&mut liveness, &others(&[12]), begin + minutes(10));
    assert_eq!(
        found(&mut liveness, &others(&[]), begin + minutes(12)),
        None
    );
    assert_eq!(
        found(&mut liveness, &others(&[13]), begin + minutes(14)),
        None
    );
}

#[test]
fn messages_before_a_new_session_are_not_awaited() {
    let begin = Instant::now();
    let mut liveness = Liveness::new(TEN, begin);
    liveness.began(begin);
    liveness.heard(HERE, MessageId(10), begin);
    liveness.began(begin);
    let first = begin + minutes(2);
    assert_eq!(looks_at(&mut liveness, first), [(HERE, None)]);
    assert_eq!(found(&mut liveness, &others(&[19]), first), None);
    let second = begin + minutes(4);
    assert_eq!(
        looks_at(&mut liveness, second),
        [(HERE, Some(MessageId(19)))]
    );
    assert_eq!(found(&mut liveness, &others(&[20]), second), None);
    let third = begin + minutes(6);
    assert!(found(&mut liveness, &others(&[20]), third).is_some());
}

#[test]
fn messages_long_before_a_new_session_are_not_awaited() {
    let begin = Instant::now();
    let mut liveness = Liveness::new(TEN, begin);
    liveness.began(begin);
    liveness.heard(HERE, MessageId(10), begin);
    liveness.began(begin);
    let last = [11, 12, 13, 14, 15];
    assert_eq!(found(&mut liveness, &own(&last), begin + minutes(2)), None);
    let looked = looks_at(&mut liveness, begin + minutes(4));
    assert_eq!(looked, [(HERE, Some(MessageId(15)))]);
    for at in [4, 6, 8] {
        let ancient = others(&[3]);
        assert_eq!(found(&mut liveness, &ancient, begin + minutes(at)), None);
    }
    let at = |at| begin + minutes(at);
    assert_eq!(found(&mut liveness, &others(&[16]), at(10)), None);
    assert!(found(&mut liveness, &others(&[16]), at(12)).is_some());
}

#[test]
fn an_answer_from_before_a_new_session_is_ignored() {
    let begin = Instant::now();
    let mut liveness = Liveness::new(TEN, begin);
    liveness.began(begin);
    liveness.heard(HERE, MessageId(10), begin);
    let first = begin + minutes(2);
    assert_eq!(
        looks_at(&mut liveness, first),
        [(HERE, Some(MessageId(10)))]
    );
    liveness.began(first);
    // The oldest of many that were missed: what follows them is not delivered either.
    let page = others(&[11, 12, 13, 14, 15]);
    assert_eq!(liveness.found(HERE, &page, first), None);
    let second = begin + minutes(4);
    assert_eq!(looks_at(&mut liveness, second), [(HERE, None)]);
}

#[test]
fn in_a_channel_that_holds_nothing_nothing_is_waited_for() {
    let begin = Instant::now();
    let mut liveness = Liveness::new(TEN, begin);
    liveness.began(begin);
    liveness.heard(HERE, MessageId(10), begin);
    liveness.began(begin);
    assert_eq!(found(&mut liveness, &[], begin + minutes(2)), None);
    let looked = looks_at(&mut liveness, begin + minutes(4));
    assert_eq!(looked, [(HERE, None)]);
}

#[test]
fn a_message_behind_many_of_the_bots_own_is_found() {
    let begin = Instant::now();
    let mut liveness = Liveness::new(TEN, begin);
    liveness.began(begin);
    liveness.heard(HERE, MessageId(10), begin);
    let page = own(&[11, 12, 13, 14, 15]);
    assert_eq!(found(&mut liveness, &page, begin + minutes(2)), None);
    let looked = looks_at(&mut liveness, begin + minutes(4));
    assert_eq!(looked, [(HERE, Some(MessageId(15)))]);
}

#[test]
fn without_a_connection_no_message_is_waited_for() {
    let begin = Instant::now();
    let mut liveness = Liveness::new(TEN, begin);
    liveness.began(begin);
    liveness.heard(HERE, MessageId(10), begin);
    assert_eq!(found(&mut liveness, &others(&[11]), begin), None);
    liveness.ended();
    assert_eq!(liveness.duty(begin + minutes(4)), Check::Nothing);
    liveness.resumed(begin + minutes(5));
    let again = begin + minutes(6);
    assert_eq!(
        looks_at(&mut liveness, again),
        [(HERE, Some(MessageId(10)))]
    );
    assert_eq!(found(&mut liveness, &others(&[11]), again), None);
}

#[test]
fn the_last_five_channels_are_looked_at() {
    let begin = Instant::now();
    let mut liveness = Liveness::new(TEN, begin);
    liveness.began(begin);
    for id in [1, 2, 3, 4, 5, 6, 2] {
        liveness.heard(ChannelId(id), MessageId(100), begin);
    }
    let looked = looks_at(&mut liveness, begin + minutes(2));
    let channels: Vec<_> = looked.iter().map(|(channel, _)| channel.0).collect();
    assert_eq!(channels, [2, 6, 5, 4, 3]);
    liveness.forget(ChannelId(6));
    assert_eq!(looks_at(&mut liveness, begin + minutes(4)).len(), 4);
}
