use tokio::sync::broadcast::error::TryRecvError;

use super::*;

#[test]
fn a_slow_observer_loses_the_oldest_and_is_told() {
    let observers = Observers::default();
    let mut observer = observers.subscribe_chat();
    let event = ChatEvent::Connected {
        bot: crate::snowflake::UserId(1),
    };
    for _ in 0..KEPT + 3 {
        observers.chat(|| ChatTraffic::In(event.clone()));
    }
    assert!(matches!(observer.try_recv(), Err(TryRecvError::Lagged(3))));
    let received = observer.try_recv().unwrap();
    assert_eq!(*received, ChatTraffic::In(event));
}

#[test]
fn without_an_observer_nothing_is_made() {
    Observers::default().chat(|| unreachable!("nobody looks"));
}
