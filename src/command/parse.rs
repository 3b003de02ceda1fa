//! From typed text, or from a slash command, to a [`Command`].

use super::{
    Command, ParseError,
    spec::{SPECS, Spec},
};
use crate::snowflake::UserId;

/// What a command starts with.
const PREFIX: char = '!';

/// A typed name longer than this is no slip of the finger.
const LONGEST_NAME: usize = 16;

/// Reads a message. `bot` is the bot's own id, whose mentions in front of a command are skipped.
///
/// `Ok(None)` means that the message is none of the bot's commands and is left to Claude. So is every `!`-word that
/// is not like one of them, and every message of several lines.
///
/// # Errors
///
/// The message is nearly a command: a slip in its name, or an argument that it does not take. Nothing should be done
/// but to show the error.
pub fn parse(text: &str, bot: UserId) -> Result<Option<Command>, ParseError> {
    let Some(line) = skip_mentions(text.trim(), bot).strip_prefix(PREFIX) else {
        return Ok(None);
    };
    if line.contains(['\n', '\r']) || line.starts_with(char::is_whitespace) {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let Some(typed) = words.next() else {
        return Ok(None);
    };
    if let Some(spec) = exactly(typed) {
        return build(spec, words).map(Some);
    }
    match nearly(typed) {
        Some(spec) => Err(ParseError::NearMiss {
            typed: typed.to_owned(),
            meant: spec.name,
        }),
        None => Ok(None),
    }
}

/// Reads a slash command, given by its name and its options (name and value), through the same code as [`parse`].
///
/// # Errors
///
/// An option that the command does not take, or a name or an option that is not in [`SPECS`], which happens while
/// Discord shows an older list.
pub fn from_slash(name: &str, options: &[(&str, &str)]) -> Result<Command, ParseError> {
    let spec = exactly(name).ok_or_else(|| ParseError::UnknownSlash {
        typed: format!("/{name}"),
    })?;
    let known = spec.argument.as_ref().map(|argument| argument.name);
    if let Some((option, _)) = options.iter().find(|(option, _)| Some(*option) != known) {
        return Err(ParseError::UnknownSlash {
            typed: format!("/{name} {option}"),
        });
    }
    build(
        spec,
        options
            .iter()
            .flat_map(|(_, value)| value.split_whitespace()),
    )
}

/// Finds a model by its name, in capitals or not; the configured spelling is returned.
///
/// # Errors
///
/// There is no such model; the error lists those that there are.
pub fn resolve_model<'a>(name: &str, models: &'a [String]) -> Result<&'a str, ParseError> {
    let exact = models.iter().find(|model| *model == name);
    exact
        .or_else(|| {
            models
                .iter()
                .find(|model| model.to_lowercase() == name.to_lowercase())
        })
        .map(String::as_str)
        .ok_or_else(|| ParseError::UnknownModel {
            typed: name.to_owned(),
            valid: models.to_vec(),
        })
}

fn skip_mentions(text: &str, bot: UserId) -> &str {
    let mentions = [format!("<@{bot}>"), format!("<@!{bot}>")];
    let mut rest = text.trim_start();
    while let Some(after) = mentions
        .iter()
        .find_map(|mention| rest.strip_prefix(mention))
    {
        rest = after.trim_start();
    }
    rest
}

fn exactly(name: &str) -> Option<&'static Spec> {
    SPECS
        .iter()
        .find(|spec| name.eq_ignore_ascii_case(spec.name))
}

/// The command that a slip of the finger away is `typed`: one edit, or two for names of five letters and more.
fn nearly(typed: &str) -> Option<&'static Spec> {
    if typed.chars().count() > LONGEST_NAME {
        return None;
    }
    let typed = typed.to_lowercase();
    SPECS
        .iter()
        .map(|spec| (strsim::damerau_levenshtein(&typed, spec.name), spec))
        .filter(|(edits, spec)| *edits <= if spec.name.len() < 5 { 1 } else { 2 })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, spec)| spec)
}

fn build<'a>(spec: &Spec, mut words: impl Iterator<Item = &'a str>) -> Result<Command, ParseError> {
    let takes_argument = spec.argument.is_some();
    let argument = if takes_argument { words.next() } else { None };
    if words.next().is_some() {
        return Err(ParseError::TooManyWords {
            name: spec.name,
            takes_argument,
        });
    }
    (spec.build)(argument)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::command::{Period, Values};

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
            Err(ParseError::NearMiss { meant: found, .. }) => assert_eq!(found, meant, "{text:?}"),
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
        check("!status", Command::Status);
        check("!sessions", Command::Sessions);
        check("!model", Command::Model(None));
        check("!model Opus", Command::Model(Some("Opus".to_owned())));
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
            "!ping",
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
        check_near_miss("!session", "sessions");
        check_near_miss("!usgae month", "usage");
        check_near_miss("!compat", "compact");
    }

    #[test]
    fn errors_say_what_to_do() {
        check_error(
            "!stpo",
            "I don't know `!stpo`. Did you mean `!stop`? \
             (If it was meant for Claude, write it without the `!`.)",
        );
        check_error(
            "!stop the press",
            "`!stop` stands alone, so I did nothing. Write `!stop` alone; \
             to say something to Claude, leave out the `!`.",
        );
        check_error(
            "!clear now",
            "`!clear` stands alone, so I did nothing. Write `!clear` alone; \
             to say something to Claude, leave out the `!`.",
        );
        check_error(
            "!model opus please",
            "`!model` takes one word, so I did nothing. Write `!model` alone or with one word after it; \
             to say something to Claude, leave out the `!`.",
        );
        check_error(
            "!usage fortnight",
            "I have no usage for `fortnight`. Write `!usage` with one of `today`, `month`, `all`, \
             or alone for today.",
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
            "There is no model `gpt` here. Choose one of `haiku`, `Opus`, `opus`."
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
                Values::Periods => Period::NAMED.map(|(name, _)| name).to_vec(),
            };
            for value in values {
                let typed = parse(&format!("!{} {value}", spec.name), BOT)
                    .unwrap()
                    .unwrap();
                let slash = from_slash(spec.name, &[(argument.name, value)]).unwrap();
                assert_eq!(slash, typed, "{} {value}", spec.name);
            }
        }
    }

    #[test]
    fn slash_commands_of_an_older_list_are_refused() {
        let unknown = |typed: &str| ParseError::UnknownSlash {
            typed: typed.to_owned(),
        };
        assert_eq!(from_slash("ping", &[]), Err(unknown("/ping")));
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
            Err(ParseError::TooManyWords {
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
            let text = format!("!{} {extra}", SPECS[index].name);
            prop_assert!(parse(&text, BOT).is_err());
        }
    }
}
