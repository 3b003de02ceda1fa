//! `switchboard reload`: has the running bot take a changed configuration.

use super::{
    exit::{Code, ExitError},
    invocation::{Invocation, say},
};
use crate::control::{self, Request, Response};

pub(super) fn reload(invocation: &Invocation) -> Result<(), ExitError> {
    let folder = invocation.config()?.sessions_dir;
    match control::ask(&folder, &Request::Reload).map_err(|error| Code::Failed.exit(error))? {
        Some(Response::Done(text)) => say(&format!("{text}\n")),
        Some(Response::Refused(reason)) => Err(Code::Config.exit(reason)),
        None => Err(Code::Failed.exit(format!(
            "no bot runs with the sessions folder {}; what it is started with next is read then",
            folder.display()
        ))),
    }
}
