use tokio::sync::broadcast::error::TryRecvError;

use super::*;

#[test]
fn a_slow_observer_loses_the_oldest_and_is_told() {
    let observers = Observers::default();
    let mut observer = observers.subscribe_chat();
    for _ in 0..KEPT + 3 {
        observers.chat(|| ChatTraffic::In(ChatEvent::Disconnected));
    }
    assert!(matches!(observer.try_recv(), Err(TryRecvError::Lagged(3))));
    let event = observer.try_recv().unwrap();
    assert_eq!(*event, ChatTraffic::In(ChatEvent::Disconnected));
}

#[test]
fn without_an_observer_nothing_is_made() {
    Observers::default().chat(|| unreachable!("nobody looks"));
}
