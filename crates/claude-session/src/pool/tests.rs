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
    let (first, first_lease) = pool.admit().await;
    let (_second, second_lease) = pool.admit().await;
    assert!(
        soon(pool.admit()).await.is_none(),
        "both work: nobody makes room"
    );
    second_lease.idle();
    first_lease.idle();
    let third = tokio::spawn({
        let pool = pool.clone();
        async move { pool.admit().await }
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
    let (permit, lease) = pool.admit().await;
    let next = tokio::spawn({
        let pool = pool.clone();
        async move { pool.admit().await }
    });
    assert!(soon(lease.recalled()).await.is_none());
    lease.idle();
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
    let (_first, first_lease) = pool.admit().await;
    let (second, _lease) = pool.admit().await;
    let waiter = || {
        let pool = pool.clone();
        tokio::spawn(async move { pool.admit().await })
    };
    let (third, fourth) = (waiter(), waiter());
    tokio::task::yield_now().await;
    assert_eq!(
        pool.count(),
        (2, 2),
        "slots are free, and two processes start"
    );
    first_lease.idle();
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
    let (permit, _lease) = pool.admit().await;
    let waiter = || {
        let pool = pool.clone();
        tokio::spawn(async move { pool.admit().await })
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
    let (_first, first_lease) = pool.try_admit().unwrap();
    assert!(pool.try_admit().is_none(), "one starts");
    first_lease.ready();
    let (second, second_lease) = pool.try_admit().unwrap();
    second_lease.ready();
    first_lease.idle();
    assert!(pool.try_admit().is_none(), "both are taken");
    assert!(soon(first_lease.recalled()).await.is_none());
    drop(second);
    assert!(pool.try_admit().is_some());
    assert_eq!(pool.count(), (1, 0));
}
