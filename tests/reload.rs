//! A running bot takes a changed configuration and personality.
//!
//! * A turn goes on; the next one has the new settings, in the same session.
//! * What is invalid is refused as a whole.
//! * What needs a restart is named.

use std::{fs, os::unix::fs::PermissionsExt as _};

use loopback_discord::Loopback;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Bot, DEADLINE, Home, eventually};

/// Changes the configuration file of a bot.
pub(crate) fn change(home: &Home, change: impl FnOnce(&mut Value)) {
    let text = fs::read_to_string(home.path().join("config.json")).unwrap();
    let mut config = serde_json::from_str(&text).unwrap();
    change(&mut config);
    home.write("config.json", &config.to_string());
}

#[tokio::test]
async fn a_turn_goes_on_and_the_next_one_has_the_new_settings() {
    let discord = Loopback::builder().start().await.unwrap();
    let config = json!({ "allowed_tools": ["Bash"] });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let (here, member) = (discord.general(), discord.member());
    let gate = r#"[[tool Bash {"command":"touch begun; until [ -e go ]; do sleep 0.05; done"}]]"#;
    let first = discord.say(here, member, &format!("{gate}[[say ended]]"));
    let workspace = bot.home().path().join(format!("workspaces/{here}"));
    eventually("the turn to begin", || {
        workspace.join("begun").exists().then_some(())
    })
    .await;
    bot.home()
        .write("personality/IDENTITY.md", "You are Grace.\n");
    change(bot.home(), |config| {
        config["limits"] = json!({ "user": { "messages_per_hour": 1 } });
        config["model"] = json!("opus");
        config["claude"]["max_live"] = json!(3);
    });
    let reloaded = bot.home().run(&["reload"]).await;
    assert_eq!(
        (reloaded.code, reloaded.out.as_str()),
        (
            Some(0),
            "reloaded: limits.user.messages_per_hour, model, the personality; restart the bot for: claude.max_live\n"
        ),
        "{reloaded:?}"
    );
    assert!(bot.home().is_answering(first));
    bot.home().write(&format!("workspaces/{here}/go"), "");
    bot.hears_whole(&discord, first, "ended").await;
    let session = bot.home().active()[here.to_string()]["session_id"].clone();
    let arguments = bot.ask(&discord, here, "[[args]]", "Grace").await;
    assert!(!arguments.contains("Ada"), "{arguments}");
    assert_eq!(bot.home().active()[here.to_string()]["session_id"], session);
    let answered = discord.say(here, member, "[[say once]]");
    assert_eq!(bot.reply(&discord, answered).await.content, "once");
    let refused = discord.say(here, member, "[[say twice]]");
    let refusal = bot.reply(&discord, refused).await.content;
    assert!(
        refusal.starts_with("You've reached your hourly limit."),
        "{refusal}"
    );
    let again = bot.home().run(&["reload"]).await;
    assert_eq!(
        again.out,
        "nothing is reloaded; restart the bot for: claude.max_live\n"
    );
}

#[tokio::test]
async fn who_may_talk_changes_at_once() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, member) = (discord.general(), discord.member());
    let heard = discord.say(here, member, "[[say yes]]");
    assert_eq!(bot.reply(&discord, heard).await.content, "yes");
    let owner = discord.owner().to_string();
    change(bot.home(), |config| {
        config["discord"]["allow"]["users"] = json!([owner]);
    });
    bot.signal(Signal::HUP);
    bot.log
        .wait_for("reloaded: discord.allow.users", DEADLINE)
        .await;
    let refused = discord.say(here, member, "[[say no]]");
    bot.hears(&discord, refused, "allow list").await;
    assert_eq!(
        bot.ask(&discord, here, "[[say still]]", "still").await,
        "still"
    );
}

#[tokio::test]
async fn what_is_invalid_is_refused_as_a_whole() {
    let discord = Loopback::builder().start().await.unwrap();
    let mut bot = Bot::new(&discord).start(&discord).await;
    change(bot.home(), |config| {
        config["discord"]["admins"] = json!([discord.member().to_string()]);
        config["limits"] = json!({ "queue": "many" });
    });
    bot.signal(Signal::HUP);
    bot.log
        .wait_for(
            "not reloaded, the bot goes on as before: invalid configuration",
            DEADLINE,
        )
        .await;
    let told = bot.home().run(&["reload"]).await;
    assert_eq!(told.code, Some(78), "{told:?}");
    assert!(told.err.contains("limits.queue"), "{told:?}");
    change(bot.home(), |config| config["limits"] = json!({}));
    fs::remove_file(bot.home().path().join("personality/IDENTITY.md")).unwrap();
    let told = bot.home().run(&["reload"]).await;
    assert_eq!(told.code, Some(78), "{told:?}");
    assert!(
        told.err
            .contains("the bot goes on as before: the personality folder"),
        "{told:?}"
    );
    bot.ask(&discord, discord.general(), "[[args]]", "Ada")
        .await;
    bot.signal(Signal::TERM);
    assert!(bot.ended().await.success());
    let socket = bot.home().path().join("sessions/control.sock");
    assert!(!socket.exists());
    let told = bot.home().run(&["reload"]).await;
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(
        told.err.contains("no bot runs with the sessions folder"),
        "{told:?}"
    );
}

#[tokio::test]
async fn the_control_socket_is_private_and_survives_whatever_it_is_sent() {
    use std::{
        io::{Read as _, Write as _},
        os::unix::net::UnixStream,
    };
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord).start(&discord).await;
    let path = bot.home().path().join("sessions/control.sock");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let long = vec![b'x'; 70_000];
    for line in [
        &b"\n"[..],
        b"{}\n",
        b"{\"command\":\"die\"}\n",
        b"\xff\xff\n",
        &long,
    ] {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        // Of one that is too long, the bot does not read the end.
        drop(stream.write_all(line));
        let mut answer = String::new();
        drop(stream.read_to_string(&mut answer));
        assert!(
            answer.starts_with("{\"refused\":\"the bot does not know this command") || line == long,
            "{answer}"
        );
    }
    // One that says nothing does not keep others waiting.
    let _silent = UnixStream::connect(&path).unwrap();
    let reloaded = bot.home().run(&["reload"]).await;
    assert_eq!(reloaded.out, "nothing is reloaded: nothing has changed\n");
}
