//! Taking granted rules back: by `!tools revoke RULE`, or by a button of the list that `!tools` shows.
//!
//! The process that has the rule takes no other turn. While it works on one, a button of the answer ends that at once.

use super::{
    Effect, Now, Press, State,
    controls::{ControlAction, buttons, has_action},
    delivery::Purpose,
    messages::approvals as texts,
};
use crate::{
    channel::Origin,
    chat::{Post, PostKey},
    registry::state::StoredPost,
    snowflake::MessageId,
};

/// How many rules have a button: as many as Discord puts below a message.
const MOST_BUTTONS: usize = 25;

impl State {
    /// Lists the rules in force, with buttons that take the granted ones back.
    pub(super) fn show_tools(&mut self, origin: Origin) {
        if let Some(before) = self.list_of_rules() {
            // Only the newest list has buttons.
            self.close_post(&before, None);
        }
        let (text, controls) = self.tools();
        if controls.is_empty() {
            return self.say(Some(origin), text);
        }
        let purpose = self.purpose(Some(origin));
        self.post_with(text, &controls, origin.message(), purpose);
    }

    /// The text of the list, and what its buttons do.
    fn tools(&self) -> (String, Vec<ControlAction>) {
        let rules = self.config.allowed_tools_for(self.settings_from());
        let (grants, of_channel) = (self.grants(), self.channel_grants().len());
        let text = texts::rules_in_force(rules, (&grants, of_channel), self.asks_for_approval());
        let newest = grants.into_iter().skip(of_channel).rev();
        let revoke = |rule| ControlAction::Revoke { rule };
        let controls = newest.take(MOST_BUTTONS);
        let controls = controls.map(|grant| revoke(grant.rule)).collect();
        (text, controls)
    }

    /// Takes a granted rule back for `!tools revoke RULE`.
    pub(super) fn revoke(&mut self, rule: &str, origin: Origin) {
        let of_channel = self.of_channel.as_ref();
        let of_channel =
            of_channel.filter(|_| self.channel_grants().iter().any(|it| it.rule == rule));
        if let Some(channel) = of_channel.map(|it| it.channel) {
            self.say(Some(origin), texts::granted_in_channel(rule, channel));
        } else if self.take_back(rule) {
            self.say_revoked(rule, Some(origin), None);
        } else {
            let text = texts::not_granted(rule, self.grants().len());
            self.say(Some(origin), text);
        }
    }

    /// A button of the list was pressed.
    pub(super) fn revoke_pressed(&mut self, press: Press, rule: &str) {
        if !may_revoke(&press) {
            return self.reply(press.interaction, texts::MAY_NOT_REVOKE);
        }
        if !self.take_back(rule) {
            self.reply(press.interaction, texts::ALREADY_REVOKED);
            return self.refresh_list();
        }
        self.acknowledge(press.interaction);
        self.say_revoked(rule, None, Some(&press.speaker.name));
    }

    /// `false` if it is not granted.
    fn take_back(&mut self, rule: &str) -> bool {
        let grants = self.record.as_mut().map(|record| &mut record.state.grants);
        let is_revoked = grants.is_some_and(|grants| {
            let before = grants.len();
            grants.retain(|grant| grant.rule != rule);
            before != grants.len()
        });
        if is_revoked {
            tracing::info!(channel = %self.channel, rule, "a granted rule was revoked");
            self.save();
            self.process.outdate();
            self.refresh_list();
            self.effects.push(Effect::RevokeInThreads(rule.to_owned()));
        }
        is_revoked
    }

    /// The rule was taken back in the thread's channel.
    pub(super) fn revoked_in_channel(&mut self, rule: &str) {
        let grants = self.of_channel.as_mut().map(|it| &mut it.settings.grants);
        let held =
            grants.is_some_and(|grants| grants.extract_if(.., |it| it.rule == rule).count() > 0);
        let has_process = !self.process.is_absent();
        if held {
            self.process.outdate();
            self.refresh_list();
        }
        // An earlier version copied the channel's rules.
        if self.take_back(rule) || (held && has_process) {
            self.say_revoked(rule, None, None);
        }
    }

    fn say_revoked(&mut self, rule: &str, origin: Option<Origin>, by: Option<&str>) {
        let asked = self.turn.as_ref().filter(|_| self.is_asked());
        let turn = asked.map(|turn| turn.id.clone());
        let text = texts::revoked(rule, by, turn.is_some());
        match turn {
            Some(turn) => {
                let purpose = self.purpose(origin);
                let reply_to = origin.and_then(Origin::message);
                let stop = [ControlAction::StopTurn { turn }];
                self.post_with(text, &stop, reply_to, purpose);
            }
            None => self.say(origin, text),
        }
    }

    /// The button that ends the turn which still has a revoked rule.
    pub(super) fn stop_turn_pressed(&mut self, press: Press, turn: &str, now: Now) {
        if !may_revoke(&press) {
            return self.reply(press.interaction, texts::MAY_NOT_REVOKE);
        }
        let running = self.turn.as_mut().filter(|running| running.id == turn);
        match running {
            Some(running) if !running.is_cancelled() => {
                let name = press.speaker.name.clone();
                running.stopped_by = Some(name.clone());
                self.acknowledge(press.interaction);
                self.close_stop_offers();
                self.stop(None, Some(&name), now);
            }
            _ => self.reply(press.interaction, texts::TURN_IS_OVER),
        }
    }

    /// Takes the buttons away that end a turn.
    pub(super) fn close_stop_offers(&mut self) {
        let is_offer = |action| matches!(action, ControlAction::StopTurn { .. });
        for key in self.posts_with(is_offer) {
            self.close_post(&key, None);
        }
    }

    fn list_of_rules(&self) -> Option<PostKey> {
        let is_list = |action| matches!(action, ControlAction::Revoke { .. });
        self.posts_with(is_list).pop()
    }

    fn posts_with(&self, is_it: impl Fn(ControlAction) -> bool) -> Vec<PostKey> {
        let posts = self.record.iter().flat_map(|record| &record.state.posts);
        let posts = posts.filter(|post| has_action(post, &is_it));
        posts.map(|post| PostKey::new(&post.key)).collect()
    }

    /// Brings the list up to date.
    fn refresh_list(&mut self) {
        let Some(key) = self.list_of_rules() else {
            return;
        };
        let (text, controls) = self.tools();
        if controls.is_empty() {
            return self.close_post(&key, Some(text));
        }
        let controls = controls.iter().map(|action| action.stored((self.ids)()));
        let controls = controls.collect();
        let record = self.record.as_mut();
        let stored = record.and_then(|record| record.state.post_mut(key.as_str()));
        let Some(stored) = stored else { return };
        (stored.text, stored.controls) = (text, controls);
        stored.revision += 1;
        let stored = stored.clone();
        self.is_dirty = true;
        let post = post_of(&stored);
        self.put_stored(&stored, post);
    }

    fn post_with(
        &mut self,
        text: String,
        actions: &[ControlAction],
        reply_to: Option<MessageId>,
        purpose: Purpose,
    ) {
        let key = self.new_key();
        let controls = actions.iter().map(|action| action.stored((self.ids)()));
        let stored = StoredPost {
            key: key.as_str().to_owned(),
            text,
            revision: 1,
            controls: controls.collect(),
            ..StoredPost::default()
        };
        let post = post_of(&stored).replying_to(reply_to);
        if let Some(record) = &mut self.record {
            record.state.put_post(stored);
            self.save();
        }
        self.put(key, post, Vec::new(), purpose);
    }

    /// Takes a post's buttons away, and forgets it.
    fn close_post(&mut self, key: &PostKey, text: Option<String>) {
        let Some(record) = &mut self.record else {
            return;
        };
        let posts = &mut record.state.posts;
        if let Some(at) = posts.iter().position(|post| post.key == key.as_str()) {
            let stored = posts.remove(at);
            self.is_dirty = true;
            let text = text.unwrap_or_else(|| stored.text.clone());
            self.put_stored(&stored, Post::text(text));
        }
    }
}

fn may_revoke(press: &Press) -> bool {
    press.may_approve || press.speaker.role.is_admin()
}

fn post_of(stored: &StoredPost) -> Post {
    Post {
        controls: buttons(stored),
        is_final: false,
        ..Post::text(stored.text.clone())
    }
}
