//! Who can read and change the bot's files, and which folders are missing.

use std::path::Path;

use crate::{
    cli::{
        access::{Accounts, Holds, open_file},
        finding::{Finding, Fix},
    },
    config::Config,
};

const NAME: &str = "files";

pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let has_secrets = !config.mcp_servers.is_empty()
        || !config.claude.extra_args.is_empty()
        || !config.claude.settings.is_empty()
        || config
            .channels
            .values()
            .any(|channel| channel.settings.is_some() || channel.mcp_servers.is_some());
    let settings = if has_secrets {
        Holds::Secrets
    } else {
        Holds::Settings
    };
    let sessions = &config.sessions_dir;
    let accounts = Accounts::of(sessions);
    let files = [
        (config.file.clone(), settings),
        (sessions.clone(), Holds::Records),
        (sessions.join("active.json"), Holds::Records),
        (config.personality_dir.clone(), Holds::Settings),
    ];
    let mut findings: Vec<_> = files
        .into_iter()
        .filter_map(|(path, holds)| open_file(NAME, &path, holds, accounts))
        .collect();
    if findings.is_empty() {
        findings.push(Finding::ok(NAME, "closed to other users"));
    }
    let folders = [sessions, &config.workspace_dir];
    let missing = folders.into_iter().filter(|folder| !folder.exists());
    findings.extend(missing.map(|folder| missing_folder(folder)));
    findings
}

fn missing_folder(folder: &Path) -> Finding {
    let what = format!("{} does not exist yet", folder.display());
    let finding = Finding {
        mend: "`run` creates it".into(),
        ..Finding::ok(NAME, what)
    };
    finding.fix(Fix::Folder(folder.to_owned()))
}
