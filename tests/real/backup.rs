//! A backup over the real CLI: it resumes the session in the folder in which the backup is restored.

use super::world::World;
use crate::support::{Home, eventually};

on_both_versions!(a_restored_session_is_resumed);

async fn a_restored_session_is_resumed(version: &'static str) {
    let world = World::new(version).await;
    let bot = world.start().await;
    world.ask(&bot, "apricot").await;
    eventually("the turn to be booked", || {
        (world.home.outcomes() == ["answered"]).then_some(())
    })
    .await;
    let made = world.home.run(&["backup", "bot.tgz"]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(made.out.contains("1 sessions, 1 transcripts"), "{made:?}");
    world.stop(bot).await;
    let new = Home::new();
    let archive = world.home.path().join("bot.tgz");
    let restored = new.run(&["restore", archive.to_str().unwrap()]).await;
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let bot = world.bot().home(&new).start(&world.discord).await;
    world.ask(&bot, "and a plum").await;
    let requests = world.messages.requests();
    let last = requests
        .iter()
        .rfind(|request| request.person() == "and a plum");
    let said = last.unwrap().said();
    assert!(said.iter().any(|said| said == "apricot"), "{said:?}");
    world.stop(bot).await;
}
