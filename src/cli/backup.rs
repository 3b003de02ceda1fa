//! `switchboard backup`: writes everything that a bot needs on another machine to a file.

use std::{fmt::Write as _, fs, io, path::Path};

use serde_json::Value;

use super::{
    args::Backup,
    exit::{Code, ExitError},
    invocation::{Invocation, account, claude_environment, say},
};
use crate::{
    backup::{self, Source, Workspaces, Written},
    config::Config,
    control::{self, Request, Response},
    files,
    redact::{Redactor, secrets},
    registry::{Lock, LockError},
};

/// In place of a value that may be a secret.
const REMOVED: &str = "REMOVED";

pub(super) fn backup(invocation: &Invocation, options: &Backup) -> Result<(), ExitError> {
    let config = invocation.config()?;
    let failed =
        |error: &dyn std::fmt::Display| Code::Files.exit(format!("no backup was written: {error}"));
    if options.file.exists() {
        let file = options.file.display();
        return Err(failed(&format_args!("{file} exists already")));
    }
    let _lock = saved_or_locked(&config.sessions_dir)?;
    files::create_folder(&config.workspace_dir).map_err(|error| failed(&error))?;
    let workspaces = Workspaces::new(&config).map_err(|error| failed(&error))?;
    let account = account(&config);
    let environment = claude_environment(&invocation.environment, account.as_ref());
    let source = Source {
        config: public_config(invocation, &config).map_err(|error| failed(&error))?,
        personality_dir: &config.personality_dir,
        sessions_dir: &config.sessions_dir,
        workspaces: &workspaces,
        with_workspaces: !options.no_workspaces,
        environment: &environment,
        account: account.as_ref(),
    };
    let mut written = Written::default();
    let wrote = files::replace_with(&options.file, |out| {
        written = backup::write(&source, out)?;
        Ok(())
    });
    wrote.map_err(|error| failed(&error))?;
    say(&summary(&written, &options.file))
}

/// Has a running bot write what is only in memory, or else keeps bots away while the lock is held.
fn saved_or_locked(folder: &Path) -> Result<Option<Lock>, ExitError> {
    match control::ask(folder, &Request::Save).map_err(|error| Code::Failed.exit(error))? {
        Some(Response::Done(_)) => Ok(None),
        Some(Response::Refused(reason)) => Err(Code::Files.exit(reason)),
        None => match Lock::take(folder) {
            Ok(lock) => Ok(Some(lock)),
            Err(error @ LockError::Held { .. }) => {
                Err(Code::InUse.exit(format!("{error}, but does not answer; try again")))
            }
            Err(error) => Err(Code::Files.exit(error)),
        },
    }
}

/// The text of the configuration file, if there is one, without secrets.
fn public_config(invocation: &Invocation, config: &Config) -> io::Result<Option<String>> {
    let text = match fs::read_to_string(&config.file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let mut held = secrets::of_environment(&invocation.environment, &config.claude.pass_env);
    held.extend(secrets::of_arguments(&config.claude.extra_args));
    held.extend(secrets::of_arguments(&config.private_json()));
    let mut file: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))?;
    conceal(&mut file, &Redactor::new(&held));
    Ok(Some(format!("{file:#}\n")))
}

/// Removes known secrets, and all values below `env` and `headers`, which are those of MCP servers and of the CLI's settings.
fn conceal(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::String(text) => *text = redactor.redact(text).text.into_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| conceal(item, redactor)),
        Value::Object(object) => {
            for (key, item) in object {
                match item {
                    Value::Object(private) if key == "env" || key == "headers" => {
                        private.values_mut().for_each(|it| *it = REMOVED.into());
                    }
                    _ => conceal(item, redactor),
                }
            }
        }
        _ => {}
    }
}

fn summary(written: &Written, file: &Path) -> String {
    const SHOWN: usize = 10;
    let mut text = format!(
        "Wrote {}: {} sessions, {} transcripts, {} files of workspaces. It has whole conversations, but no token.\n",
        file.display(),
        written.sessions,
        written.transcripts,
        written.workspace_files,
    );
    let left_out = &written.left_out;
    if !left_out.is_empty() {
        text += "Left out (links that lead out of their workspace, sockets, and files that are too large, unreadable or hard-linked):\n";
        for path in left_out.iter().take(SHOWN) {
            let _infallible = writeln!(text, "  {}", path.display());
        }
        if let Some(more) = left_out.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            let _infallible = writeln!(text, "  and {more} more");
        }
    }
    text
}
