//! What happens now: which channels do what, and their transcripts. Pure.

use std::collections::{BTreeMap, HashMap};

use super::feed::{Feed, Rules};
use crate::{
    channel::Activity,
    claude::{
        observer::{Observed, ProcessEvent},
        protocol::{ApiEvent, Line, SessionEvent, parse},
    },
    snowflake::ChannelId,
};

/// Of how many channels the transcripts are kept.
const MOST_FEEDS: usize = 200;

/// Of how many processes the channels are remembered.
const MOST_PIDS: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Live {
    pub(super) channels: BTreeMap<ChannelId, Activity>,
    /// What Claude does in a channel: `thinking`, `writing`, or the name of a tool.
    pub(super) doing: HashMap<ChannelId, String>,
    /// Kept after a process has ended, because what it wrote is read later.
    pids: HashMap<i32, ChannelId>,
    feeds: HashMap<ChannelId, Feed>,
}

impl Live {
    pub(super) fn changed(&mut self, channel: ChannelId, activity: Option<Activity>) {
        let Some(activity) = activity else {
            self.channels.remove(&channel);
            self.doing.remove(&channel);
            return;
        };
        if let Some(pid) = activity.pid {
            if self.pids.len() >= MOST_PIDS {
                self.pids.clear();
            }
            self.pids.insert(pid, channel);
        }
        self.channels.insert(channel, activity);
    }

    /// Reads what a process wrote, and returns it. `first` is the first id of a new transcript.
    pub(super) fn observed(
        &mut self,
        observed: &Observed,
        first: u64,
        rules: &Rules,
    ) -> Option<SessionEvent> {
        let channel = *self.pids.get(&observed.pid)?;
        match &observed.what {
            ProcessEvent::Sent(_) => None,
            ProcessEvent::Received(line) => {
                let Line::Event(event) = parse(line) else {
                    return None;
                };
                let activity = self.channels.get(&channel);
                let person = activity.and_then(|activity| activity.person.as_ref());
                let person = person.map(|person| person.name.clone());
                self.feed(channel, first)
                    .hear(&event, person.as_deref(), rules);
                self.note(channel, &event);
                Some(event)
            }
            ProcessEvent::Exited(exit) => {
                self.pids.remove(&observed.pid);
                self.doing.remove(&channel);
                self.feed(channel, first).ended(exit.code, rules);
                None
            }
        }
    }

    /// Notes what Claude does now.
    fn note(&mut self, channel: ChannelId, event: &SessionEvent) {
        let doing = match event {
            SessionEvent::Stream(piece) if !piece.is_subagent() => match &piece.event {
                ApiEvent::BlockStart { block, .. } => {
                    let [kind, name] = ["type", "name"].map(|key| block.get(key));
                    match &*kind.str().unwrap_or_default() {
                        "text" => "writing".to_owned(),
                        "tool_use" => name.text().unwrap_or_default(),
                        _ => "thinking".to_owned(),
                    }
                }
                _ => return,
            },
            SessionEvent::Assistant(message) if !message.is_subagent() => {
                match message.tool_uses().last() {
                    Some(call) => call.name.clone(),
                    None => return,
                }
            }
            SessionEvent::Init(_) | SessionEvent::User(_) => "thinking".to_owned(),
            SessionEvent::Result(_) => {
                self.doing.remove(&channel);
                return;
            }
            _ => return,
        };
        self.doing.insert(channel, doing);
    }

    /// The transcript of a channel. Those that were not added to for long make room, unless somebody listens.
    pub(super) fn feed(&mut self, channel: ChannelId, first: u64) -> &mut Feed {
        if self.feeds.len() >= MOST_FEEDS && !self.feeds.contains_key(&channel) {
            let feeds = self.feeds.iter();
            let unheard = feeds.filter(|(_, feed)| !feed.has_listeners());
            let oldest = unheard.min_by_key(|(_, feed)| feed.last());
            if let Some(oldest) = oldest.map(|(channel, _)| *channel) {
                self.feeds.remove(&oldest);
            }
        }
        self.feeds
            .entry(channel)
            .or_insert_with(|| Feed::new(first))
    }

    /// Shows what was written in all channels since.
    pub(super) fn show_texts(&mut self, rules: &Rules) {
        for feed in self.feeds.values_mut().filter(|feed| feed.has_text()) {
            feed.show_text(rules);
        }
    }

    /// All transcripts may lack something.
    pub(super) fn lost(&mut self, count: u64) {
        for feed in self.feeds.values_mut() {
            feed.lost(count);
        }
    }
}

#[cfg(test)]
mod tests;
