//! Somebody who follows a transcript.

use std::{collections::VecDeque, sync::Arc};

use axum::response::sse::Event;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, broadcast};

use super::{
    desk::{Desk, new_id},
    feed::{FeedEvent, FeedKind},
};
use crate::snowflake::ChannelId;

pub(super) struct Listener {
    /// What has happened before.
    earlier: VecDeque<Arc<FeedEvent>>,
    /// How many events are missing here, as far as is known.
    missing: Option<u64>,
    events: broadcast::Receiver<Arc<FeedEvent>>,
    /// Freed at the end.
    _place: OwnedSemaphorePermit,
}

/// Follows a channel, from after this event. `None` if too many do so.
pub(super) fn listen(desk: &Arc<Desk>, channel: ChannelId, after: Option<u64>) -> Option<Listener> {
    let place = Arc::clone(&desk.listeners).try_acquire_owned().ok()?;
    let mut live = desk.live();
    let (earlier, is_missing, events) = live.feed(channel, new_id()).listen(after);
    drop(live);
    Some(Listener {
        earlier: earlier.into(),
        missing: is_missing.then_some(0),
        events,
        _place: place,
    })
}

impl Listener {
    /// The next event; `None` when the transcript has been dropped.
    pub(super) async fn next(&mut self) -> Option<Event> {
        if let Some(count) = self.missing.take() {
            let count = Some(count).filter(|count| *count > 0);
            let data = json!({ "kind": "lost", "count": count }).to_string();
            return Some(Event::default().event(FeedKind::Error.name()).data(data));
        }
        if let Some(event) = self.earlier.pop_front() {
            return Some(shown(&event));
        }
        match self.events.recv().await {
            Ok(event) => Some(shown(&event)),
            Err(broadcast::error::RecvError::Lagged(count)) => {
                self.missing = Some(count);
                Box::pin(self.next()).await
            }
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

fn shown(event: &FeedEvent) -> Event {
    let name = event.kind.name();
    Event::default()
        .id(event.id.to_string())
        .event(name)
        .data(&event.data)
}
