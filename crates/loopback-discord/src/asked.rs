//! A handle on an interaction: what came of a slash command, a press, a form.

use std::time::Duration;

use crate::{
    Acknowledgement, Message, Snowflake, WaitError, shared::Shared, wait::wait, world::Interaction,
};

/// An interaction that the bot was asked.
#[derive(Clone)]
pub struct Asked {
    shared: Shared,
    id: Snowflake,
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Asked {
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

    /// The token that the bot answers it with.
    #[must_use]
    pub fn token(&self) -> String {
        self.look(|asked| Some(asked.token.clone()))
            .unwrap_or_default()
    }

    /// How it was acknowledged, if it was.
    #[must_use]
    pub fn acknowledgement(&self) -> Option<Acknowledgement> {
        self.look(|asked| asked.acknowledgement.clone())
    }

    /// The message that `@original` names: the response, or the message that holds the component.
    #[must_use]
    pub fn original(&self) -> Option<Message> {
        let id = self.look(|asked| asked.original)?;
        self.shared
            .read(|state| state.world.messages.get(&id).cloned())
    }

    /// The messages that followed the response, oldest first.
    #[must_use]
    pub fn followups(&self) -> Vec<Message> {
        let ids = self.look(|asked| Some(asked.followups.clone()));
        self.shared.read(|state| {
            let messages = &state.world.messages;
            let ids = ids.iter().flatten();
            ids.filter_map(|id| messages.get(id).cloned()).collect()
        })
    }

    /// Waits until the bot has acknowledged it in any way.
    ///
    /// # Errors
    ///
    /// When it has not in time.
    pub async fn acknowledged(&self, within: Duration) -> Result<Acknowledgement, WaitError> {
        let id = self.id;
        wait(&self.shared, within, "an acknowledgement", |view| {
            let asked = view.state().world.interactions.get(&id)?;
            asked.acknowledgement.clone()
        })
        .await
    }

    /// Waits for the response: sent at once, or a deferred one that has been filled in.
    ///
    /// # Errors
    ///
    /// When there is none in time.
    pub async fn response(&self, within: Duration) -> Result<Message, WaitError> {
        let id = self.id;
        wait(
            &self.shared,
            within,
            "a response to an interaction",
            |view| {
                let world = &view.state().world;
                let original = world.interactions.get(&id)?.original?;
                let message = world.messages.get(&original)?;
                (!message.loading).then(|| message.clone())
            },
        )
        .await
    }

    /// Waits until so many messages have followed the response.
    ///
    /// # Errors
    ///
    /// When there are fewer by then.
    pub async fn followed_up(
        &self,
        messages: usize,
        within: Duration,
    ) -> Result<Vec<Message>, WaitError> {
        let id = self.id;
        wait(
            &self.shared,
            within,
            "follow-ups to an interaction",
            |view| {
                let asked = view.state().world.interactions.get(&id);
                asked.is_some_and(|asked| asked.followups.len() >= messages)
            },
        )
        .await?;
        Ok(self.followups())
    }

    fn look<T>(&self, look: impl FnOnce(&Interaction) -> Option<T>) -> Option<T> {
        self.shared
            .read(|state| look(state.world.interactions.get(&self.id)?))
    }
}
