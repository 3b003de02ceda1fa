//! `switchboard service`: has systemd run the bot.

mod status;
mod systemctl;
mod unit;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use self::{
    systemctl::Systemctl,
    unit::{Found, MARK, NAME, Unit},
};
use super::{
    args::{Service, ServiceJob},
    exit::{Code, ExitError},
    finding::{Severity, for_people},
    invocation::{Invocation, say},
};
use crate::{
    claude::sandbox::Account,
    config::{self, Config, Environment},
    files::{self, Access, own_ids},
};

pub(super) fn service(invocation: &Invocation, options: &Service) -> Result<(), ExitError> {
    let is_root = own_ids().0 == 0;
    let file = |is_user| -> Result<PathBuf, ExitError> {
        let folder = options.unit_dir.clone();
        let folder = folder.map_or_else(|| unit_dir(&invocation.environment, is_user), Ok);
        Ok(folder?.join(NAME))
    };
    let mut is_user = options.user || !is_root;
    // Everybody may see how the system's service is.
    if matches!(options.job, ServiceJob::Status) && !options.user && !file(is_user)?.exists() {
        is_user = false;
    }
    let file = file(is_user)?;
    match options.job {
        ServiceJob::Install { print: true, .. } => say(&text(invocation, is_user)?.0),
        ServiceJob::Install { force, .. } => install(invocation, is_user, &file, force),
        ServiceJob::Status => {
            let found = found(&file, text(invocation, is_user).map(|(text, _)| text))?;
            let systemctl = Systemctl::open(invocation, is_user)?;
            let findings = status::findings(&systemctl, &file, found, is_root)?;
            say(&for_people(&findings))?;
            if findings.iter().any(|it| it.is(Severity::Error)) {
                return Err(Code::Failed.exit(""));
            }
            Ok(())
        }
        ServiceJob::Uninstall => uninstall(invocation, is_user, &file),
    }
}

fn unit_dir(environment: &Environment, is_user: bool) -> Result<PathBuf, ExitError> {
    if !is_user {
        return Ok("/etc/systemd/system".into());
    }
    let config = environment.get("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.or_else(|| Some(environment.home()?.join(".config")));
    let config = config.ok_or_else(|| Code::Failed.exit("HOME is not set"))?;
    Ok(config.join("systemd/user"))
}

/// The unit for this program and configuration, and the account that the bot runs as, if it can be another one.
fn text(invocation: &Invocation, is_user: bool) -> Result<(String, Option<String>), ExitError> {
    let config = invocation.config()?;
    if !config.file.exists() {
        return Err(Code::Config.exit("there is no config.json here: `switchboard init` makes one"));
    }
    let token = config.discord.token_file.as_deref().ok_or_else(|| {
        Code::Config.exit(
            "the service needs the bot token in a file, `discord.token_file`: `switchboard init --token-file FILE` stores it",
        )
    })?;
    config::read_token(Some(token), &Environment::default())
        .map_err(|error| Code::Config.exit(error))?;
    let program = std::env::current_exe().map_err(|error| Code::Files.exit(error))?;
    let account = if is_user {
        None
    } else {
        Some(account(&config)?)
    };
    let unit = Unit {
        account: account.as_deref(),
        program: &program,
        config: &config.file,
        folder: &config.folder,
        token,
    };
    let text = unit.text().map_err(|error| Code::Config.exit(error))?;
    Ok((text, account))
}

/// The name of the account whose the sessions are, or else the configuration's folder.
fn account(config: &Config) -> Result<String, ExitError> {
    let access = Access::of(&config.sessions_dir).or_else(|_| Access::of(&config.folder));
    let owner = access.map_err(|error| Code::Files.exit(error))?.owner;
    let account = Account::find(&owner.to_string()).map_err(|error| Code::Failed.exit(error))?;
    // None is the own account.
    Ok(account.map_or("root".into(), |account| account.name))
}

/// What the file holds, given what would be written now.
fn found(file: &Path, current: Result<String, ExitError>) -> Result<Found, ExitError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(failed(file)(error)),
    };
    Ok(match current {
        _ if !text.starts_with(MARK) => Found::Foreign,
        Ok(current) if current == text => Found::Current,
        Ok(_) => Found::Outdated,
        Err(_) => Found::Own,
    })
}

fn failed(file: &Path) -> impl Fn(io::Error) -> ExitError {
    move |error| Code::Files.exit(format!("{}: {error}", file.display()))
}

fn install(
    invocation: &Invocation,
    is_user: bool,
    file: &Path,
    force: bool,
) -> Result<(), ExitError> {
    let (text, account) = text(invocation, is_user)?;
    let found = found(file, Ok(text.clone()))?;
    let shown = file.display();
    if found == Found::Foreign && !force {
        return Err(Code::Failed.exit(format!(
            "{shown} was not written by `switchboard service install`: move it away, or overwrite it with --force; nothing was \
             changed"
        )));
    }
    let systemctl = Systemctl::open(invocation, is_user)?;
    if found == Found::Nothing
        && !force
        && let Some(packaged) = systemctl.unit_file()?.filter(|packaged| packaged != file)
    {
        let user = if is_user { "--user " } else { "" };
        return Err(Code::Failed.exit(format!(
            "{} is installed already, and {shown} would override it, also after upgrades of its package: start it by \
             `systemctl {user}enable --now switchboard`, or override it with --force; nothing was changed",
            packaged.display()
        )));
    }
    let start = if found == Found::Current {
        say(&format!("Unchanged: {shown}\n"))?;
        "start"
    } else {
        let folder = file.parent().unwrap_or(Path::new("/"));
        files::create_folder(folder).map_err(failed(folder))?;
        files::replace(file, text.as_bytes()).map_err(failed(file))?;
        files::set_mode(file, 0o644).map_err(failed(file))?;
        say(&format!("Written: {shown}\n"))?;
        "restart"
    };
    systemctl.change(&["daemon-reload"])?;
    systemctl.change(&["enable", NAME])?;
    systemctl.change(&[start, NAME])?;
    if account.as_deref() == Some("root") {
        say(
            "The bot runs as root, because the folder is root's: give that to another account (chown -R), then install again.\n",
        )?;
    }
    say(if is_user {
        "The bot runs while you are logged in; `loginctl enable-linger` lets it start with the machine and go on after that.\n"
    } else {
        "The bot runs, and starts with the machine.\n"
    })
}

fn uninstall(invocation: &Invocation, is_user: bool, file: &Path) -> Result<(), ExitError> {
    let shown = file.display();
    match found(file, Err(Code::Failed.exit("")))? {
        Found::Nothing => return say(&format!("Nothing to remove: there is no {shown}\n")),
        Found::Foreign => {
            return Err(Code::Failed.exit(format!(
                "{shown} was not written by `switchboard service install`; nothing was changed"
            )));
        }
        Found::Current | Found::Outdated | Found::Own => {}
    }
    let systemctl = Systemctl::open(invocation, is_user)?;
    systemctl.change(&["disable", "--now", NAME])?;
    fs::remove_file(file).map_err(failed(file))?;
    say(&format!("Removed: {shown}\n"))?;
    systemctl.change(&["daemon-reload"])
}
