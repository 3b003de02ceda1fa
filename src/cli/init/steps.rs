//! What the steps of `init` share.

use std::path::PathBuf;

use super::{dialogue::Dialogue, draft::Draft};
use crate::{
    cli::{
        args::Init,
        exit::{Code, ExitError},
        invocation::Invocation,
    },
    config::{Config, Token},
};

/// What all steps share.
pub(super) struct Steps<'a> {
    pub(super) invocation: &'a Invocation,
    pub(super) options: &'a Init,
    pub(super) dialogue: Dialogue,
    pub(super) draft: Draft,
    /// A token that is to be stored in this file.
    pub(super) token: Option<(Token, PathBuf)>,
}

impl Steps<'_> {
    /// The configuration as answered so far.
    pub(super) fn config(&self) -> Result<Config, ExitError> {
        let config = self.draft.config(self.invocation);
        config.map_err(|problems| Code::Config.exit(problems))
    }
}
