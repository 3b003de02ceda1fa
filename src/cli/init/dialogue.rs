//! Asks questions on the terminal.

use std::fs::File;

use inquire::{
    Confirm, InquireError, MultiSelect, Password, PasswordDisplayMode, Select, Text,
    validator::Validation,
};

use crate::{
    cli::{
        exit::{Code, ExitError},
        finding::{Finding, for_people},
        invocation::say,
    },
    config::Token,
    snowflake::UserId,
};

/// Whether somebody is there to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialogue {
    Person,
    Nobody,
}

impl Dialogue {
    /// Questions are asked on the terminal that controls this process, since stdin may hold the environment.
    pub(super) fn open(is_unattended: bool) -> Result<Self, ExitError> {
        if is_unattended {
            return Ok(Self::Nobody);
        }
        let terminal = File::options().read(true).write(true).open("/dev/tty");
        match terminal {
            Ok(_) => Ok(Self::Person),
            Err(_) => Err(no_terminal()),
        }
    }

    pub(super) fn is_person(self) -> bool {
        self == Self::Person
    }

    /// Shows a finding that prevents the next step. A person may mend it and try again (`true`) or go on without (`false`);
    /// otherwise it ends here.
    pub(super) fn tries_again(self, finding: Finding, code: Code) -> Result<bool, ExitError> {
        say(&for_people(&[finding]))?;
        if self == Self::Nobody {
            return Err(code.exit("nothing was written"));
        }
        let options = ["Try again", "Go on without"];
        Ok(choose("Mend it, then", options.to_vec(), 0)? == options[0])
    }
}

fn no_terminal() -> ExitError {
    Code::Failed.exit(
        "there is no terminal to ask on; answer by options with `--yes`: see `switchboard init --help`",
    )
}

fn answered<T>(answer: Result<T, InquireError>) -> Result<T, ExitError> {
    answer.map_err(|error| match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Code::Failed.exit("stopped; nothing was written")
        }
        InquireError::NotTTY => no_terminal(),
        error => Code::Files.exit(format!("failed to ask: {error}")),
    })
}

pub(super) fn token() -> Result<Token, ExitError> {
    let is_token = |text: &str| {
        Ok(match Token::parse(text) {
            Ok(_) => Validation::Valid,
            Err(reason) => Validation::Invalid(reason.to_string().into()),
        })
    };
    let asked = Password::new("Bot token (it is not shown):")
        .with_help_message("https://discord.com/developers/applications, your application, \"Bot\", \"Reset Token\"")
        .with_display_mode(PasswordDisplayMode::Hidden)
        .without_confirmation()
        .with_validator(is_token)
        .prompt();
    let text = answered(asked)?;
    Token::parse(&text).map_err(|reason| Code::Config.exit(reason))
}

/// `place` is the option to begin at.
pub(super) fn choose<T: std::fmt::Display>(
    question: &str,
    options: Vec<T>,
    place: usize,
) -> Result<T, ExitError> {
    answered(
        Select::new(question, options)
            .with_starting_cursor(place)
            .prompt(),
    )
}

pub(super) fn choose_several<T: std::fmt::Display>(
    question: &str,
    options: Vec<T>,
) -> Result<Vec<T>, ExitError> {
    answered(MultiSelect::new(question, options).prompt())
}

pub(super) fn confirm(question: &str, is_default: bool) -> Result<bool, ExitError> {
    answered(Confirm::new(question).with_default(is_default).prompt())
}

/// IDs of people, separated by commas or spaces.
pub(super) fn people(question: &str) -> Result<Vec<UserId>, ExitError> {
    let are_people = |text: &str| {
        Ok(match ids(text) {
            Some(_) => Validation::Valid,
            None => Validation::Invalid("IDs are numbers such as 80351110224678912".into()),
        })
    };
    let asked = Text::new(question)
        .with_help_message(
            "IDs, separated by commas. Discord shows them with \"Copy User ID\", if \"Developer Mode\" is on in its settings",
        )
        .with_validator(are_people)
        .prompt();
    Ok(ids(&answered(asked)?).unwrap_or_default())
}

fn ids(text: &str) -> Option<Vec<UserId>> {
    let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().ok()).collect()
}
