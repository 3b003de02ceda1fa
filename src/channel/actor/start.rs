//! Starting the channel's process, once there is a place for it.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Actor;
use crate::{
    channel::{
        messages,
        process_slot::ProcessSlot,
        state::{Event, StartFailure},
    },
    claude::{
        launch::{Spec, Start},
        pool::{Lease, Permit},
        process::{self, StartError},
    },
    host_tools,
};

impl Actor {
    /// Starts a process that nobody waits for, if there is room.
    pub(super) fn prewarm(&mut self, start: Start, model: String) -> Option<Event> {
        let prewarms = Arc::clone(&self.shared.prewarms);
        let Ok(prewarm) = prewarms.try_acquire_owned() else {
            return Some(Event::NoRoom);
        };
        let Some(place) = self.shared.pool.try_admit(self.channel.0) else {
            return Some(Event::NoRoom);
        };
        self.prewarm = Some(prewarm);
        self.wait_for_place(start, model, Some(place));
        None
    }

    /// Starts a process in this place, or once the pool has one.
    pub(super) fn wait_for_place(
        &mut self,
        start: Start,
        model: String,
        place: Option<(Permit, Lease)>,
    ) {
        let (pool, channel) = (self.shared.pool.clone(), self.channel);
        let (sender, admitted) = oneshot::channel();
        let shared = Arc::downgrade(&self.shared);
        let admission = tokio::spawn(async move {
            let place = match place {
                Some(place) => place,
                None => pool.admit(channel.0).await,
            };
            // At shutdown the bot waits until nobody holds the outbox or the registry.
            let complaint = match shared.upgrade() {
                Some(shared) => shared.cli_version.too_old(&shared.host).await,
                None => None,
            };
            // If the actor no longer waits, dropping the place returns it to the pool.
            drop(sender.send(complaint.map_or(Ok(place), Err)));
        });
        self.slot = ProcessSlot::Waiting {
            admission,
            admitted,
            start,
            model,
        };
    }

    /// Starts the process in the place that the pool gave.
    pub(super) fn admitted(&mut self, place: Option<Result<(Permit, Lease), String>>) -> Event {
        let slot = std::mem::replace(&mut self.slot, ProcessSlot::Empty);
        let ProcessSlot::Waiting { start, model, .. } = slot else {
            return Event::Tick;
        };
        let (permit, lease) = match place {
            Some(Ok(place)) => place,
            Some(Err(why)) => return Event::StartFailed(StartFailure::TooOld(why)),
            None => {
                let why = "no place for a process".into();
                return Event::StartFailed(StartFailure::Other(why));
            }
        };
        self.started_with = Arc::clone(&self.settings);
        self.persona = self.state.persona();
        let config = self.settings.config();
        let settings_from = self.settings_from();
        let allowed = config.allowed_tools_for(settings_from);
        let asks = self.state.asks_for_approval();
        let spec = Spec {
            start,
            model,
            system_prompt: self.settings.personas.get(&self.persona).system_prompt(),
            mode: config.claude.system_prompt,
            allowed_tools: allowed
                .iter()
                .map(|rule| host_tools::cli_rule(rule))
                .collect(),
            granted_tools: self.state.grants().into_iter().map(|it| it.rule).collect(),
            disallowed_tools: config.disallowed_tools_for(settings_from).to_vec(),
            permission_prompts: asks,
            permission_mode: self.state.mode(),
            mcp_config: config.mcp_config_for(settings_from),
            agent: config.agent_for(settings_from).map(str::to_owned),
            add_dirs: config.add_dirs_for(settings_from).to_vec(),
            max_turns: config.max_turns_for(settings_from),
            settings: config.cli_settings(config.settings_for(settings_from)),
            fallback_model: config.fallback_model_for(settings_from).map(str::to_owned),
            extra_args: config.claude.extra_args.clone(),
            workspace: self.workspace(),
        };
        match process::start(&self.shared.host, &spec, permit) {
            Ok((process, reports)) => {
                tracing::debug!(channel = %self.channel, pid = process.pid(), model = spec.model, "CLI started");
                self.slot = ProcessSlot::Live {
                    process,
                    reports,
                    lease,
                    is_resting: false,
                };
                Event::Started
            }
            Err(error) => {
                tracing::error!(channel = %self.channel, %error, "the CLI was not started");
                Event::StartFailed(start_failure(&error))
            }
        }
    }
}

fn start_failure(error: &StartError) -> StartFailure {
    match error {
        StartError::NotFound(missing) => StartFailure::CliMissing(missing.to_string()),
        other => StartFailure::Other(messages::start_error(other)),
    }
}
