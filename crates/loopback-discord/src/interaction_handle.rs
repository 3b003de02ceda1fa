//! A handle on an interaction: how the bot responded to a slash command, a button, a modal.

use std::time::Duration;

use serde_json::Value;

use crate::{
    Acknowledgement, Message, Snowflake, WaitError, shared::Shared, wait::wait, world::Interaction,
};

/// An interaction that was sent to the bot.
#[derive(Clone)]
pub struct InteractionHandle {
    shared: Shared,
    id: Snowflake,
}

impl std::fmt::Debug for InteractionHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InteractionHandle")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl InteractionHandle {
    pub(crate) fn new(shared: &Shared, id: Snowflake) -> Self {
        Self {
            shared: shared.clone(),
            id,
        }
    }

    /// The interaction's id.
    #[must_use]
    pub fn id(&self) -> Snowflake {
        self.id
    }

    /// The token that authorizes the bot to respond.
    #[must_use]
    pub fn token(&self) -> String {
        self.look(|found| Some(found.token.clone()))
            .unwrap_or_default()
    }

    /// How it was acknowledged, if it was.
    #[must_use]
    pub fn acknowledgement(&self) -> Option<Acknowledgement> {
        self.look(|found| found.acknowledgement.clone())
    }

    /// The message that `@original` names: the response, or the message that holds the component.
    #[must_use]
    pub fn original(&self) -> Option<Message> {
        let id = self.look(|found| found.original)?;
        self.shared
            .read(|state| state.world.messages.get(&id).cloned())
    }

    /// The messages that followed the response, oldest first.
    #[must_use]
    pub fn followups(&self) -> Vec<Message> {
        let ids = self.look(|found| Some(found.followups.clone()));
        self.shared.read(|state| {
            let messages = &state.world.messages;
            let ids = ids.iter().flatten();
            ids.filter_map(|id| messages.get(id).cloned()).collect()
        })
    }

    /// Waits until the bot has acknowledged it.
    ///
    /// # Errors
    ///
    /// When the time is over before that.
    pub async fn acknowledged(&self, within: Duration) -> Result<Acknowledgement, WaitError> {
        let id = self.id;
        wait(&self.shared, within, "an acknowledgement", |view| {
            let found = view.state().world.interactions.get(&id)?;
            found.acknowledgement.clone()
        })
        .await
    }

    /// Waits for the response: an immediate one, or a deferred one once it has content.
    ///
    /// # Errors
    ///
    /// When the time is over before that.
    pub async fn response(&self, within: Duration) -> Result<Message, WaitError> {
        let id = self.id;
        let what = "a response to an interaction";
        wait(&self.shared, within, what, |view| {
            let world = &view.state().world;
            let original = world.interactions.get(&id)?.original?;
            let message = world.messages.get(&original)?;
            (!message.loading).then(|| message.clone())
        })
        .await
    }

    /// Waits for the choices that the bot suggests for an option.
    ///
    /// # Errors
    ///
    /// When the time is over before that.
    pub async fn choices(&self, within: Duration) -> Result<Vec<Value>, WaitError> {
        let data = self.acknowledged_with(8, within, "autocomplete choices");
        let choices = data.await?["choices"].take();
        Ok(choices.as_array().cloned().unwrap_or_default())
    }

    /// Waits for the modal that the bot opens.
    ///
    /// # Errors
    ///
    /// When the time is over before that.
    pub async fn modal(&self, within: Duration) -> Result<Value, WaitError> {
        self.acknowledged_with(9, within, "a modal").await
    }

    async fn acknowledged_with(
        &self,
        kind: u64,
        within: Duration,
        what: &str,
    ) -> Result<Value, WaitError> {
        let id = self.id;
        wait(&self.shared, within, what, |view| {
            let found = view.state().world.interactions.get(&id)?;
            let acknowledgement = found.acknowledgement.as_ref()?;
            (acknowledgement.kind == kind).then(|| acknowledgement.data.clone())
        })
        .await
    }

    /// Waits until at least this many messages have followed the response.
    ///
    /// # Errors
    ///
    /// When the time is over before that.
    pub async fn followed_up(
        &self,
        messages: usize,
        within: Duration,
    ) -> Result<Vec<Message>, WaitError> {
        let id = self.id;
        let what = "follow-ups to an interaction";
        wait(&self.shared, within, what, |view| {
            let found = view.state().world.interactions.get(&id);
            found.is_some_and(|found| found.followups.len() >= messages)
        })
        .await?;
        Ok(self.followups())
    }

    fn look<T>(&self, look: impl FnOnce(&Interaction) -> Option<T>) -> Option<T> {
        self.shared
            .read(|state| look(state.world.interactions.get(&self.id)?))
    }
}
