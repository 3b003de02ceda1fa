//! Copying a session from elsewhere into the channel's workspace.

use uuid::Uuid;

use super::Actor;
use crate::channel::{adoption, client::Client, state::Event};

impl Actor {
    /// Copies the session on a thread that may block. Nothing else happens to the channel meanwhile.
    pub(super) async fn copy_session(&self, session: Uuid, copy: String, client: Client) -> Event {
        let host = &self.shared.host;
        let (environment, account) = (host.environment.clone(), host.account.clone());
        let (workspace_dir, workspace) = (host.workspace_dir.clone(), self.workspace());
        let id = copy.clone();
        let copying = tokio::task::spawn_blocking(move || {
            let account = (&environment, account.as_ref());
            adoption::copy(account, (&workspace_dir, &workspace), session, &id)
        });
        let copied = copying.await;
        Event::SessionCopied {
            copy,
            copied: copied.unwrap_or_else(|error| Err(error.to_string())),
            client,
        }
    }
}
