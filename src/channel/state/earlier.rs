//! The channel's sessions: leaving one, and going back to it.
//!
//! What is left stays in the record, so that it can be chosen again. The channel changes its session only between turns;
//! the process goes, and the next message starts one with the other session.

use std::time::Duration;

use uuid::Uuid;

use super::{
    Effect, Now, Press, State,
    controls::{ControlAction, buttons},
    delivery::Purpose,
    messages::earlier as texts,
};
use crate::{
    channel::{Origin, client::Client},
    chat::{Control, ControlId, Menu, Post, PostKey},
    registry::{
        Record,
        state::{StoredPost, UNDO_KEY},
    },
    retention::last_used,
    snowflake::MessageId,
};

/// How long a `!clear` can be undone by its button.
const UNDO_TIME: Duration = Duration::from_mins(10);

/// How the keys of posts with a menu of sessions begin.
const RESUME_KEY: &str = "r.";

impl State {
    pub(super) fn clear(&mut self, origin: Origin, now: Now) {
        let Some(old) = self.record.as_ref().filter(|record| !record.is_empty()) else {
            self.say(Some(origin), texts::NOTHING_TO_CLEAR);
            return;
        };
        let (text, session) = (texts::cleared(old), old.session_id.clone());
        let can_be_undone = !old.is_at_start();
        let id = (self.ids)();
        self.record = self.record.as_ref().map(|old| {
            let mut record = old.cleared(id, now.wall);
            record.state.began_after = Some(MessageId(origin.id()));
            record
        });
        if can_be_undone {
            let seconds = i64::try_from(UNDO_TIME.as_secs()).unwrap_or(i64::MAX);
            let until = now.wall.timestamp().saturating_add(seconds);
            let undo = ControlAction::Undo { session, until };
            let stored = self.store(UNDO_KEY, text, &undo);
            self.recovery
                .undo_until
                .push((now.mono + UNDO_TIME, stored.key.clone()));
            self.session_changed();
            let controls = buttons(&stored);
            self.put_choice(stored, controls, origin);
        } else {
            self.session_changed();
            self.say(Some(origin), text);
        }
    }

    /// Shows the earlier sessions as a menu, which takes the place of an earlier one.
    pub(super) fn offer_earlier(&mut self, origin: Origin, now: Now) {
        self.retire_choices(|post| post.key.starts_with(RESUME_KEY), "");
        let since = self.config.sessions.kept_since(now.wall);
        let is_kept = |session: &&Record| last_used(session).is_none_or(|at| Some(at) >= since);
        let earlier = self.record_mut(now).earlier.iter().rev().filter(is_kept);
        let options: Vec<_> = earlier.map(texts::option).collect();
        if options.is_empty() {
            self.say(Some(origin), texts::NOTHING_TO_RESUME);
            return;
        }
        let stored = self.store(
            RESUME_KEY,
            texts::EARLIER.to_owned(),
            &ControlAction::Resume,
        );
        self.save();
        let id = stored.controls.first();
        let id = id.and_then(|control| ControlId::new(&control.id, stored.revision));
        let menu = id.map(|id| {
            Control::Menu(Menu {
                id,
                placeholder: texts::RESUME_LABEL.into(),
                options,
                min: 1,
                max: 1,
            })
        });
        let controls = menu.into_iter().map(|menu| vec![menu]).collect();
        self.put_choice(stored, controls, origin);
    }

    /// Records a post with one control.
    fn store(&mut self, prefix: &str, text: String, action: &ControlAction) -> StoredPost {
        let key = PostKey::new(&format!("{prefix}{}", (self.ids)()));
        let stored = StoredPost {
            key: key.as_str().to_owned(),
            text,
            revision: 1,
            controls: vec![action.stored((self.ids)())],
            ..StoredPost::default()
        };
        if let Some(record) = &mut self.record {
            record.state.put_post(stored.clone());
        }
        stored
    }

    fn put_choice(&mut self, stored: StoredPost, controls: Vec<Vec<Control>>, origin: Origin) {
        let post = Post {
            controls,
            is_final: false,
            ..Post::text(stored.text).replying_to(origin.message())
        };
        let purpose = self.purpose(Some(origin));
        self.put(PostKey::new(&stored.key), post, Vec::new(), purpose);
    }

    pub(super) fn undo_pressed(
        &mut self,
        press: Press,
        control: &str,
        (session, until): (&str, i64),
        now: Now,
    ) {
        if now.wall.timestamp() >= until {
            return self.reply(press.interaction, texts::UNDO_EXPIRED);
        }
        self.go_back(press, control, session, texts::undone);
    }

    pub(super) fn resume_chosen(&mut self, press: Press, control: &str) {
        let session = press.values.first().cloned().unwrap_or_default();
        self.go_back(press, control, &session, |by, session| {
            format!("\n{}", texts::resumed(by, session))
        });
    }

    /// Goes on with an earlier session, and says so in the place of the control.
    fn go_back(
        &mut self,
        press: Press,
        control: &str,
        session: &str,
        say: impl Fn(&str, &Record) -> String,
    ) {
        if !press.speaker.role.is_admin() {
            return self.reply(press.interaction, texts::ONLY_ADMINS);
        }
        if self.is_at_work() {
            return self.reply(press.interaction, texts::BUSY);
        }
        let resumed = self
            .record
            .as_ref()
            .and_then(|record| record.resumed(session));
        let Some(mut resumed) = resumed else {
            return self.reply(press.interaction, texts::NOT_EARLIER);
        };
        // If it is lost, the channel's messages up to now would bring back a conversation that was cleared since.
        resumed.state.began_after = Some(MessageId(press.interaction.id));
        tracing::info!(channel = %self.channel, session, by = %press.speaker.id, "an earlier session is resumed");
        let said = say(&press.speaker.name, &resumed);
        self.record = Some(resumed);
        self.acknowledge(press.interaction);
        self.session_changed();
        let is_it = |post: &StoredPost| post.controls.iter().any(|it| it.id == control);
        self.retire_choices(is_it, &said);
    }

    /// Whether something runs or waits, so that the session stays.
    fn is_at_work(&self) -> bool {
        self.turn.is_some() || !self.queue.is_empty() || self.background.has_report()
    }

    /// A session from a terminal shall be the channel's.
    pub(super) fn adopt(&mut self, session: Uuid, client: Client) {
        self.effects.push(if self.is_at_work() {
            let answer = Err(texts::BUSY.to_owned());
            Effect::AnswerClient { client, answer }
        } else {
            let copy = (self.ids)();
            Effect::CopySession {
                session,
                copy,
                client,
            }
        });
    }

    /// Goes on with the copy of a session, which can be left like any other.
    pub(super) fn session_copied(
        &mut self,
        copy: String,
        copied: Result<String, String>,
        client: Client,
        now: Now,
    ) {
        let answer = copied.map(|first_words| {
            tracing::info!(channel = %self.channel, copy, "a session was adopted");
            let before = self.record_mut(now);
            let record = before.adopted(copy, first_words, now.wall);
            let text = texts::adopted(&record, &before.session_id);
            self.record = Some(record);
            self.session_changed();
            self.say(None, &*text);
            text
        });
        self.effects.push(Effect::AnswerClient { client, answer });
    }

    /// The record has another session.
    pub(super) fn session_changed(&mut self) {
        self.process.restarts = false;
        self.save();
        self.stop_process();
    }

    /// Takes the controls of such posts away, and adds to what they say.
    fn retire_choices(&mut self, is_it: impl Fn(&StoredPost) -> bool, more: &str) {
        let Some(record) = &mut self.record else {
            return;
        };
        let retired: Vec<_> = record
            .state
            .posts
            .extract_if(.., |post| is_it(post))
            .collect();
        for stored in retired {
            self.is_dirty = true;
            self.recovery
                .undo_until
                .retain(|(_, key)| *key != stored.key);
            let post = Post::text(stored.text + more);
            self.put(
                PostKey::new(&stored.key),
                post,
                stored.messages,
                Purpose::Other,
            );
        }
    }

    pub(super) fn undo_tick(&mut self, now: Now) {
        let due = self
            .recovery
            .undo_until
            .extract_if(.., |(until, _)| now.mono >= *until);
        let due: Vec<_> = due.map(|(_, key)| key).collect();
        if !due.is_empty() {
            self.retire_choices(|post| due.contains(&post.key), "");
        }
    }

    /// Notes until when the buttons stay that an earlier run of the bot has posted.
    pub(super) fn restore_undo(&mut self, now: Now) {
        let record = self.record.as_ref();
        let posts = record
            .into_iter()
            .flat_map(|record| record.state.undo_posts());
        let left = posts.map(|post| {
            let until = post
                .controls
                .iter()
                .find_map(|control| match ControlAction::of(control) {
                    Some(ControlAction::Undo { until, .. }) => Some(until),
                    _ => None,
                });
            let seconds = until.map_or(0, |until| until.saturating_sub(now.wall.timestamp()));
            let left = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
            (now.mono + left.min(UNDO_TIME), post.key.clone())
        });
        self.recovery.undo_until = left.collect();
    }
}
