//! `switchboard restore`: unpacks a backup where no sessions are yet.

use std::{
    fmt::Write as _,
    fs::{self, File},
    path::{Component, Path},
};

use serde_json::Value;

use super::{
    exit::{Code, ExitError},
    invocation::{Invocation, account, claude_environment, say},
};
use crate::{
    backup::{self, Restored, Target, Workspaces},
    config::DEFAULT_FILE,
    files,
    registry::{Lock, document},
};

/// What stays free on the disk.
const SPARE: u64 = 64 << 20;

pub(super) fn restore(invocation: &Invocation, file: &Path) -> Result<(), ExitError> {
    let failed = |error: &dyn std::fmt::Display| {
        Code::Files.exit(format!("failed to restore {}: {error}", file.display()))
    };
    let open = || File::open(file).map_err(|error| failed(&error));
    let config_file = invocation
        .args
        .config
        .as_deref()
        .unwrap_or(Path::new(DEFAULT_FILE));
    let archived = backup::unpack_config(open()?).map_err(|error| failed(&error))?;
    let mut notes = Vec::new();
    let is_new = !config_file.exists();
    let archived = archived.filter(|_| is_new);
    // The configuration is written last, but says where everything goes.
    let (text, dropped) = archived
        .map_or(Ok((None, Vec::new())), |text| {
            local(&text).map(|(text, dropped)| (Some(text), dropped))
        })
        .map_err(|error| failed(&error))?;
    let config = match &text {
        Some(text) => invocation.config_of(text, config_file)?,
        None => invocation.config()?,
    };
    if !is_new {
        notes.push(format!(
            "{} was there and stays as it is.",
            config_file.display()
        ));
    }
    if !dropped.is_empty() {
        notes.push(format!(
            "These folders are the default ones here: {}.",
            dropped.join(", ")
        ));
    }
    refuse_over_sessions(&config.sessions_dir, &config.workspace_dir)?;
    let lock = Lock::take(&config.sessions_dir).map_err(|error| failed(&error))?;
    files::create_folder(&config.workspace_dir).map_err(|error| failed(&error))?;
    let workspaces = Workspaces::new(&config).map_err(|error| failed(&error))?;
    let account = account(&config);
    let environment = claude_environment(&invocation.environment, account.as_ref());
    let target = Target {
        personality_dir: &config.personality_dir,
        sessions_dir: &config.sessions_dir,
        workspaces: &workspaces,
        environment: &environment,
        account: account.as_ref(),
        room: room(&config.sessions_dir),
    };
    let restored = backup::restore(open()?, &target).map_err(|error| {
        failed(&format_args!(
            "{error}; remove what was written to {} and {} before you try again",
            config.sessions_dir.display(),
            config.workspace_dir.display()
        ))
    })?;
    if let Some(text) = text {
        files::replace(config_file, text.as_bytes()).map_err(|error| failed(&error))?;
    }
    drop(lock);
    say(&summary(&restored, notes))
}

fn refuse_over_sessions(sessions: &Path, workspaces: &Path) -> Result<(), ExitError> {
    let refused = |what: String| {
        Err(Code::Failed.exit(format!(
            "{what}; a backup is only restored where there are none"
        )))
    };
    if [document::FILE, document::BACKUP]
        .iter()
        .any(|it| sessions.join(it).exists())
    {
        return refused(format!("there are sessions in {}", sessions.display()));
    }
    if fs::read_dir(workspaces).is_ok_and(|mut entries| entries.next().is_some()) {
        return refused(format!("there are workspaces in {}", workspaces.display()));
    }
    Ok(())
}

/// The configuration with the default folders in place of such elsewhere, and which these were.
fn local(text: &str) -> serde_json::Result<(String, Vec<String>)> {
    let mut file: Value = serde_json::from_str(text)?;
    let mut dropped = Vec::new();
    for key in ["sessions_dir", "workspace_dir", "personality_dir"] {
        let path = file.get(key).and_then(Value::as_str);
        let is_elsewhere = path.is_some_and(|path| {
            let mut parts = Path::new(path).components();
            path.starts_with('~')
                || !parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        });
        if is_elsewhere && let Some(object) = file.as_object_mut() {
            object.shift_remove(key);
            dropped.push(format!("`{key}`"));
        }
    }
    Ok((format!("{file:#}\n"), dropped))
}

/// How many bytes may be written to the disk of a folder.
fn room(folder: &Path) -> u64 {
    let free = rustix::fs::statvfs(folder).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    free.unwrap_or_default().saturating_sub(SPARE)
}

fn summary(restored: &Restored, notes: Vec<String>) -> String {
    let mut text = format!(
        "Restored {} transcripts and {} files of workspaces.\n",
        restored.transcripts, restored.workspace_files
    );
    for note in notes {
        let _infallible = writeln!(text, "{note}");
    }
    if restored.without_workspace > 0 {
        let _infallible = writeln!(
            text,
            "{} transcripts belong to workspaces that `channels` does not name here; those sessions begin anew.",
            restored.without_workspace
        );
    }
    if restored.kept_transcripts > 0 {
        let _infallible = writeln!(
            text,
            "{} transcripts were there already and stay.",
            restored.kept_transcripts
        );
    }
    if !restored.kept.is_empty() {
        let kept = restored.kept.join(", ");
        let _infallible = writeln!(text, "Your own {kept} of the personality stay.");
    }
    text + "Now put the bot token in place, replace values that are \"REMOVED\" in config.json, and run `switchboard check`.\n"
}
