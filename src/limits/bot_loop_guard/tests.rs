use super::*;

#[test]
fn bots_are_answered_up_to_the_limit_until_a_person_speaks() {
    let (here, there) = (ChannelId(1), ChannelId(2));
    let mut guard = BotLoopGuard::new(2);
    let answered = |guard: &mut BotLoopGuard, channel, times| {
        (0..times).filter(|_| guard.admits(channel, true)).count()
    };
    assert_eq!(answered(&mut guard, here, 1_000), 2);
    assert_eq!(answered(&mut guard, there, 1), 1);
    assert!(guard.admits(here, false));
    assert_eq!(answered(&mut guard, here, 3), 2);
    assert_eq!(answered(&mut guard, there, 3), 1);
    assert!(!BotLoopGuard::new(0).admits(here, true));
}
