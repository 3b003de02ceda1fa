//! A session of the CLI from elsewhere, such as a terminal, a copy of which becomes a channel's.

use std::path::Path;

use uuid::Uuid;

use super::{client::Client, export, first_words::first_words};
use crate::{
    claude::{
        Environment,
        sandbox::{Account, all_transcripts},
        transcript::{self, TranscriptError, conversation},
    },
    snowflake::ChannelId,
};

/// What the session is called if it begins without words.
const NO_WORDS: &str = "(no words)";

/// Somebody wants a session in a channel.
#[derive(Debug)]
pub(crate) struct Adoption {
    pub(crate) session: Uuid,
    pub(crate) channel: ChannelId,
    pub(crate) client: Client,
}

/// Copies a session into a workspace, under the id `copy`. Returns its first words; the error is for whoever asked.
pub(crate) fn copy(
    (environment, account): (&Environment, Option<&Account>),
    (workspace_dir, workspace): (&Path, &Path),
    session: Uuid,
    copy: &str,
) -> Result<String, String> {
    let not_copied = |error: &dyn std::fmt::Display| format!("failed to copy {session}: {error}");
    let found = transcript::find(environment, account, session).map_err(|error| match error {
        TranscriptError::Missing => format!(
            "there is no session {session} in the folders in {}; `/status` in a terminal shows the id of a session",
            all_transcripts(environment).display()
        ),
        other => not_copied(&other),
    })?;
    let beginning = export::beginning(conversation(&found, None))
        .ok_or_else(|| format!("nothing was said in the session {session} yet"))?;
    let copy = Uuid::parse_str(copy).map_err(|error| not_copied(&error))?;
    let place = (workspace_dir, workspace);
    transcript::put_copy(environment, account, place, &found, (session, copy))
        .map_err(|error| not_copied(&error))?;
    Ok(first_words(&beginning).unwrap_or_else(|| NO_WORDS.to_owned()))
}
