//! `switchboard dashboard`: tells the address of the dashboard, with the token that opens it.

use super::{
    exit::{Code, ExitError},
    invocation::{Invocation, say},
};
use crate::dashboard;

const NEVER_STARTED: &str = "there was no dashboard yet: start the bot with `switchboard run --dashboard 127.0.0.1:8090`, or set \
     `dashboard.address`";

const DECIDES_NOTHING: &str =
    "nothing can be decided at the dashboard: set `dashboard.admin` to true, and restart the bot";

pub(super) fn dashboard(invocation: &Invocation, admin: bool) -> Result<(), ExitError> {
    let links = dashboard::links(&invocation.config()?);
    let links = links.map_err(|error| Code::Files.exit(error))?;
    let links = links.ok_or_else(|| Code::Failed.exit(NEVER_STARTED))?;
    let address = if admin {
        links
            .admin
            .ok_or_else(|| Code::Failed.exit(DECIDES_NOTHING))?
    } else {
        links.view
    };
    say(&format!("{address}\n"))
}
