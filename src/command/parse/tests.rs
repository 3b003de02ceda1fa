use proptest::prelude::*;

use super::*;
use crate::{claude::protocol::PermissionMode, command::Period, config::QueueMode};

const BOT: UserId = UserId(7);

#[track_caller]
fn check(text: &str, expected: Command) {
    assert_eq!(parse(text, BOT), Ok(Some(expected)), "{text:?}");
}

#[track_caller]
fn check_left_to_claude(text: &str) {
    assert_eq!(parse(text, BOT), Ok(None), "{text:?}");
}

#[track_caller]
fn check_near_miss(text: &str, meant: &str) {
    match parse(text, BOT) {
        Err(CommandError::NearMiss { meant: found, .. }) => assert_eq!(found, meant, "{text:?}"),
        other => panic!("{text:?}: {other:?}"),
    }
}

#[track_caller]
fn check_error(text: &str, expected: &str) {
    assert_eq!(
        parse(text, BOT).unwrap_err().to_string(),
        expected,
        "{text:?}"
    );
}

#[test]
fn commands() {
    check("!help", Command::Help);
    check("!clear", Command::Clear);
    check("!compact", Command::Compact);
    check("!stop", Command::Stop);
    check("!stop ALL", Command::StopAll);
    check("!queue", Command::Queue);
    check("!queue mode Steer", Command::QueueMode(QueueMode::Steer));
    check("!status", Command::Status);
    check("!sessions", Command::Sessions);
    check("!session", Command::Session);
    check("!model", Command::Model(None));
    check("!model Opus", Command::Model(Some("Opus".to_owned())));
    check("!mode", Command::Mode(None));
    check("!mode PLAN", Command::Mode(Some(PermissionMode::Plan)));
    let edits = Some(PermissionMode::AcceptEdits);
    check("!mode acceptedits", Command::Mode(edits));
    check("!usage", Command::Usage(Period::Today));
    check("!usage today", Command::Usage(Period::Today));
    check("!usage MONTH", Command::Usage(Period::Month));
    check("!usage all", Command::Usage(Period::All));
}

#[test]
fn capitals_white_space_and_mentions_do_not_matter() {
    check("!STOP", Command::Stop);
    check("  !stop\t\r\n", Command::Stop);
    check("!usage \t  month ", Command::Usage(Period::Month));
    check("<@7> !stop", Command::Stop);
    check("<@!7>!stop", Command::Stop);
    check("  <@7> <@!7>\n<@7> !stop", Command::Stop);
}

#[test]
fn what_is_no_command_is_left_to_claude() {
    for text in [
        "",
        "   ",
        "!",
        "!!!",
        "! model",
        "! stop",
        "!important",
        "!dance",
        "!compress",
        "!hello how are you",
        "stop",
        "please !stop",
        "/stop",
        "<@7>",
        "<@7> stop",
        "<@8> !stop",
        "<@7 !stop",
        "<@&7> !stop",
        "!stop\nand then go on",
        "!important\n!stop",
        "¡stop",
    ] {
        check_left_to_claude(text);
    }
    check_left_to_claude(&format!("!{}", "stop".repeat(100_000)));
}

#[test]
fn near_misses() {
    check_near_miss("!hlep", "help");
    check_near_miss("!halp me", "help");
    check_near_miss("!STPO", "stop");
    check_near_miss("!stop!", "stop");
    check_near_miss("!!stop", "stop");
    check_near_miss("!statsu", "status");
    check_near_miss("!stats", "status");
    check_near_miss("!cler", "clear");
    check_near_miss("!models", "model");
    check_near_miss("!modle opus", "model");
    check_near_miss("!sessons", "sessions");
    check_near_miss("!sesion", "session");
    check_near_miss("!usgae month", "usage");
    check_near_miss("!compat", "compact");
}

#[test]
fn errors_say_what_to_do() {
    check_error(
        "!stpo",
        "I don't know `!stpo`. Did you mean `!stop`? \
             To write to Claude, leave out the `!`.",
    );
    check_error(
        "!stop the press",
        "`!stop` takes only one argument. Nothing was stopped. To write to Claude, leave out the `!`.",
    );
    check_error(
        "!stop it",
        "`it` is not a mode of `!stop`. Choose one of `all`.",
    );
    check_error(
        "!queue steer",
        "`!queue` takes no arguments. The mode was not changed; `!queue mode MODE` changes it. To write to Claude, \
             leave out the `!`.",
    );
    check_error(
        "!queue mode fast",
        "`fast` is not a mode of `!queue`. Choose one of `queue`, `collect`, `steer`, `interrupt`.",
    );
    check_error(
        "!clear now",
        "`!clear` takes no arguments. Nothing was cleared. To write to Claude, leave out the `!`.",
    );
    check_error(
        "!model opus please",
        "`!model` takes only one argument. The model was not changed. To write to Claude, leave out the `!`.",
    );
    check_error(
        "!mode auto",
        "`auto` is not a mode of `!mode`. Choose one of `default`, `plan`, `acceptEdits`, `bypassPermissions`.",
    );
    check_error(
        "!usage fortnight",
        "`fortnight` is not a period of `!usage`. Choose one of `today`, `month`, `all`, or leave it out for today.",
    );
}

#[test]
fn models_are_found_in_any_spelling() {
    let models = ["haiku", "Opus", "opus"].map(str::to_owned);
    assert_eq!(resolve_model("haiku", &models), Ok("haiku"));
    assert_eq!(resolve_model("HAIKU", &models), Ok("haiku"));
    assert_eq!(resolve_model("opus", &models), Ok("opus"));
    assert_eq!(resolve_model("OPUS", &models), Ok("Opus"));
    assert_eq!(
        resolve_model("gpt", &models).unwrap_err().to_string(),
        "Unknown model `gpt`. Choose one of `haiku`, `Opus`, `opus`."
    );
    assert!(resolve_model("", &models).is_err());
    assert!(resolve_model("haiku", &[]).is_err());
}

#[test]
fn every_command_is_reached_both_ways() {
    for spec in SPECS {
        let typed = parse(&format!("!{}", spec.name), BOT).unwrap().unwrap();
        assert_eq!(from_slash(spec.name, &[]).unwrap(), typed, "{}", spec.name);
        let Some(argument) = &spec.argument else {
            continue;
        };
        let values = match argument.values {
            Values::Models => vec!["haiku"],
            Values::Personas => vec!["pirate", "reload"],
            Values::Amount => vec!["2.50", "reset"],
            Values::Count => vec!["1", "20"],
            Values::Text => vec!["why?", "and  how\nso?"],
            Values::Rule => vec!["Bash(git status)", "Edit(//srv/a b)"],
            Values::Words(words) | Values::Named(words) => words.to_vec(),
            Values::Periods => Period::NAMED.map(|(name, _)| name).to_vec(),
        };
        for value in values {
            let words = match argument.values {
                Values::Rule | Values::Named(_) => format!("{} {value}", argument.name),
                _ => value.to_owned(),
            };
            let typed = parse(&format!("!{} {words}", spec.name), BOT)
                .unwrap()
                .unwrap();
            let slash = from_slash(spec.name, &[(argument.name, value)]).unwrap();
            assert_eq!(slash, typed, "{} {value}", spec.name);
        }
    }
}

#[test]
fn slash_commands_of_an_older_list_are_refused() {
    let unknown = |typed: &str| CommandError::UnknownSlash {
        typed: typed.to_owned(),
    };
    assert_eq!(from_slash("dance", &[]), Err(unknown("/dance")));
    assert_eq!(
        from_slash("stop", &[("name", "x")]),
        Err(unknown("/stop name"))
    );
    assert_eq!(
        from_slash("model", &[("model", "x")]),
        Err(unknown("/model model"))
    );
    assert_eq!(
        from_slash("model", &[("name", "opus please")]),
        Err(CommandError::TooManyWords {
            name: "model",
            takes_argument: true
        })
    );
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "\\PC*", mention in prop::bool::ANY) {
        let text = if mention { format!("<@7> !{text}") } else { text };
        if let Err(error) = parse(&text, BOT) {
            prop_assert!(error.to_string().encode_utf16().count() <= 2000);
        }
    }

    #[test]
    fn only_a_message_with_the_prefix_is_a_command(text in "[^!]*") {
        prop_assert_eq!(parse(&text, BOT), Ok(None));
    }

    #[test]
    fn extra_words_never_pass_for_the_command(index in 0..SPECS.len(), extra in "[a-z]{1,8} [a-z]{1,8}( [a-z]{1,8}){0,3}") {
        prop_assume!(!takes_text(&SPECS[index]));
        let text = format!("!{} {extra}", SPECS[index].name);
        prop_assert!(parse(&text, BOT).is_err());
    }
}

#[test]
fn a_question_is_the_rest_of_the_message() {
    let asked = |question: &str| Command::Btw(question.to_owned());
    check("!btw Why  is\n\nit so? ", asked("Why  is\n\nit so?"));
    check("<@7> !BTW\n!stop", asked("!stop"));
    check("!btw", asked(""));
    assert_eq!(
        from_slash("btw", &[("question", " a  b ")]),
        Ok(asked("a  b"))
    );
    check_near_miss("!btwx why", "btw");
}

#[test]
fn a_rule_is_the_rest_of_the_line() {
    check("!tools", Command::Tools);
    let revoke = |rule: &str| Command::Revoke(rule.to_owned());
    check("!tools revoke Bash(rm -rf  x)", revoke("Bash(rm -rf  x)"));
    check("!TOOLS  Revoke   mcp__a__b ", revoke("mcp__a__b"));
    let wrong = "`!tools` takes no arguments. Nothing was revoked; `!tools revoke RULE` takes a rule back. To write to Claude, \
                 leave out the `!`.";
    for text in [
        "!tools revoke",
        "!tools revoke ",
        "!tools grant Bash",
        "!tools Bash",
    ] {
        check_error(text, wrong);
    }
    assert_eq!(from_slash("tools", &[("revoke", " ")]), Ok(Command::Tools));
}
