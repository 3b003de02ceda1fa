//! The list of commands, from which both the help and the slash commands are made.

use super::{
    CommandError,
    spec::{Argument, Command, CommandSpec, Values, Who},
};
use crate::{
    claude::protocol::{Effort, PermissionMode},
    config::{QueueMode, StreamMode, Verbosity},
    ledger::Period,
    persona::RELOAD,
};

const VERBOSITIES: [&str; 3] = words(&Verbosity::NAMED);
const STREAM_MODES: [&str; 3] = words(&StreamMode::NAMED);
const QUEUE_MODES: [&str; 4] = words(&QueueMode::NAMED);

const MODES: [(&str, PermissionMode); 4] = [
    ("default", PermissionMode::Default),
    ("plan", PermissionMode::Plan),
    ("acceptEdits", PermissionMode::AcceptEdits),
    ("bypassPermissions", PermissionMode::BypassPermissions),
];
const MODE_WORDS: [&str; 4] = words(&MODES);

/// The levels, and the word that takes back what was chosen.
const EFFORTS: [(&str, Option<Effort>); 6] = {
    let [low, medium, high, xhigh, max] = Effort::NAMED;
    [
        (low.0, Some(low.1)),
        (medium.0, Some(medium.1)),
        (high.0, Some(high.1)),
        (xhigh.0, Some(xhigh.1)),
        (max.0, Some(max.1)),
        ("default", None),
    ]
};
const EFFORT_WORDS: [&str; 6] = words(&EFFORTS);

/// Every command, in the order of the help.
pub const SPECS: &[CommandSpec] = &[
    plain("help", "List the commands", |_| Ok(Command::Help)),
    plain("status", "Show this channel's session", |_| {
        Ok(Command::Status)
    }),
    CommandSpec {
        argument: Some(Argument {
            name: "what",
            description: "With `all`, what waits is dropped too",
            values: Values::Words(&["all"]),
        }),
        ..plain(
            "stop",
            "Interrupt Claude; `all` drops what waits too",
            |word| match word {
                None => Ok(Command::Stop),
                Some(word) => word_of("stop", word, &[("all", Command::StopAll)]),
            },
        )
    },
    CommandSpec {
        argument: Some(Argument {
            name: "mode",
            description: "What a message does that arrives while Claude works",
            values: Values::Named(&QUEUE_MODES),
        }),
        who: Who::AdminsToChange,
        ..plain(
            "queue",
            "Show what waits, or change the mode",
            |word| match word {
                None => Ok(Command::Queue),
                Some(word) => word_of("queue", word, &QueueMode::NAMED).map(Command::QueueMode),
            },
        )
    },
    plain(
        "compact",
        "Summarize the conversation to free context",
        |_| Ok(Command::Compact),
    ),
    plain("context", "Show how full the context is", |_| {
        Ok(Command::Context)
    }),
    CommandSpec {
        argument: Some(Argument {
            name: "name",
            description: "The new model",
            values: Values::Models,
        }),
        who: Who::AdminsToChange,
        ..plain("model", "Show or change this channel's model", |name| {
            Ok(Command::Model(name.map(str::to_owned)))
        })
    },
    CommandSpec {
        argument: Some(Argument {
            name: "name",
            description: "The new persona, or `reload` for changed files",
            values: Values::Personas,
        }),
        who: Who::AdminsToChange,
        ..plain("persona", "Show or change who Claude is here", |word| {
            Ok(match word {
                Some(word) if word.eq_ignore_ascii_case(RELOAD) => Command::ReloadPersonas,
                word => Command::Persona(word.map(str::to_owned)),
            })
        })
    },
    CommandSpec {
        argument: Some(Argument {
            name: "level",
            description: "How much the model thinks",
            values: Values::Words(&EFFORT_WORDS),
        }),
        who: Who::AdminsToChange,
        ..plain("effort", "Show or change how much Claude thinks", |word| {
            let chosen = word.map(|word| word_of("effort", word, &EFFORTS));
            chosen.map_or(Ok(Command::Effort), |level| level.map(Command::SetEffort))
        })
    },
    CommandSpec {
        argument: Some(Argument {
            name: "mode",
            description: "The permission mode; approvers choose those that let more run unasked",
            values: Values::Words(&MODE_WORDS),
        }),
        ..plain("mode", "Show or change when Claude asks", |word| {
            let chosen = word.map(|word| word_of("mode", word, &MODES));
            chosen.transpose().map(Command::Mode)
        })
    },
    CommandSpec {
        argument: Some(Argument {
            name: "mode",
            description: "How answers are posted",
            values: Values::Words(&STREAM_MODES),
        }),
        who: Who::AdminsToChange,
        ..plain("stream", "Show or change how answers come", |word| {
            let chosen = word.map(|word| word_of("stream", word, &StreamMode::NAMED));
            chosen.transpose().map(Command::Stream)
        })
    },
    CommandSpec {
        argument: Some(Argument {
            name: "period",
            description: "The period; today if omitted",
            values: Values::Periods,
        }),
        ..plain("usage", "Show tokens, turns and cost", |period| {
            let period = period.map_or(Ok(Period::default()), named);
            period.map(Command::Usage)
        })
    },
    CommandSpec {
        argument: Some(Argument {
            name: "amount",
            description: "This channel's budget for today in US dollars, or `reset`",
            values: Values::Amount,
        }),
        who: Who::AdminsToChange,
        ..plain(
            "budget",
            "Show what may be spent, or set today's budget here",
            |word| {
                let change = word.map(|word| {
                    let typed = word.to_owned();
                    word.parse()
                        .map_err(|()| CommandError::UnknownAmount { typed })
                });
                change.transpose().map(Command::Budget)
            },
        )
    },
    CommandSpec {
        argument: Some(Argument {
            name: "card",
            description: "How much of Claude's work is shown",
            values: Values::Words(&VERBOSITIES),
        }),
        who: Who::AdminsToChange,
        ..plain(
            "verbose",
            "Show or change how much of Claude's work is shown",
            |word| {
                let chosen = word.map(|word| word_of("verbose", word, &Verbosity::NAMED));
                chosen.transpose().map(Command::Verbose)
            },
        )
    },
    CommandSpec {
        argument: Some(Argument {
            name: "revoke",
            description: "A granted rule to take back",
            values: Values::Rule,
        }),
        who: Who::AdminsToChange,
        ..plain(
            "tools",
            "Show what Claude may do unasked, or revoke a rule",
            |rule| Ok(rule.map_or(Command::Tools, |rule| Command::Revoke(rule.to_owned()))),
        )
    },
    plain(
        "fork",
        "Branch off into a thread, as a reply to an answer",
        |_| Ok(Command::Fork(None)),
    ),
    CommandSpec {
        argument: Some(Argument {
            name: "turns",
            description: "How many of the last turns; all if omitted",
            values: Values::Count,
        }),
        ..plain("export", "Get the conversation as files", |word| {
            let last = word.map(|word| {
                let number = word.parse().ok().filter(|number| *number > 0);
                number.ok_or_else(|| CommandError::UnknownCount {
                    command: "export",
                    typed: word.to_owned(),
                })
            });
            last.transpose().map(Command::Export)
        })
    },
    plain("diff", "Show what changed in the workspace", |_| {
        Ok(Command::Diff)
    }),
    CommandSpec {
        argument: Some(Argument {
            name: "question",
            description: "What you want to know about the conversation",
            values: Values::Text,
        }),
        ..plain("btw", "Ask on the side, leaving no trace", |question| {
            Ok(Command::Btw(question.unwrap_or_default().to_owned()))
        })
    },
    CommandSpec {
        who: Who::Admins,
        ..plain("clear", "Begin a new session with the next message", |_| {
            Ok(Command::Clear)
        })
    },
    CommandSpec {
        who: Who::Admins,
        ..plain("resume", "Go back to an earlier session", |_| {
            Ok(Command::Resume)
        })
    },
    CommandSpec {
        who: Who::Admins,
        ..plain("rewind", "Go back to an answer, as a reply to it", |_| {
            Ok(Command::Rewind(None))
        })
    },
    CommandSpec {
        who: Who::Admins,
        ..plain("sessions", "List the sessions of all channels", |_| {
            Ok(Command::Sessions)
        })
    },
    CommandSpec {
        who: Who::Admins,
        ..plain("session", "Show how to go on in a terminal", |_| {
            Ok(Command::Session)
        })
    },
    plain("ping", "Check that the bot is there", |_| Ok(Command::Ping)),
];

/// A command for everyone, without an argument.
const fn plain(
    name: &'static str,
    description: &'static str,
    build: fn(Option<&str>) -> Result<Command, CommandError>,
) -> CommandSpec {
    CommandSpec {
        name,
        description,
        argument: None,
        who: Who::Everyone,
        build,
    }
}

/// The words of a list of values with their names.
const fn words<T, const N: usize>(named: &[(&'static str, T); N]) -> [&'static str; N] {
    let mut words = [""; N];
    let mut at = 0;
    while at < N {
        words[at] = named[at].0;
        at += 1;
    }
    words
}

/// The value that a word names.
fn word_of<T: Clone, const N: usize>(
    command: &'static str,
    typed: &str,
    named: &[(&'static str, T); N],
) -> Result<T, CommandError> {
    let mut values = named.iter();
    let found = values.find(|(name, _)| typed.eq_ignore_ascii_case(name));
    found
        .map(|(_, value)| value.clone())
        .ok_or_else(|| CommandError::UnknownWord {
            command,
            typed: typed.to_owned(),
            valid: named.iter().map(|(name, _)| *name).collect(),
        })
}

fn named(typed: &str) -> Result<Period, CommandError> {
    Period::NAMED
        .into_iter()
        .find(|(name, _)| typed.eq_ignore_ascii_case(name))
        .map(|(_, period)| period)
        .ok_or_else(|| CommandError::UnknownPeriod {
            typed: typed.to_owned(),
        })
}

#[cfg(test)]
mod tests;
