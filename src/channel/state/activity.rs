//! What the channel does, for whoever watches.

use super::{State, controls::buttons, turn::TurnPhase};
use crate::{
    channel::watcher::{Activity, OpenApproval, Phase},
    money::Usd,
};

impl State {
    /// `None` if the channel does nothing and has no process. `pid` is its process.
    pub(crate) fn watched(&self, pid: Option<i32>) -> Option<Activity> {
        if pid.is_none() && self.turn.is_none() && self.queue.is_empty() {
            return None;
        }
        let record = self.record.as_ref();
        let state = record.map(|record| &record.state);
        let turn = self.turn.as_ref();
        Some(Activity {
            phase: match turn.map(|turn| &turn.phase) {
                Some(TurnPhase::Asked(_)) => Phase::Working,
                Some(_) => Phase::Starting,
                None if self.background.is_busy() => Phase::Background,
                None => Phase::Idle,
            },
            session_id: record.map_or_else(String::new, |record| record.session_id.clone()),
            model: self.model().to_owned(),
            person: turn.map(|turn| turn.speaker.clone()),
            since: turn.map(|turn| turn.began),
            queue: self.queue.len(),
            context_tokens: record.map_or(0, |record| record.context_tokens),
            context_window: state.and_then(|state| state.context_window),
            cost_usd: record.map_or(Usd::default(), |record| record.total_cost_usd),
            pid,
            approvals: self.open_approvals(),
        })
    }

    fn open_approvals(&self) -> Vec<OpenApproval> {
        let Some(record) = &self.record else {
            return Vec::new();
        };
        let cards = self.approvals.cards().filter_map(|(approval, offers)| {
            let stored = record.state.post(approval.key.as_str())?;
            let calls = offers.last().map_or(1, |(requests, _)| requests.len());
            Some(OpenApproval {
                key: approval.key.clone(),
                message: stored.messages.last().copied(),
                text: approval.open_card(calls),
                controls: buttons(stored).into_iter().flatten().collect(),
            })
        });
        cards.collect()
    }
}
