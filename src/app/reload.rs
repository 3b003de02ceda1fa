//! Takes a changed configuration and personality without ending a turn.

use std::sync::{Arc, Weak};

use tokio::sync::{mpsc, watch};

use super::service_manager::ServiceManager;
use crate::{
    allow_rules::lint,
    channel::{Reloadable, Shared, client::Answer, intake::Intake, messages},
    config::{self, Config, SandboxLevel},
    persona::{self, PersonaError, Personas},
};

/// Where a reload reads the configuration; the error is for the owner.
pub(crate) type Load = Box<dyn Fn() -> Result<Config, String> + Send + Sync>;

/// How a bot is reloaded.
pub(crate) struct ReloadFrom {
    pub(crate) load: Load,
    /// Each signal that asks for it.
    pub(crate) signals: mpsc::UnboundedReceiver<()>,
}

pub(super) struct Reloader {
    pub(super) load: Load,
    pub(super) settings: watch::Sender<Arc<Reloadable>>,
    /// At shutdown the bot waits until nobody holds it.
    pub(super) shared: Weak<Shared>,
    /// The level of the sandbox that is set up.
    pub(super) sandbox: Option<SandboxLevel>,
    pub(super) service_manager: Arc<ServiceManager>,
}

impl Reloader {
    /// Reads both anew. What is invalid is refused as a whole. Returns what has changed, in words.
    pub(super) fn reload(&self) -> Result<String, String> {
        let outcome = self.service_manager.reloading(|| self.try_reload());
        match &outcome {
            Ok(text) => tracing::info!("{text}"),
            Err(error) => tracing::error!("{error}"),
        }
        outcome
    }

    /// Reads the personality alone anew, for the configuration in force. Returns in words for the channel what has changed.
    pub(super) fn reload_personas(&self) -> Answer {
        let before = Arc::clone(&self.settings.borrow());
        let personas = personas_for(before.config()).map_err(|error| {
            tracing::error!("the personality is not reloaded: {error}");
            messages::PERSONAS_NOT_RELOADED.to_owned()
        })?;
        if personas == before.personas {
            return Ok(messages::PERSONAS_UNCHANGED.to_owned());
        }
        tracing::info!("reloaded: the personality");
        self.settings.send_replace(Arc::new(Reloadable {
            intake: Arc::clone(&before.intake),
            personas,
        }));
        Ok(messages::PERSONAS_RELOADED.to_owned())
    }

    fn try_reload(&self) -> Result<String, String> {
        let refused = |error: String| format!("not reloaded, the bot goes on as before: {error}");
        let mut file = (self.load)().map_err(refused)?;
        confine(&mut file, self.sandbox);
        let before = Arc::clone(&self.settings.borrow());
        let plan =
            config::reload(before.config(), &file).map_err(|error| refused(error.to_string()))?;
        let personas = personas_for(&plan.config).map_err(|error| refused(error.to_string()))?;
        let mut changed = plan.changed;
        if personas != before.personas {
            changed.push("the personality".to_owned());
        }
        if !changed.is_empty() {
            let config = Arc::new(plan.config);
            for finding in lint(&config, self.sandbox) {
                tracing::warn!("{finding}");
            }
            if let Some(shared) = self.shared.upgrade() {
                shared.admission.reconfigure(config.limits.clone());
            }
            let owners = before.intake.policy.owners.clone();
            self.settings.send_replace(Arc::new(Reloadable {
                intake: Arc::new(Intake::new(Arc::clone(&config), owners)),
                personas,
            }));
        }
        Ok(summary(&changed, &plan.needs_restart))
    }
}

/// The personality files, with all personas that the configuration names.
fn personas_for(config: &Config) -> Result<Personas, PersonaError> {
    persona::load(&config.personality_dir, config.personas())
}

/// Takes away what the sandbox does not allow.
pub(super) fn confine(config: &mut Config, sandbox: Option<SandboxLevel>) {
    config.claude.bypass_permissions &= sandbox == Some(SandboxLevel::Bwrap);
}

fn summary(changed: &[String], needs_restart: &[String]) -> String {
    let mut text = if changed.is_empty() {
        "nothing is reloaded".to_owned()
    } else {
        format!("reloaded: {}", changed.join(", "))
    };
    if !needs_restart.is_empty() {
        text += "; restart the bot for: ";
        text += &needs_restart.join(", ");
    } else if changed.is_empty() {
        text += ": nothing has changed";
    }
    text
}

#[cfg(test)]
mod tests;
