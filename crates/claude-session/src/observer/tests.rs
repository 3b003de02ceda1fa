use super::*;

fn line(bytes: usize) -> ProcessEvent {
    ProcessEvent::Received(vec![b'x'; bytes].into())
}

fn lengths(observations: &[Observation]) -> Vec<Result<usize, u64>> {
    let told = observations.iter().map(|observation| match observation {
        Observation::Seen(observed) => Ok(observed.what.bytes()),
        Observation::Lost(count) => Err(*count),
    });
    told.collect()
}

#[tokio::test]
async fn a_slow_observer_is_told_what_it_has_lost() {
    let observers = Observers::default();
    let subject = Subject::new(&observers, "s", 1);
    let mut observer = observers.subscribe();
    for bytes in [MAX_BYTES - 10, 5, 6, 7] {
        subject.notify(|| line(bytes));
    }
    let mut observations = vec![observer.recv().await.unwrap()];
    subject.notify(|| line(8));
    drop((subject, observers));
    while let Some(observation) = observer.recv().await {
        observations.push(observation);
    }
    assert_eq!(
        lengths(&observations),
        [Ok(MAX_BYTES - 10), Ok(5), Err(2), Ok(8)]
    );
}

#[tokio::test]
async fn an_idle_observer_sees_a_line_longer_than_the_queue() {
    let observers = Observers::default();
    let mut observer = observers.subscribe();
    let subject = Subject::new(&observers, "s", 1);
    subject.notify(|| line(MAX_BYTES * 2));
    let seen = observer.recv().await.unwrap();
    assert_eq!(lengths(&[seen]), [Ok(MAX_BYTES * 2)]);
}

#[test]
fn nothing_is_made_for_nobody() {
    let observers = Observers::default();
    let subject = Subject::new(&observers, "s", 1);
    drop(observers.subscribe());
    subject.notify(|| panic!("nobody observes"));
}
