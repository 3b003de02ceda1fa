//! What admins are told: each thing once, also over a restart, and again only after it was mended.

use loopback_discord::{Fault, Loopback, Permissions, Snowflake};
use serde_json::json;

use crate::{
    reload::change,
    support::{Bot, Claude, DEADLINE, Home, Running},
};

const TOLD: &str = "something is wrong: admins are told";
const MENDED: &str = "what admins were told is mended";

/// Waits until the owner has so many direct messages, which are all.
async fn told(discord: &Loopback, count: usize) -> Vec<String> {
    let direct = discord.dm(discord.owner());
    let told = discord.wait_until(DEADLINE, "a notice", |view| {
        let messages = view.bot_messages(direct);
        (messages.len() >= count).then_some(messages)
    });
    let texts: Vec<_> = told
        .await
        .unwrap()
        .into_iter()
        .map(|it| it.content)
        .collect();
    assert_eq!(texts.len(), count, "{texts:?}");
    texts
}

async fn discord() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

/// Waits until something is mended of which admins were told so many times in this run.
async fn mended(bot: &Running, times: usize) {
    bot.log.wait_for(MENDED, DEADLINE).await;
    assert_eq!(bot.log.text().matches(TOLD).count(), times);
}

async fn answer(bot: &Running, discord: &Loopback, user: Snowflake, text: &str) -> String {
    let asked = discord.say(discord.general(), user, text);
    bot.reply(discord, asked).await.content
}

#[tokio::test]
async fn an_expired_login_is_told_once_until_somebody_logs_in() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    let expired = "Claude isn't logged in.";
    bot.ask(&discord, here, "[[status 401]]", expired).await;
    let texts = told(&discord, 1).await;
    assert!(texts[0].contains("log in (`/login`)"), "{texts:?}");
    bot.ask(&discord, here, "[[status 401]]", expired).await;
    let home = bot.stop().await;
    let bot = Bot::new(&discord).home(&home).start(&discord).await;
    bot.ask(&discord, here, "[[status 401]]", expired).await;
    bot.ask(&discord, here, "[[say one]]", "one").await;
    mended(&bot, 0).await;
    bot.ask(&discord, here, "[[status 401]]", expired).await;
    told(&discord, 2).await;
    bot.stop().await;
}

#[tokio::test]
async fn a_used_up_budget_is_told_once_until_there_is_money_again() {
    let discord = discord().await;
    let config = json!({ "limits": { "channel": { "usd_per_day": 5 } } });
    let start = |home: &Home| Bot::new(&discord).config(&config).home(home);
    let bot = start(&Home::new()).start(&discord).await;
    let (here, owner, member) = (discord.general(), discord.owner(), discord.member());
    let refused = "This channel has reached the daily budget.";
    answer(&bot, &discord, owner, "!budget 0").await;
    for user in [member, owner] {
        let refusal = answer(&bot, &discord, user, "[[say done]]").await;
        assert!(refusal.starts_with(refused), "{refusal}");
    }
    let texts = told(&discord, 1).await;
    let what = format!("<#{here}> has used up the daily budget ($0.00).");
    assert!(texts[0].starts_with(&what), "{texts:?}");
    let home = bot.stop().await;
    let bot = start(&home).start(&discord).await;
    let refusal = answer(&bot, &discord, member, "[[say done]]").await;
    assert!(refusal.starts_with(refused), "{refusal}");
    answer(&bot, &discord, owner, "!budget 5").await;
    assert_eq!(answer(&bot, &discord, member, "[[say done]]").await, "done");
    mended(&bot, 0).await;
    answer(&bot, &discord, owner, "!budget 0").await;
    answer(&bot, &discord, member, "[[say done]]").await;
    told(&discord, 2).await;
    bot.stop().await;
}

#[tokio::test]
async fn a_nearly_full_disk_is_told_once_until_there_is_room() {
    let discord = discord().await;
    let config = json!({ "limits": { "disk_min_mb": 1_000_000_000 } });
    let start = |home: &Home| Bot::new(&discord).config(&config).home(home);
    let bot = start(&Home::new()).start(&discord).await;
    let texts = told(&discord, 1).await;
    assert!(texts[0].contains("is nearly full: "), "{texts:?}");
    assert!(!texts[0].contains('/'), "a path: {texts:?}");
    let home = bot.stop().await;
    let bot = start(&home).start(&discord).await;
    for (least, direct) in [(1, 1), (1_000_000_000, 2)] {
        change(&home, |config| {
            config["limits"]["disk_min_mb"] = json!(least);
        });
        let reloaded = home.run(&["reload"]).await;
        assert_eq!(reloaded.out, "reloaded: limits.disk_min_mb\n");
        if direct == 1 {
            mended(&bot, 0).await;
        }
        told(&discord, direct).await;
    }
    bot.stop().await;
}

#[tokio::test]
async fn a_bad_cli_is_told_once_until_a_better_one_is_there() {
    let discord = discord().await;
    let start = |home: &Home, version| {
        let bot = Bot::new(&discord).home(home);
        bot.claude(Claude::StandIn(version)).start(&discord)
    };
    let home = Home::new();
    let here = discord.general();
    let bot = start(&home, "2.1.170").await;
    let texts = told(&discord, 1).await;
    assert!(
        texts[0].contains("version 2.1.170 is installed"),
        "{texts:?}"
    );
    bot.stop().await;
    let bot = start(&home, "2.1.170").await;
    bot.ask(&discord, here, "[[say one]]", "Claude can't start")
        .await;
    bot.stop().await;
    let bot = start(&home, "2.1.332").await;
    mended(&bot, 0).await;
    bot.stop().await;
    told(&discord, 1).await;
    let bot = start(&home, "2.1.200").await;
    let texts = told(&discord, 2).await;
    assert!(texts[1].contains("takes ever more memory"), "{texts:?}");
    bot.stop().await;
    let bot = start(&home, "2.1.170").await;
    let texts = told(&discord, 3).await;
    assert!(
        texts[2].contains("version 2.1.170 is installed"),
        "{texts:?}"
    );
    bot.stop().await;
}

#[tokio::test]
async fn a_missing_permission_is_told_once_until_it_is_granted() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let (here, owner) = (discord.general(), discord.owner());
    bot.ask(&discord, here, "[[say one]]", "one").await;
    let all = discord.bot_permissions(here);
    for times in 1..=2 {
        discord.set_bot_permissions(here, all - Permissions::SEND_MESSAGES);
        discord.say(here, owner, "[[say two]]");
        let texts = told(&discord, times).await;
        assert!(texts[times - 1].contains("**Send Messages**"), "{texts:?}");
        discord.set_bot_permissions(here, all);
        bot.ask(&discord, here, "[[say three]]", "three").await;
    }
    told(&discord, 2).await;
    bot.stop().await;
}

#[tokio::test]
async fn notices_come_where_the_configuration_says() {
    let discord = discord().await;
    let config = json!({ "discord": { "notify_admins": "channel" } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let here = discord.general();
    bot.ask(&discord, here, "[[status 401]]", "isn't logged in any more")
        .await;
    bot.ask(&discord, here, "[[say one]]", "one").await;
    mended(&bot, 1).await;
    let home = bot.stop().await;
    let config = json!({ "discord": { "notify_admins": "off" } });
    let bot = Bot::new(&discord)
        .home(&home)
        .config(&config)
        .start(&discord)
        .await;
    bot.ask(&discord, here, "[[status 401]]", "isn't logged in.")
        .await;
    let nobody = "something is wrong: nobody is told, as configured";
    bot.log.wait_for(nobody, DEADLINE).await;
    bot.stop().await;
    let said = discord.bot_messages(here).into_iter();
    let notices = said.filter(|message| message.content.contains("any more"));
    assert_eq!(notices.count(), 1);
    told(&discord, 0).await;
}

#[tokio::test]
async fn a_notice_in_direct_messages_goes_to_the_admins_alone() {
    let discord = discord().await;
    let config = json!({ "discord": { "notify_admins": "channel" } });
    let bot = Bot::new(&discord).config(&config).start(&discord).await;
    let asked = discord.say_directly(discord.member(), "[[status 401]]");
    bot.reply(&discord, asked).await;
    let texts = told(&discord, 1).await;
    assert!(texts[0].contains("any more"), "{texts:?}");
    bot.stop().await;
    let said = discord.bot_messages(discord.dm(discord.member()));
    assert!(said.iter().all(|it| !it.content.contains("any more")));
}

#[tokio::test]
async fn a_notice_that_is_refused_is_posted_where_an_admin_writes() {
    let discord = discord().await;
    let bot = Bot::new(&discord).start(&discord).await;
    let here = discord.general();
    let refusal = json!({ "code": 50007, "message": "Cannot send messages to this user" });
    let refused = Fault::json("POST /channels/*/messages", 403, &refusal);
    discord.inject(refused.channel(discord.dm(discord.owner())).always());
    bot.ask(&discord, here, "[[status 401]]", "isn't logged in.")
        .await;
    bot.log
        .wait_for("an admin cannot be written to", DEADLINE)
        .await;
    bot.ask(&discord, here, "[[say one]]", "isn't logged in any more")
        .await;
    bot.stop().await;
}
