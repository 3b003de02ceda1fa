//! What the running turn's message refers to and came without: it is looked up before Claude gets the message.

use std::time::Duration;

use super::{Now, State, event::LookupResult, messages, turn::TurnPhase};
use crate::{
    chat::{ChatOp, Lookup, OpError, OpId},
    external::{File, FileOrigin, LostQuote, Wanted, is_blank},
    registry::Record,
    snowflake::MessageId,
};

/// How long a turn waits for what it looks up.
const WITHIN: Duration = Duration::from_secs(5);

/// How many messages are fetched to find what was said meanwhile.
const HISTORY: u8 = 50;

impl State {
    /// Looks up what the message came without, while the process starts. Otherwise its files are next.
    pub(super) fn look_up(&mut self, now: Now) {
        let is_first = self.record.as_ref().is_none_or(Record::is_at_start);
        let channel = self.channel;
        let prepared = self.steering.as_ref().or(self.turn.as_ref());
        let asked = prepared.and_then(|turn| turn.origin.message());
        let holder = asked.map_or(channel, |message| self.holder(message));
        let turn = self.steering.as_mut().or(self.turn.as_mut());
        let Some(turn) = turn else { return };
        let Some(message) = turn.origin.message().filter(|_| turn.text.is_some()) else {
            return;
        };
        let wanted = &mut turn.context.wanted;
        if let Some((place, parent)) = self.place.as_ref().and_then(|it| Some((it, it.parent?))) {
            // A thread has the id of the message it was started from; a forum post holds that message itself.
            let starter = MessageId(channel.0);
            let found_in = if place.tags.is_some() {
                channel
            } else {
                parent
            };
            wanted.starter = (is_first && message != starter).then_some((found_in, starter));
        }
        if *wanted == Wanted::default() {
            return self.all_looked_up(now);
        }
        let wanted = *wanted;
        turn.phase = TurnPhase::LookingUp {
            until: now.mono + WITHIN,
        };
        let itself = wanted.itself.then_some((holder, message));
        for (lookup, found_in) in [
            (Lookup::Quote, wanted.quote),
            (Lookup::Starter, wanted.starter),
            (Lookup::Itself, itself),
        ] {
            if let Some((holder, wanted)) = found_in {
                self.chat(ChatOp::FetchMessage {
                    id: OpId::Lookup(message, lookup),
                    channel,
                    holder,
                    message: wanted,
                });
            }
        }
        if wanted.meanwhile {
            self.chat(ChatOp::FetchHistory {
                id: OpId::Lookup(message, Lookup::Meanwhile),
                channel,
                holder,
                before: Some(message),
                limit: HISTORY,
            });
        }
    }

    /// Adds what was found to the message, unless its turn has ended or waits no longer.
    pub(super) fn looked_up(&mut self, id: OpId, found: Result<LookupResult, OpError>, now: Now) {
        let Some(turn) = self.prepared_turn() else {
            return;
        };
        let (OpId::Lookup(message, lookup), TurnPhase::LookingUp { .. }) = (id, &turn.phase) else {
            return;
        };
        if turn.origin.message() != Some(message) {
            return;
        }
        let context = &mut *turn.context;
        let add = |files: &mut Vec<File>, from: Vec<File>, origin| {
            let own = from
                .into_iter()
                .filter(|it| it.origin == FileOrigin::Message);
            files.extend(own.map(|file| File { origin, ..file }));
        };
        match lookup {
            Lookup::Quote => {
                context.wanted.quote = None;
                match found {
                    Ok(LookupResult::Message {
                        quote, context: of, ..
                    }) => {
                        context.quote = Some(quote);
                        let files = &mut context.files;
                        files.retain(|file| file.origin != FileOrigin::Quote);
                        add(&mut context.files, of.files, FileOrigin::Quote);
                    }
                    Err(OpError::NotFound) => context.lost_quote = Some(LostQuote::Deleted),
                    Ok(_) | Err(_) => context.lost_quote = Some(LostQuote::NotLoaded),
                }
            }
            Lookup::Starter => {
                context.wanted.starter = None;
                match found {
                    Ok(LookupResult::Message {
                        is_allowed: false, ..
                    }) => context.starter_left_out = true,
                    Ok(LookupResult::Message {
                        quote, context: of, ..
                    }) => {
                        context.starter = Some(quote);
                        add(&mut context.files, of.files, FileOrigin::Starter);
                    }
                    Ok(LookupResult::Meanwhile(_)) | Err(_) => {}
                }
            }
            Lookup::Itself => {
                context.wanted.itself = false;
                if let Ok(LookupResult::Message { context: of, .. }) = found {
                    context.shown = of.shown;
                    context.forwards = of.forwards;
                }
            }
            Lookup::Meanwhile => {
                context.wanted.meanwhile = false;
                if let Ok(LookupResult::Meanwhile(meanwhile)) = found {
                    context.meanwhile = meanwhile;
                }
            }
        }
        if context.wanted == Wanted::default() {
            self.all_looked_up(now);
            self.proceed(now);
        }
    }

    /// Goes on without what was not found in time.
    pub(super) fn lookups_overdue(&mut self, now: Now) {
        if let Some(turn) = self.prepared_turn()
            && std::mem::take(&mut turn.context.wanted).quote.is_some()
        {
            turn.context.lost_quote = Some(LostQuote::NotLoaded);
        }
        self.all_looked_up(now);
        self.proceed(now);
    }

    /// Says what could not be read. If that is all there is, the turn is over; otherwise the files are next.
    fn all_looked_up(&mut self, now: Now) {
        let Some(turn) = self.prepared_turn() else {
            return;
        };
        turn.phase = TurnPhase::Waiting { is_fetching: false };
        let context = &mut *turn.context;
        let mut files = context.files.iter();
        let has_files = files.any(|file| file.origin == FileOrigin::Quote);
        if let Some(quote) = context
            .quote
            .take_if(|quote| is_blank(&quote.text) && !has_files)
        {
            tracing::debug!(author = %quote.author, "a quoted message cannot be read");
            context.lost_quote = Some(LostQuote::Empty);
        }
        let lost = context.lost_quote;
        let is_empty = context.is_empty() && turn.text.as_deref().is_some_and(is_blank);
        let origin = turn.origin;
        if let Some(lost) = lost {
            self.say(None, messages::quote_lost(lost));
        }
        if is_empty {
            self.say(Some(origin), messages::UNREADABLE);
            self.drop_prepared(now);
        } else {
            self.fetch_attachments();
        }
    }
}
