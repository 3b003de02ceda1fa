//! `switchboard init`, on a terminal and unattended, against the loopback Discord and the stand-in.
//!
//! * With options it asks nothing, writes what differs from the defaults, and the bot then runs.
//! * Run again, it changes what is asked for and nothing else.
//! * On a terminal, each answer is checked at once, and a wrong one is asked for again with advice.
//! * What goes wrong, and Ctrl-C, leave nothing behind.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    process::Stdio,
};

use loopback_discord::{Fault, Loopback, Permissions};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{Bot, DEADLINE, Home, Terminal, eventually, search_path};

const PROGRAM: &str = env!("CARGO_BIN_EXE_switchboard");
const ENTER: &str = "\r";
const DOWN: &str = "\u{1b}[B";

/// A folder with a CLI, a file with the token, and nothing else.
struct Place {
    home: Home,
    url: String,
}

impl Place {
    fn new(discord: &Loopback) -> Self {
        let home = Home::new();
        fs::remove_dir_all(home.path().join("personality")).unwrap();
        symlink(PROGRAM, home.path().join("claude-stand-in")).unwrap();
        home.write("secret", &format!("{}\n", discord.token()));
        Self {
            home,
            url: discord.url(),
        }
    }

    /// `init` with options.
    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut arguments = vec!["init", "--api-base", &self.url];
        arguments.extend(more);
        arguments
    }

    /// Runs the program without a terminal. Returns its exit code and all that it prints.
    async fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let own = std::iter::once(self.home.path().join("bin"));
        let path = own.chain(search_path());
        #[expect(clippy::disallowed_methods, reason = "the program under test")]
        let mut command = Command::new("setsid");
        command
            .args(["--wait", PROGRAM])
            .args(arguments)
            .current_dir(self.home.path())
            .env_clear()
            .env("HOME", self.home.path())
            .env("PATH", std::env::join_paths(path).unwrap())
            .stdin(Stdio::null());
        let output = tokio::time::timeout(DEADLINE, command.output()).await;
        let output = output.unwrap().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    }

    fn config(&self) -> Value {
        let text = fs::read_to_string(self.home.path().join("config.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[track_caller]
    fn assert_untouched(&self) {
        let entries = fs::read_dir(self.home.path()).unwrap();
        let mut names: Vec<_> = entries.map(|it| it.unwrap().file_name()).collect();
        names.sort();
        names.retain(|name| name != ".claude");
        assert_eq!(names, ["claude-stand-in", "secret"]);
    }
}

async fn loopback() -> Loopback {
    Loopback::builder().start().await.unwrap()
}

#[tokio::test]
async fn a_role_is_let_in_beside_the_people_who_are_listed() {
    let discord = loopback().await;
    let place = Place::new(&discord);
    let member = discord.member().to_string();
    let arguments = place.arguments(&[
        "--yes",
        "--token-file",
        "secret",
        "--allow",
        &member,
        "--claude",
        "./claude-stand-in",
        "--no-call",
    ]);
    let (code, text) = place.run(&arguments).await;
    assert_eq!(code, Some(0), "{text}");
    let role = "165511591545143296";
    let (code, text) = place.run(&["init", "--yes", "--allow-role", role]).await;
    assert_eq!(code, Some(0), "{text}");
    let allow = &place.config()["discord"]["allow"];
    assert_eq!(*allow, json!({ "users": [member], "roles": [role] }));
    // Everyone in a channel, but not in direct messages.
    let channel = discord.general().to_string();
    let everyone = ["--allow", "*", "--allow-role", role, "--channel", &channel];
    let (code, text) = place
        .run(&[&["init", "--yes"][..], &everyone].concat())
        .await;
    assert_eq!(code, Some(0), "{text}");
    let allow = &place.config()["discord"]["allow"];
    assert_eq!(*allow, json!({ "channels": [channel] }));
}

#[tokio::test]
async fn options_answer_every_question_and_the_bot_runs() {
    let discord = loopback().await;
    let place = Place::new(&discord);
    let (channel, member) = (discord.general().to_string(), discord.member().to_string());
    let owner = discord.owner().to_string();
    let arguments = place.arguments(&[
        "--yes",
        "--token-file",
        "secret",
        "--channel",
        &channel,
        "--allow",
        &member,
        "--admin",
        &owner,
        "--respond",
        "all",
        "--model",
        "haiku",
        "--tools",
        "read",
        "--claude",
        "./claude-stand-in",
    ]);
    let (code, text) = place.run(&arguments).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("answered; the call cost $0."), "{text}");
    let expected = json!({
        "discord": {
            "api_base": discord.url(),
            "token_file": "secret",
            "admins": [owner],
            "allow": { "users": [member], "channels": [channel] },
        },
        "channels": { &channel: { "respond": "all" } },
        "model": "haiku",
        "allowed_tools": [
            "Read(./**)", "Grep(./**)", "WebFetch", "WebSearch", "send_file", "react", "read_channel"
        ],
        "claude": { "bin": "./claude-stand-in" },
    });
    assert_eq!(place.config(), expected);
    let mode = |name: &str| {
        let found = fs::metadata(place.home.path().join(name)).unwrap();
        found.permissions().mode() & 0o777
    };
    assert_eq!(mode("secret"), 0o600);
    assert!(place.home.path().join("personality/IDENTITY.md").is_file());
    let said = discord.bot_messages(discord.general());
    assert!(
        said.len() == 1 && said[0].content.contains("`!help`"),
        "{said:?}"
    );

    let before = fs::read_to_string(place.home.path().join("config.json")).unwrap();
    let (code, text) = place.run(&arguments).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("Nothing has changed."), "{text}");
    let after = fs::read_to_string(place.home.path().join("config.json")).unwrap();
    assert_eq!(after, before);
    let (code, _) = place.run(&["init", "--yes", "--model", "sonnet"]).await;
    assert_eq!(code, Some(0));
    let mut changed = expected;
    changed.as_object_mut().unwrap().shift_remove("model");
    assert_eq!(place.config(), changed, "a default is left out");
    assert_eq!(discord.bot_messages(discord.general()).len(), 1);

    let bot = Bot::new(&discord).home(&place.home).start(&discord).await;
    bot.ask(&discord, discord.general(), "[[say one]]", "one")
        .await;
}

#[tokio::test]
async fn a_conversation_sets_the_bot_up() {
    let builder = Loopback::builder().message_content(false);
    let discord = builder.start().await.unwrap();
    let nowhere = Fault::json("GET /users/@me/guilds", 200, &json!([]));
    discord.inject(nowhere);
    let place = Place::new(&discord);
    fs::remove_file(place.home.path().join("secret")).unwrap();
    let cli = place.home.path().join("claude-stand-in");
    let arguments = place.arguments(&["--claude", cli.to_str().unwrap()]);
    let mut terminal = Terminal::start(place.home.path(), &arguments);
    let token = discord.token();
    terminal
        .answer("Bot token", &format!("\"{token}\"{ENTER}"))
        .await;
    terminal.wait_for("remove the quotes").await;
    terminal.send(&"\u{7f}".repeat(token.len() + 2));
    let wrong = token.replace("Loopba", "Refuse");
    terminal.send(&format!("{wrong}{ENTER}"));
    terminal.wait_for("Discord refuses the bot token").await;
    terminal.answer("Mend it, then", ENTER).await;
    terminal
        .answer("Bot token", &format!("{token}{ENTER}"))
        .await;
    terminal.wait_for("that of Switchboard").await;
    terminal
        .wait_for("turn on \"Message Content Intent\"")
        .await;
    terminal.answer("Mend it, then", ENTER).await;
    terminal.wait_for("Waiting until it is ticked").await;
    discord.set_message_content(true);
    terminal.wait_for("oauth2/authorize?client_id=").await;
    terminal.answer("Mend it, then", ENTER).await;
    terminal
        .answer("In which channels", &format!("{DOWN} {ENTER}"))
        .await;
    terminal
        .answer("every message there?", &format!("y{ENTER}"))
        .await;
    terminal
        .answer("Who may talk", &format!("{DOWN}{ENTER}"))
        .await;
    terminal
        .answer("Who else?", &format!("{},{ENTER}", discord.member()))
        .await;
    terminal
        .answer("Which model", &format!("opus{ENTER}"))
        .await;
    terminal
        .answer("without asking?", &format!("talk{ENTER}"))
        .await;
    terminal.answer("Which sandbox?", ENTER).await;
    terminal.answer("call of one word?", ENTER).await;
    terminal.wait_for("the call cost $").await;
    terminal.wait_for("Written: ").await;
    let status = terminal.ended().await;
    let text = terminal.text();
    assert!(status.success(), "{text}");
    assert!(!text.contains(token) && !text.contains(&wrong), "{text}");
    let channel = discord.channel("rust").to_string();
    let expected = json!({
        "discord": {
            "api_base": discord.url(),
            "token_file": "discord-token",
            "allow": { "users": [discord.member().to_string()], "channels": [channel] },
        },
        "channels": { &channel: { "respond": "all" } },
        "model": "opus",
        "allowed_tools": ["WebFetch", "WebSearch", "react", "read_channel"],
        "claude": { "bin": cli },
    });
    assert_eq!(place.config(), expected);
    let stored = place.home.path().join("discord-token");
    assert_eq!(fs::read_to_string(&stored).unwrap().trim(), token);
    assert_eq!(
        fs::metadata(&stored).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(discord.bot_messages(discord.channel("rust")).len(), 1);
}

#[tokio::test]
async fn a_failure_while_it_waits_does_not_end_the_conversation() {
    const GUILDS: &str = "GET /users/@me/guilds";
    let builder = Loopback::builder().message_content(false);
    let discord = builder.start().await.unwrap();
    let place = Place::new(&discord);
    let arguments = place.arguments(&["--token-file", "secret"]);
    let mut terminal = Terminal::start(place.home.path(), &arguments);
    terminal.answer("Mend it, then", ENTER).await;
    terminal.wait_for("Waiting until it is ticked").await;
    discord.inject(Fault::status("GET /oauth2/applications/@me", 500));
    terminal.wait_for("and is asked again").await;
    discord.inject(Fault::status(GUILDS, 500));
    discord.inject(Fault::json(GUILDS, 200, &json!([])));
    discord.inject(Fault::status(GUILDS, 500));
    discord.set_message_content(true);
    terminal.wait_for("failed to list the guilds").await;
    terminal.answer("Mend it, then", ENTER).await;
    terminal.wait_for("the bot is in no guild yet").await;
    terminal.answer("Mend it, then", ENTER).await;
    terminal.wait_for("and is asked again").await;
    terminal.answer("In which channels", "\u{3}").await;
    assert_eq!(terminal.ended().await.code(), Some(1));
    place.assert_untouched();
}

#[tokio::test]
async fn a_token_that_is_refused_while_it_waits_ends_it() {
    let builder = Loopback::builder().message_content(false);
    let discord = builder.start().await.unwrap();
    let place = Place::new(&discord);
    let arguments = place.arguments(&["--token-file", "secret"]);
    let mut terminal = Terminal::start(place.home.path(), &arguments);
    terminal.answer("Mend it, then", ENTER).await;
    terminal.wait_for("Waiting until it is ticked").await;
    discord.inject(Fault::status("GET /oauth2/applications/@me", 401));
    assert_eq!(terminal.ended().await.code(), Some(77));
    place.assert_untouched();
}

#[tokio::test]
async fn the_invite_link_is_opened_where_there_is_a_display() {
    let discord = loopback().await;
    let nowhere = || Fault::json("GET /users/@me/guilds", 200, &json!([]));
    let place = Place::new(&discord);
    let (home, arguments) = (
        place.home.path(),
        place.arguments(&["--token-file", "secret"]),
    );
    place.home.write(
        "bin/xdg-open",
        "#!/bin/sh\necho \"$DISPLAY$ANTHROPIC_API_KEY $1\" >\"$HOME/new\"\nmv \"$HOME/new\" \"$HOME/opened\"\nwhile [ -d \"$HOME\" ]; do sleep 0.1; done\n",
    );
    let program = home.join("bin/xdg-open");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::iter::once(home.join("bin")).chain(search_path());
    let path = std::env::join_paths(path).unwrap();

    discord.inject(nowhere());
    let without = [("PATH", path.clone())];
    let mut terminal = Terminal::start_with(home, &arguments, &without);
    terminal.answer("Mend it, then", "\u{3}").await;
    assert_eq!(terminal.ended().await.code(), Some(1));
    assert!(!terminal.text().contains("in the browser?"));

    discord.inject(nowhere());
    let with_display = [
        ("PATH", path),
        ("DISPLAY", ":7".into()),
        ("ANTHROPIC_API_KEY", "not for the browser".into()),
    ];
    let mut terminal = Terminal::start_with(home, &arguments, &with_display);
    terminal.answer("in the browser?", ENTER).await;
    terminal.wait_for("The browser opens it").await;
    terminal.answer("Mend it, then", "\u{3}").await;
    assert_eq!(terminal.ended().await.code(), Some(1));
    let opened = eventually("the link to be opened", || {
        fs::read_to_string(home.join("opened")).ok()
    })
    .await;
    assert!(opened.starts_with(":7 https://discord.com/"), "{opened}");
    assert!(opened.contains("oauth2/authorize?client_id="), "{opened}");
}

#[tokio::test]
async fn a_second_conversation_asks_only_what_is_to_change() {
    let discord = loopback().await;
    let place = Place::new(&discord);
    let before = json!({ "limits": { "queue": 7 }, "model": "opus" });
    place.home.write("config.json", &before.to_string());
    let mut terminal = Terminal::start(place.home.path(), &["init"]);
    terminal
        .answer("What do you want to change?", &format!("model {ENTER}"))
        .await;
    terminal
        .answer("Which model", &format!("haiku{ENTER}"))
        .await;
    terminal.wait_for("Written: ").await;
    assert!(terminal.ended().await.success());
    let after = json!({ "limits": { "queue": 7 }, "model": "haiku" });
    assert_eq!(place.config(), after);
    assert_eq!(discord.calls().len(), 0);
}

#[tokio::test]
async fn the_owner_alone_means_that_nobody_else_is_let_in() {
    let discord = loopback().await;
    let place = Place::new(&discord);
    let before = json!({ "discord": { "allow": {
        "users": ["1100000000000000001"], "roles": ["1100000000000000002"],
        "channels": ["1100000000000000003"], "bots": ["1100000000000000004"],
    } } });
    place.home.write("config.json", &before.to_string());
    let mut terminal = Terminal::start(place.home.path(), &["init"]);
    terminal
        .answer("What do you want to change?", &format!("talk {ENTER}"))
        .await;
    terminal.answer("Who may talk to the bot?", ENTER).await;
    terminal.wait_for("Written: ").await;
    assert!(terminal.ended().await.success());
    let after = json!({ "discord": { "allow": { "bots": ["1100000000000000004"] } } });
    assert_eq!(place.config(), after);
}

#[tokio::test]
async fn ctrl_c_leaves_nothing_behind() {
    let discord = loopback().await;
    let place = Place::new(&discord);
    let arguments = place.arguments(&["--token-file", "secret"]);
    let mut terminal = Terminal::start(place.home.path(), &arguments);
    terminal.answer("In which channels", "\u{3}").await;
    terminal.wait_for("nothing was written").await;
    assert_eq!(terminal.ended().await.code(), Some(1));
    place.assert_untouched();
}

#[tokio::test]
async fn without_a_terminal_it_says_how_to_go_on() {
    let discord = loopback().await;
    let place = Place::new(&discord);
    let (code, text) = place.run(&["init"]).await;
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("--yes"), "{text}");
    place.assert_untouched();
}

#[tokio::test]
async fn what_goes_wrong_unattended_is_told_and_nothing_is_written() {
    let discord = loopback().await;
    let place = Place::new(&discord);
    let general = discord.general().to_string();
    let base = [
        "--yes",
        "--no-call",
        "--token-file",
        "secret",
        "--claude",
        "./claude-stand-in",
    ];
    let arguments = place.arguments(&base);
    let with = |more: &[&'static str]| [&arguments[..], more].concat();

    let (code, text) = place.run(&with(&["--channel", "42"])).await;
    assert!(code == Some(1) && text.contains("no channel 42"), "{text}");

    discord.set_bot_permissions(
        discord.general(),
        Permissions::EVERYONE - Permissions::SEND_MESSAGES,
    );
    let channel = [&arguments[..], &["--channel", &general]].concat();
    let (code, text) = place.run(&channel).await;
    assert!(
        code == Some(1) && text.contains("lacks Send Messages"),
        "{text}"
    );

    let missing = [&arguments[..7], &["--claude", "./none"][..]].concat();
    let (code, text) = place.run(&missing).await;
    assert!(
        code == Some(1) && text.contains("there is no program"),
        "{text}"
    );

    discord.set_message_content(false);
    let (code, text) = place.run(&arguments).await;
    assert!(
        code == Some(76) && text.contains("Message Content Intent"),
        "{text}"
    );

    place.home.write("secret", "MTk4.Cl2FMQ.ZnCjm1");
    let (code, text) = place.run(&arguments).await;
    assert!(code == Some(77) && text.contains("Reset Token"), "{text}");

    place
        .home
        .write("secret", &format!("\"{}\"", discord.token()));
    let (code, text) = place.run(&arguments).await;
    assert!(
        code == Some(78) && text.contains("remove the quotes"),
        "{text}"
    );
    assert!(!text.contains(discord.token()), "{text}");
    place.assert_untouched();
}

#[tokio::test]
async fn a_missing_cli_is_installed_for_the_user() {
    let discord = loopback().await;
    let place = Place::new(&discord);
    let program = place.home.path().join("claude-stand-in");
    let npm = format!(
        "#!/bin/sh\necho \"$@\" >npm-ran\nmkdir -p \"$4/bin\"\n\
         printf '#!/bin/sh\\nexec {} \"$@\"\\n' >\"$4/bin/claude\"\nchmod +x \"$4/bin/claude\"\n",
        program.display()
    );
    place.home.write(
        "bin/npm",
        &npm.replace(
            ">npm-ran",
            &format!(">{}/npm-ran", place.home.path().display()),
        ),
    );
    let npm = place.home.path().join("bin/npm");
    fs::set_permissions(npm, fs::Permissions::from_mode(0o755)).unwrap();
    let arguments = place.arguments(&[
        "--yes",
        "--no-call",
        "--token-file",
        "secret",
        "--sandbox",
        "off",
        "--install-claude",
    ]);
    let (code, text) = place.run(&arguments).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("ok   claude "), "{text}");
    let ran = fs::read_to_string(place.home.path().join("npm-ran")).unwrap();
    let prefix = place.home.path().join(".local");
    let expected = format!(
        "install --global --prefix {} @anthropic-ai/claude-code\n",
        prefix.display()
    );
    assert_eq!(ran, expected);
    assert!(prefix.join("bin/claude").exists());
}

#[tokio::test]
async fn an_expired_login_is_told_before_anything_is_written() {
    let discord = loopback().await;
    let place = Place::new(&discord);
    let expired = place.home.path().join("expired/claude-stand-in");
    let script = format!(
        "#!/bin/sh\nSTAND_IN_DIRECTIVES='[[status 401]]' exec {} \"$@\"\n",
        place.home.path().join("claude-stand-in").display()
    );
    place.home.write("expired/claude-stand-in", &script);
    fs::set_permissions(&expired, fs::Permissions::from_mode(0o755)).unwrap();
    let bin = expired.to_str().unwrap();
    let before = json!({ "claude": { "sandbox": "off" } });
    place.home.write("config.json", &before.to_string());
    let (code, text) = place.run(&["init", "--yes", "--claude", bin]).await;
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("login has expired") && text.contains("/login"),
        "{text}"
    );
    assert_eq!(place.config(), before);
}

#[tokio::test]
async fn a_broken_configuration_is_left_as_it_is() {
    let discord = loopback().await;
    let place = Place::new(&discord);
    for broken in ["{\"model\": ", "{\"modle\": 1}", ""] {
        place.home.write("config.json", broken);
        let (code, text) = place.run(&["init", "--yes", "--model", "opus"]).await;
        assert_eq!(code, Some(78), "{text}");
        assert!(text.contains("nothing was changed"), "{text}");
        let after = fs::read_to_string(place.home.path().join("config.json")).unwrap();
        assert_eq!(after, broken);
    }
}
