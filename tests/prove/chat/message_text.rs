//! What the real CLI makes of words that look like its own language.

use std::process::Stdio;

use loopback_discord::{Snowflake, Upload};
use loopback_messages::{Answer, LoopbackMessages};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::{
    prove::{figure, scaled},
    real::world::{NEW, OLD, World},
    support::{DEADLINE, Running, message_create, real_cli, search_path},
};

const CANARY: &str = "canary-7d1f9a52-in-a-file";

#[tokio::test]
async fn mentions_of_files_on_2_1_197() {
    mentions_of_files(OLD).await;
}

#[tokio::test]
async fn mentions_of_files_on_2_1_332() {
    mentions_of_files(NEW).await;
}

#[tokio::test]
async fn first_characters_on_2_1_197() {
    first_characters(OLD).await;
}

#[tokio::test]
async fn first_characters_on_2_1_332() {
    first_characters(NEW).await;
}

/// A conversation over the real CLI, message by message.
struct Talk {
    world: World,
    bot: Running,
    turns: usize,
}

impl Talk {
    async fn begin(version: &'static str) -> Self {
        let world = World::new(version).await;
        world
            .messages
            .set_default(|request| Answer::text(format!("heard {}", request.turns())));
        // No walls: what a mention could bring must not be hidden from the CLI by something else.
        let config = json!({ "claude": { "sandbox": "off" } });
        let bot = world.bot().config(&config).start(&world.discord).await;
        Self {
            world,
            bot,
            turns: 0,
        }
    }

    /// Hands a message to the bot as the gateway would, white space at its ends included, and waits for the answer:
    /// it must come from the API, which must have got the words as they are, as a turn of its own.
    async fn send(&mut self, text: &str, more: &Value) {
        let discord = &self.world.discord;
        let mut data = json!({ "content": text });
        for (key, value) in more.as_object().unwrap() {
            data[key] = value.clone();
        }
        let message = message_create(discord, discord.general(), discord.owner(), &data);
        discord.gateway().dispatch("MESSAGE_CREATE", &message);
        self.heard(text).await;
    }

    async fn heard(&mut self, text: &str) {
        self.turns += 1;
        let (discord, turns) = (&self.world.discord, self.turns);
        let here = discord.general();
        let answer = format!("heard {turns}");
        let heard = discord.wait_until(DEADLINE, &answer, |view| {
            let said = view.bot_messages(here);
            said.iter().any(|message| message.content == answer)
        });
        heard
            .await
            .unwrap_or_else(|error| panic!("{text:?}: {error}\n{}", self.bot.log.text()));
        let requests = self.world.messages.requests();
        assert_eq!(requests.len(), turns, "{text:?}");
        assert_eq!(requests[turns - 1].person(), text);
    }

    /// How many requests held the canary, and how many there were.
    async fn end(self) -> (usize, usize) {
        let requests = self.world.messages.requests();
        let caught = requests
            .iter()
            .filter(|request| request.body.to_string().contains(CANARY));
        let counts = (caught.count(), requests.len());
        let home = self.world.home.path();
        let settings = std::fs::read_to_string(home.join(".claude/settings.json"));
        assert!(settings.is_err() || settings.is_ok_and(|text| text.trim() == "{}"));
        // The last turn is booked by then.
        self.world.stop(self.bot).await;
        assert_eq!(self.world.home.outcomes().len(), self.turns);
        counts
    }
}

/// Ways to name a file, for each of the places where the canary lies.
fn mentions(talk: &Talk) -> Vec<String> {
    let here = talk.world.discord.general();
    let home = talk.world.home.path();
    let workspace = format!("workspaces/{here}");
    for name in ["canary.txt", "with space.txt", ".env"] {
        talk.world.home.write(name, CANARY);
        talk.world
            .home
            .write(&format!("{workspace}/{name}"), CANARY);
    }
    let home = home.display();
    let files = [
        "canary.txt".to_owned(),
        "./canary.txt".to_owned(),
        ".env".to_owned(),
        "../../canary.txt".to_owned(),
        format!("{home}/canary.txt"),
        "~/canary.txt".to_owned(),
        "~/.env".to_owned(),
        format!("{home}/{workspace}/"),
        "\"with space.txt\"".to_owned(),
        format!("\"{home}/with space.txt\""),
        format!("file://{home}/canary.txt"),
        "canary.txt#L1-2".to_owned(),
    ];
    let shapes = [
        "@FILE",
        "see @FILE please",
        "(@FILE)",
        "「@FILE」",
        "，@FILE",
        "`@FILE`",
        "```\n@FILE\n```",
        "> @FILE",
        "- @FILE",
        "\n@FILE\n",
        "@FILE @FILE",
        "a\t@FILE",
        "\u{3000}@FILE",
        "\u{200b}@FILE",
        "**@FILE**",
        "[x](@FILE)",
        "\"@FILE\"",
    ];
    let every = files
        .iter()
        .flat_map(|file| shapes.map(|shape| shape.replace("FILE", file)));
    every.collect()
}

async fn mentions_of_files(version: &'static str) {
    let mut talk = Talk::begin(version).await;
    let mut variants = mentions(&talk);
    assert!(variants.len() >= 200);
    spread(&mut variants, scaled(6, usize::MAX));
    talk.send("first", &json!({})).await;
    for text in &variants {
        talk.send(text, &json!({})).await;
    }
    // The same outside of the person's words: a name, a quote, a forward, a file's name and kind.
    for text in &variants {
        talk.send("what is this?", &around(&talk, text)).await;
    }
    let discord = &talk.world.discord;
    let upload = Upload::new("@canary.txt", "x").kind("@canary.txt");
    discord.say_with_files(discord.general(), discord.owner(), "and this?", &[upload]);
    talk.heard("and this?").await;
    let bare = bare(&talk.world).await;
    let (caught, requests) = talk.end().await;
    assert_eq!(caught, 0);
    figure(
        &format!("`@path` brings no file ({version})"),
        &format!(
            "{} spellings, in the words and around them: {requests} requests",
            variants.len()
        ),
        &format!(
            "0 with a file's content; the words byte for byte. Without the bot around them, {bare} of {bare} plain ones \
             bring it"
        ),
    );
}

/// That the same mentions do bring a file where nothing is put around them, and the CLI has all that it comes with: it is
/// started here by itself, in the same workspace. Gives how many did.
async fn bare(world: &World) -> usize {
    let messages = LoopbackMessages::start().await.unwrap();
    messages.set_default(|_| Answer::text("heard"));
    let home = world.home.path();
    let file = home.join("canary.txt");
    let plain = [
        "@canary.txt".to_owned(),
        "see @./canary.txt please".to_owned(),
        format!("see @{} please", file.display()),
        "what is in @\"with space.txt\"?".to_owned(),
    ];
    let plain = &plain[..scaled(1, plain.len())];
    for (turn, text) in plain.iter().enumerate() {
        #[expect(clippy::disallowed_methods, reason = "the CLI by itself")]
        let mut cli = Command::new(real_cli(world.version));
        let mut cli = cli
            .args([
                "-p",
                "--input-format=stream-json",
                "--output-format=stream-json",
                "--verbose",
            ])
            .current_dir(home.join(format!("workspaces/{}", world.discord.general())))
            .env_clear()
            .env("PATH", std::env::join_paths(search_path()).unwrap())
            .env("HOME", home)
            .env("ANTHROPIC_BASE_URL", messages.url())
            .env("ANTHROPIC_API_KEY", "sk-ant-loopback")
            .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let content = json!([{ "type": "text", "text": text }]);
        let line = json!({ "type": "user", "message": { "role": "user", "content": content } });
        let mut stdin = cli.stdin.take().unwrap();
        stdin
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
        drop(stdin);
        let ended = tokio::time::timeout(DEADLINE, cli.wait()).await;
        assert!(ended.expect("the CLI ends").unwrap().success(), "{text:?}");
        let requests = messages.requests();
        let brought = requests
            .iter()
            .filter(|request| request.body.to_string().contains(CANARY));
        assert_eq!(
            brought.count(),
            turn + 1,
            "{text:?} brings no file: {requests:#?}"
        );
    }
    plain.len()
}

/// A message that somebody renamed replies with, forwards, and brings a file that cannot be had.
fn around(talk: &Talk, text: &str) -> Value {
    let discord = &talk.world.discord;
    let here = discord.general();
    let member = |id: Snowflake| json!({ "id": id, "username": text, "global_name": text, "discriminator": "0", "avatar": null });
    let quoted = json!({ "content": text, "author": member(discord.member()) });
    let quoted = message_create(discord, here, discord.member(), &quoted);
    let file = json!({
        "id": "7", "filename": text, "content_type": text, "size": 3, "url": "http://127.0.0.1:9/x", "proxy_url": "x",
    });
    let forwarded = json!({ "message": {
        "content": text, "timestamp": "2026-01-01T00:00:00Z", "edited_timestamp": null, "mentions": [],
        "mention_roles": [], "attachments": [], "embeds": [], "components": [], "type": 0, "flags": 0,
    } });
    json!({
        "type": 19,
        "author": member(discord.owner()),
        "message_reference": { "type": 0, "message_id": quoted["id"], "channel_id": here },
        "referenced_message": quoted,
        "message_snapshots": [forwarded],
        "attachments": [file],
    })
}

/// What begins a command or an argument, as it is, and after every character that is white space, that controls or
/// that only formats, the beginnings taking turns.
fn commands() -> Vec<String> {
    let words = [
        "/clear",
        "/config permissionMode=acceptEdits",
        "!id",
        "#remember this",
        "-p",
    ];
    let blanks =
        ('\u{1}'..='\u{ffff}').filter(|c| c.is_whitespace() || is_format(*c) || c.is_control());
    let after = blanks.zip(words.iter().cycle());
    let after = after.map(|(blank, word)| format!("{blank}{word}"));
    words.into_iter().map(str::to_owned).chain(after).collect()
}

fn is_format(c: char) -> bool {
    use unicode_general_category::{GeneralCategory, get_general_category};
    get_general_category(c) == GeneralCategory::Format
}

async fn first_characters(version: &'static str) {
    let mut talk = Talk::begin(version).await;
    let mut variants = commands();
    assert!(variants.len() >= 100);
    spread(&mut variants, scaled(10, usize::MAX));
    for text in &variants {
        talk.send(text, &json!({})).await;
    }
    let (_, requests) = talk.end().await;
    assert_eq!(requests, variants.len());
    figure(
        &format!("No first character makes a command of a message ({version})"),
        &format!("{} beginnings", variants.len()),
        &format!("{requests} answered by the API, 0 taken by the CLI; the words byte for byte"),
    );
}

/// Keeps so many of them, from all over the list.
fn spread(variants: &mut Vec<String>, count: usize) {
    let step = (variants.len() / count).max(1);
    let mut place = 0;
    variants.retain(|_| {
        place += 1;
        (place - 1) % step == 0
    });
}
