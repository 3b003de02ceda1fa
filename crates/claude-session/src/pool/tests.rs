use std::time::Duration;

use super::*;

async fn soon<T>(future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(Duration::from_millis(50), future)
        .await
        .ok()
}

#[tokio::test(start_paused = true)]
async fn a_full_pool_recalls_the_longest_idle_process() {
    let pool = Pool::new(2, 2);
    let (first, first_lease) = pool.admit(0).await;
    let (_second, second_lease) = pool.admit(0).await;
    assert!(
        soon(pool.admit(0)).await.is_none(),
        "both work: nobody makes room"
    );
    second_lease.idle(true);
    tokio::time::advance(Duration::from_secs(1)).await;
    first_lease.idle(true);
    let third = tokio::spawn({
        let pool = pool.clone();
        async move { pool.admit(0).await }
    });
    assert!(
        soon(second_lease.recalled()).await.is_some(),
        "idle for longer"
    );
    assert!(
        soon(first_lease.recalled()).await.is_none(),
        "one is enough"
    );
    drop(first);
    assert!(soon(third).await.is_some(), "the slot is free");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_becomes_idle_is_recalled_for_a_waiter() {
    let pool = Pool::new(1, 1);
    let (permit, lease) = pool.admit(0).await;
    let next = tokio::spawn({
        let pool = pool.clone();
        async move { pool.admit(0).await }
    });
    assert!(soon(lease.recalled()).await.is_none());
    lease.idle(true);
    assert!(soon(lease.recalled()).await.is_some());
    drop(permit);
    let (permit, _lease) = soon(next).await.unwrap().unwrap();
    assert_eq!(pool.count(), (1, 0));
    assert!(soon(pool.wait_until_empty()).await.is_none());
    drop(permit);
    assert!(soon(pool.wait_until_empty()).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn starting_processes_are_bounded() {
    let pool = Pool::new(4, 2);
    let (_first, first_lease) = pool.admit(0).await;
    let (second, _lease) = pool.admit(0).await;
    let waiter = || {
        let pool = pool.clone();
        tokio::spawn(async move { pool.admit(0).await })
    };
    let (third, fourth) = (waiter(), waiter());
    tokio::task::yield_now().await;
    assert_eq!(
        pool.count(),
        (2, 2),
        "slots are free, and two processes start"
    );
    first_lease.idle(true);
    assert!(
        soon(first_lease.recalled()).await.is_none(),
        "a slot is free: nobody has to make room"
    );
    first_lease.ready();
    let third = soon(third).await.unwrap().unwrap();
    assert_eq!(pool.count(), (3, 1));
    drop(second);
    assert!(
        soon(fourth).await.is_some(),
        "one that never started lets another start"
    );
    drop(third);
}

#[tokio::test(start_paused = true)]
async fn waiters_are_served_in_order_and_cancelled_ones_skipped() {
    let pool = Pool::new(1, 1);
    let (permit, _lease) = pool.admit(0).await;
    let waiter = || {
        let pool = pool.clone();
        tokio::spawn(async move { pool.admit(0).await })
    };
    let (gone, second, third) = (waiter(), waiter(), waiter());
    tokio::task::yield_now().await;
    gone.abort();
    assert!(gone.await.is_err());
    drop(permit);
    let held = soon(second).await.unwrap().unwrap();
    assert_eq!(pool.count(), (1, 1));
    drop(held);
    assert!(soon(third).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_given_at_once_or_not_at_all() {
    let pool = Pool::new(2, 1);
    let (_first, first_lease) = pool.try_admit(0).unwrap();
    assert!(pool.try_admit(0).is_none(), "one starts");
    first_lease.ready();
    let (second, second_lease) = pool.try_admit(0).unwrap();
    second_lease.ready();
    first_lease.idle(true);
    assert!(pool.try_admit(0).is_none(), "both are taken");
    assert!(soon(first_lease.recalled()).await.is_none());
    drop(second);
    assert!(pool.try_admit(0).is_some());
    assert_eq!(pool.count(), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn nothing_starts_while_the_pool_is_held() {
    let pool = Pool::new(2, 2);
    let running = pool.try_admit(1).unwrap();
    let (one, other) = (pool.hold(), pool.hold());
    assert_eq!(pool.owners(), [1]);
    let mut waiter = std::pin::pin!(pool.admit(2));
    for hold in [one, other] {
        assert!(pool.try_admit(3).is_none());
        assert!(soon(&mut waiter).await.is_none());
        drop(hold);
    }
    assert!(soon(&mut waiter).await.is_some());
    drop(running);
}

#[tokio::test(start_paused = true)]
async fn a_rarely_used_owner_makes_room_for_an_often_used_one() {
    let pool = Pool::new(2, 2);
    let (often, often_lease) = pool.admit(1).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    often_lease.ready();
    for _ in 0..3 {
        often_lease.busy();
        often_lease.idle(true);
    }
    // What an owner's earlier processes did counts.
    drop(often);
    let (_often, often_lease) = pool.admit(1).await;
    let (_rare, rare_lease) = pool.admit(2).await;
    for lease in [&often_lease, &rare_lease] {
        tokio::time::advance(Duration::from_secs(1)).await;
        lease.ready();
        lease.idle(true);
    }
    let _waiter = tokio::spawn({
        let pool = pool.clone();
        async move { pool.admit(3).await }
    });
    assert_eq!(soon(rare_lease.recalled()).await, Some(Recall::Slot));
    assert!(soon(often_lease.recalled()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn one_that_was_only_started_is_the_first_to_make_room() {
    let pool = Pool::new(2, 2);
    let (_used, used_lease) = pool.admit(1).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    used_lease.ready();
    used_lease.idle(true);
    tokio::time::advance(Duration::from_hours(1)).await;
    let (_started, started_lease) = pool.try_admit(2).unwrap();
    tokio::time::advance(Duration::from_secs(9)).await;
    started_lease.ready();
    started_lease.idle(false);
    let _waiter = tokio::spawn({
        let pool = pool.clone();
        async move { pool.admit(3).await }
    });
    assert_eq!(soon(started_lease.recalled()).await, Some(Recall::Slot));
    assert!(soon(used_lease.recalled()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn under_pressure_idle_processes_go_one_after_the_other() {
    let pool = Pool::new(4, 4);
    let (_working, working) = pool.admit(1).await;
    let (first, first_lease) = pool.admit(2).await;
    let (_second, second_lease) = pool.admit(3).await;
    first_lease.idle(true);
    tokio::time::advance(Duration::from_secs(1)).await;
    second_lease.idle(true);
    pool.set_pressure(false);
    assert!(soon(first_lease.recalled()).await.is_none());
    pool.set_pressure(true);
    pool.set_pressure(true);
    assert_eq!(soon(first_lease.recalled()).await, Some(Recall::Memory));
    assert!(
        soon(second_lease.recalled()).await.is_none(),
        "one is leaving"
    );
    assert!(pool.try_admit(4).is_none(), "nobody waits for it");
    assert!(soon(pool.admit(4)).await.is_some(), "somebody waits for it");
    drop(first);
    pool.set_pressure(true);
    assert_eq!(soon(second_lease.recalled()).await, Some(Recall::Memory));
    pool.set_pressure(true);
    assert!(soon(working.recalled()).await.is_none(), "it works");
    pool.set_pressure(false);
    assert!(pool.try_admit(4).is_some());
}
