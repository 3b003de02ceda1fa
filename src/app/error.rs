//! Why the bot ends, or does not start.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    discord::Fatal,
    registry::{self, LockError},
};

/// Why the bot ended, other than by a signal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Registry(#[from] registry::LoadError),
    #[error("failed to set up {what}: {error}")]
    Setup { what: PathBuf, error: io::Error },
    #[error(transparent)]
    Discord(#[from] Fatal),
}

/// For a part that cannot be set up.
pub(super) fn failed(what: &Path) -> impl FnOnce(io::Error) -> Error + use<> {
    let what = what.to_owned();
    move |error| Error::Setup { what, error }
}
