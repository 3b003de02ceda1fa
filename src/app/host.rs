//! Where the CLI works, and how it is started.

use std::path::{Path, PathBuf};

use super::{
    error::{Error, failed},
    orphans::cgroups,
};
use crate::{
    attachments::Attachments,
    claude::{
        observer::Observers,
        process::Host,
        sandbox::{Account, Confinement},
    },
    config::Config,
};

/// The folder of the workspaces, and what fetches files into them.
pub(super) fn workspaces(
    config: &Config,
    account: Option<&Account>,
) -> Result<(PathBuf, Attachments), Error> {
    let folder = config.workspace_dir.canonicalize();
    let folder = folder.map_err(failed(&config.workspace_dir))?;
    let tenant = account.map(|account| account.workspace_owner(&folder));
    let attachments =
        Attachments::new(&config.discord, tenant).map_err(failed(Path::new("the file client")))?;
    Ok((folder, attachments))
}

/// What processes of the CLI are started with.
pub(super) fn host(
    config: &Config,
    confinement: Confinement,
    workspace_dir: PathBuf,
    (instance_id, observers): (&str, Observers),
) -> Host {
    Host {
        bin: config.claude.bin.clone().into(),
        environment: confinement.environment,
        pass_env: config.claude.pass_env.clone(),
        cgroups: cgroups(instance_id),
        instance: instance_id.to_owned(),
        sandbox: confinement.sandbox,
        account: confinement.account,
        workspace_dir,
        observers,
    }
}
