//! Secrets reach neither Discord nor the log.
//!
//! * Discord gets a mark in place of a secret in any encoding, and the log names it without its value.
//! * The second part of a secret split across two texts is not sent.
//! * Ordinary text is sent unchanged.
//! * No secret is logged, not even at the trace level, where dependencies log too.
//! * The message of a panic is redacted like any other event (tested in `cli::logs`).

use loopback_discord::Loopback;
use serde_json::{Value, json};

use crate::support::{Bot, DEADLINE, Home, said};

/// The CLI's own key, in the bot's environment.
const KEY: &str = "sk-loopback-9f2KxQ7vLw3ZtR8yPb5NcHd1";

/// A token of the CLI's login.
const LOGIN: &str = "loopback-oat-Zk3vQ8xR1tLw9YbN5cHd2PfG7";

/// A secret among the CLI's arguments.
const HEADER: &str = "loopback-header-Yw7kT2mZ9rQ4xB6v";

fn each(text: &str, write: impl Fn(u8) -> String) -> String {
    text.bytes().map(write).collect()
}

/// A text in the encodings that are searched for. The unit tests of `redact` have more variants.
fn encodings(text: &str) -> Vec<String> {
    let shifted = data_encoding::BASE64.encode(format!("x{text}").as_bytes());
    vec![
        text.to_owned(),
        text.to_uppercase(),
        data_encoding::BASE64.encode(text.as_bytes()),
        shifted,
        data_encoding::BASE64URL_NOPAD.encode(text.as_bytes()),
        each(text, |byte| format!("{byte:02x}")),
        each(text, |byte| format!("{byte:02X}")),
        each(text, |byte| format!("%{byte:02X}")),
        each(text, |byte| format!("\\u{byte:04x}")),
    ]
}

#[tokio::test]
async fn a_secret_in_an_answer_does_not_reach_discord() {
    let discord = Loopback::builder().start().await.unwrap();
    let home = Home::new();
    home.write(
        ".claude/.credentials.json",
        &json!({ "claudeAiOauth": { "accessToken": LOGIN } }).to_string(),
    );
    let headers = json!({ "Authorization": format!("Bearer {HEADER}") });
    let servers = json!({ "mcpServers": { "a": { "type": "http", "headers": headers } } });
    let servers = format!("--mcp-config={servers}");
    let bot = Bot::new(&discord)
        .home(&home)
        .env("ANTHROPIC_API_KEY", KEY)
        .config(&json!({ "claude": { "extra_args": [servers] } }))
        .start(&discord)
        .await;
    let here = discord.general();
    for secret in [discord.token(), KEY, LOGIN, HEADER] {
        for written in encodings(secret) {
            let words = format!("[[say <{written}>]]");
            let answer = bot.ask(&discord, here, &words, "<").await;
            assert!(answer.contains("[redacted]"), "{written} became {answer}");
            assert!(answer.len() < 40, "{written} became {answer}");
        }
    }
    let log = bot.log.text();
    assert!(log.contains("a secret was redacted from a post"), "{log}");
    assert!(log.contains("the Discord token, in base64"), "{log}");
    assert!(log.contains("ANTHROPIC_API_KEY, in hexadecimal"), "{log}");
    let named = "\"--mcp-config\" can be read by every account on this machine";
    assert!(log.contains(named) && !log.contains(HEADER), "{log}");
    bot.stop().await;
}

#[tokio::test]
async fn the_second_part_of_a_split_secret_is_not_sent() {
    let discord = Loopback::builder().start().await.unwrap();
    let bot = Bot::new(&discord)
        .env("ANTHROPIC_API_KEY", KEY)
        .start(&discord)
        .await;
    let here = discord.general();
    let (first, rest) = KEY.split_at(12);
    bot.ask(
        &discord,
        here,
        &format!("[[blocks it is {first}|{rest} I think|bye]]"),
        "bye",
    )
    .await;
    assert_eq!(
        said(&discord, here),
        ["it is [redacted]", "[redacted] I think", "bye"]
    );
    // An answer is redacted before it is split into messages.
    let long = format!("{} {KEY} the end", "word ".repeat(395).trim_end());
    bot.ask(&discord, here, &format!("[[say {long}]]"), "the end")
        .await;
    let all = said(&discord, here).concat();
    assert!(
        all.contains("[redacted] the end") && !all.contains(rest),
        "{all}"
    );
    // Ordinary text is unchanged.
    let plain = "`fn main()` and 0123456789abcdef and https://example.org/a?b=%20c&d";
    assert_eq!(
        bot.ask(&discord, here, &format!("[[say {plain}]]"), "fn main")
            .await,
        plain
    );
    bot.stop().await;
}

#[tokio::test]
async fn no_secret_is_logged_at_any_level() {
    let discord = Loopback::builder().start().await.unwrap();
    let canaries = [
        ("ANTHROPIC_API_KEY", KEY),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzEXAMPLE",
        ),
        ("MY_SERVICE_PASSWORD", "correct-Horse7battery"),
        ("STAND_IN_SECRET", "canary+of/the==stand-in42"),
    ];
    for format in ["human", "json"] {
        let mut bot = Bot::new(&discord)
            .arguments(["run", "--log", format, "--log-filter", "trace"])
            .config(&json!({ "claude": { "pass_env": ["AWS_SECRET_ACCESS_KEY", "MY_SERVICE_PASSWORD"] } }));
        for (name, value) in canaries {
            bot = bot.env(name, value);
        }
        let bot = bot.start(&discord).await;
        let here = discord.general();
        bot.ask(&discord, here, "[[env]]", "PATH=").await;
        bot.ask(
            &discord,
            here,
            &format!("[[say {KEY}]] and {}", discord.token()),
            "[redacted]",
        )
        .await;
        bot.ask(&discord, here, &format!("[[crash 3]] {KEY}"), "3")
            .await;
        let asked = bot
            .slash(&discord, (here, discord.owner()), "status", &Value::Null)
            .await;
        asked.response(DEADLINE).await.unwrap();
        let (log, sent) = (bot.log.clone(), said(&discord, here).concat());
        bot.stop().await;

        let log = log.text();
        assert!(
            log.contains("TRACE") && log.contains("twilight_gateway"),
            "{log}"
        );
        let token = discord.token();
        let parts: Vec<&str> = token.split('.').collect();
        let interaction = asked.token();
        let secrets = canaries.map(|(_, value)| value);
        for secret in secrets
            .into_iter()
            .chain([token, parts[0], parts[2], &interaction])
        {
            assert!(!log.contains(secret), "{secret} in the {format} log");
            assert!(!sent.contains(secret), "{secret} in {sent}");
        }
    }
}
