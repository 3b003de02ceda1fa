//! Who Claude is in the channel: one of the personas that the configuration allows here. Another one holds from the next process on.

use super::{Now, State, messages::personas as texts};
use crate::{channel::Origin, persona::DEFAULT};

impl State {
    /// Takes the names of all personas.
    pub(crate) fn know_personas<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        self.personas = names.map(str::to_owned).collect();
    }

    /// The persona of the next process.
    pub(crate) fn persona(&self) -> String {
        let available = self.available_personas();
        // Its folder may be gone, or somebody may have edited the file, or the configuration.
        let chosen = self.choices().persona.filter(|it| available.contains(it));
        let first = || available.first().cloned();
        chosen.or_else(first).unwrap_or_else(|| DEFAULT.to_owned())
    }

    /// The personas among which the channel can choose, beginning with the one that it has until then.
    fn available_personas(&self) -> Vec<String> {
        self.config
            .personas_for(self.settings_from(), &self.personas)
    }

    pub(super) fn show_persona(&mut self, origin: Origin) {
        let text = texts::persona(&self.persona(), &self.available_personas());
        self.say(Some(origin), text);
    }

    pub(super) fn set_persona(&mut self, name: &str, origin: Origin, now: Now) {
        let available = self.available_personas();
        let is_it = |known: &&String| known.eq_ignore_ascii_case(name);
        let Some(name) = available.iter().find(is_it) else {
            return self.say(Some(origin), texts::unknown(name, &available));
        };
        self.record_mut(now).state.persona = Some(name.clone());
        self.save();
        let text = texts::persona_set(name, self.has_background_work());
        self.say(Some(origin), text);
    }
}
