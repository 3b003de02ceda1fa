//! Allow rules that people grant in the channel.
//!
//! The CLI forgets rules with its process, so the record keeps them and each process is started with them.

use super::{Now, State};
use crate::{
    config::check_rule,
    external::Speaker,
    registry::{record::rfc3339, state::Grant},
};

impl State {
    pub(super) fn grant(&mut self, rule: &str, is_permanent: bool, by: &Speaker, now: Now) {
        let grant = Grant {
            rule: rule.to_owned(),
            by: by.id,
            name: by.name.clone(),
            at: rfc3339(now.wall),
            is_permanent,
        };
        tracing::info!(channel = %self.channel, rule, by = %by.id, is_permanent, "an allow rule was granted");
        self.record_mut(now).state.add_grant(grant);
        self.save();
    }

    /// The granted rules that are in force: those of the thread's channel, then those granted here alone.
    pub(crate) fn grants(&self) -> Vec<Grant> {
        let of_channel = self.channel_grants();
        let record = self.record.as_ref().filter(|_| self.asks_for_approval());
        let own = record.map_or(&[][..], |record| &record.state.grants);
        let is_known = |grant: &Grant| of_channel.iter().any(|known| known.rule == grant.rule);
        let own: Vec<_> = checked(own).filter(|grant| !is_known(grant)).collect();
        [of_channel, own].concat()
    }

    /// Those of the thread's channel.
    pub(crate) fn channel_grants(&self) -> Vec<Grant> {
        let of_channel = self
            .of_channel
            .as_ref()
            .filter(|_| self.asks_for_approval());
        let grants = of_channel.map_or(&[][..], |it| &it.settings.grants);
        checked(grants).collect()
    }
}

/// Somebody may have edited the file.
fn checked(grants: &[Grant]) -> impl Iterator<Item = Grant> {
    let is_rule = |grant: &&Grant| check_rule(&grant.rule).is_ok();
    grants.iter().filter(is_rule).cloned()
}
