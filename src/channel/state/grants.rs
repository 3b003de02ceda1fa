//! Allow rules that people grant in the channel.
//!
//! The CLI forgets rules with its process, so the record keeps them and each process is started with them.

use super::{Now, State, messages::approvals as texts};
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

    /// The rules granted here that are in force.
    pub(crate) fn grants(&self) -> Vec<Grant> {
        let record = self.record.as_ref().filter(|_| self.asks_for_approval());
        let grants = record.map_or(&[][..], |record| &record.state.grants);
        // Somebody may have edited the file.
        let is_rule = |grant: &&Grant| check_rule(&grant.rule).is_ok();
        grants.iter().filter(is_rule).cloned().collect()
    }

    /// Takes a granted rule back. The process that has it takes no other turn. Returns what the person reads.
    pub(super) fn revoke(&mut self, rule: &str) -> String {
        let grants = self.record.as_mut().map(|record| &mut record.state.grants);
        let revoked = grants.map(|grants| {
            let before = grants.len();
            grants.retain(|grant| grant.rule != rule);
            before != grants.len()
        });
        if revoked != Some(true) {
            return texts::not_granted(rule, self.grants().len());
        }
        tracing::info!(channel = %self.channel, rule, "a granted rule was revoked");
        self.save();
        self.process.outdate();
        texts::revoked(rule, self.is_asked())
    }
}
