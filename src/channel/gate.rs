//! What is let through to the channels: limits, and no endless talk between bots.
//!
//! One gate for all channels, since a person's limit holds in all of them together. A thread counts as the channel
//! that it belongs to: else whoever has reached a channel's limit could open another thread. The rules are
//! [`limits`](crate::limits)'; this is where they meet messages and turns.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::{
    item::{Item, Wish},
    threads::Threads,
    words,
};
use crate::{
    config::LimitSettings,
    discord::command::Command,
    external::{Role, Speaker},
    ledger::Line,
    limits::{Limits, Streak},
    snowflake::ChannelId,
};

/// The gate.
#[derive(Debug)]
pub struct Gate {
    counts: Mutex<(Limits, Streak)>,
    threads: Threads,
}

impl Gate {
    /// A gate that knows what the turns of the last day have cost.
    #[must_use]
    pub fn new(settings: LimitSettings, threads: Threads, booked: &[Line]) -> Self {
        let counts = (Limits::new(settings), Streak::new(settings.bots_in_a_row));
        let gate = Self {
            counts: Mutex::new(counts),
            threads,
        };
        for line in booked {
            gate.booked(line);
        }
        gate
    }

    /// What becomes of something that has just come in. What waits in a queue counts already. What is refused goes
    /// the same way as a hint, in its order; `None` where not even that may be said: the other side is a bot, and
    /// it would answer.
    pub(super) fn admit(
        &self,
        channel: ChannelId,
        mut item: Item,
        now: DateTime<Utc>,
    ) -> Option<Item> {
        let place = self.place(channel);
        let (limits, streak) = &mut *self.lock();
        let is_bot = item.speaker.role == Role::Bot;
        if !streak.admits(place, is_bot) {
            return None;
        }
        let begins_a_turn = matches!(
            item.wish,
            Wish::Words { .. } | Wish::Command(Command::Compact)
        );
        if begins_a_turn
            && !item.speaker.role.is_admin()
            && let Err(reached) = limits.take(item.speaker.id, place, now)
        {
            tracing::info!(%channel, user = %item.speaker.id, ?reached, "a limit is reached");
            item.wish = Wish::Hint(words::limit_reached(&reached));
        }
        Some(item)
    }

    /// Whether a turn may cost something now. It may have waited since it was let through.
    ///
    /// # Errors
    ///
    /// Words for the person.
    pub(super) fn may_spend(
        &self,
        channel: ChannelId,
        speaker: &Speaker,
        now: DateTime<Utc>,
    ) -> Result<(), String> {
        if speaker.role.is_admin() {
            return Ok(());
        }
        let place = self.place(channel);
        let (limits, _) = &mut *self.lock();
        limits
            .check_cost(speaker.id, place, now)
            .map_err(|reached| words::limit_reached(&reached))
    }

    /// Counts a turn that has been booked.
    pub(super) fn booked(&self, line: &Line) {
        let place = line.thread_of.unwrap_or_else(|| self.place(line.channel));
        let (limits, _) = &mut *self.lock();
        limits.spent(line.author, place, line.cost_usd, line.time);
    }

    /// Where what happens in a channel counts.
    fn place(&self, channel: ChannelId) -> ChannelId {
        self.threads.parent(channel).unwrap_or(channel)
    }

    fn lock(&self) -> MutexGuard<'_, (Limits, Streak)> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        channel::{Origin, Via},
        config::Limit,
        ledger::example,
        money::Usd,
        snowflake::{MessageId, UserId},
    };

    const HERE: ChannelId = ChannelId(1);

    fn gate(messages: u32, booked: &[Line]) -> Gate {
        let user = Limit {
            messages_per_hour: Some(messages),
            usd_per_day: Some(Usd::from_dollars(1.0)),
        };
        let settings = LimitSettings {
            user,
            bots_in_a_row: 1,
            ..LimitSettings::default()
        };
        Gate::new(settings, Threads::default(), booked)
    }

    fn item(role: Role, wish: Wish) -> Item {
        Item {
            origin: Origin::Message(MessageId(1)),
            speaker: Speaker {
                id: UserId(2),
                name: "Ada".to_owned(),
                role,
            },
            wish,
            via: Via::Gateway,
        }
    }

    fn words() -> Wish {
        Wish::Words {
            words: "hello".to_owned(),
            context: Box::default(),
        }
    }

    /// How it comes out: as it was, as a hint, or not at all.
    fn outcome(gate: &Gate, role: Role, wish: &Wish) -> &'static str {
        match gate.admit(HERE, item(role, wish.clone()), DateTime::UNIX_EPOCH) {
            Some(item) if item.wish == *wish => "through",
            Some(Item {
                wish: Wish::Hint(_),
                ..
            }) => "hint",
            Some(_) => "changed",
            None => "nothing",
        }
    }

    #[test]
    fn limits_concern_members_and_turns_alone() {
        let gate = gate(1, &[]);
        assert_eq!(outcome(&gate, Role::Member, &words()), "through");
        assert_eq!(outcome(&gate, Role::Member, &words()), "hint");
        assert_eq!(
            outcome(&gate, Role::Member, &Wish::Command(Command::Compact)),
            "hint"
        );
        assert_eq!(
            outcome(&gate, Role::Member, &Wish::Command(Command::Stop)),
            "through"
        );
        assert_eq!(
            outcome(&gate, Role::Member, &Wish::Hint("x".to_owned())),
            "through"
        );
        for role in [Role::Owner, Role::Admin] {
            assert_eq!(outcome(&gate, role, &words()), "through");
        }
    }

    #[test]
    fn what_was_booked_before_the_start_counts() {
        let line = Line {
            cost_usd: Usd::from_dollars(1.0),
            ..example()
        };
        let gate = gate(9, std::slice::from_ref(&line));
        assert_eq!(outcome(&gate, Role::Member, &words()), "hint");
        let speaker = item(Role::Member, words()).speaker;
        assert!(gate.may_spend(HERE, &speaker, line.time).is_err());
        let owner = Speaker {
            role: Role::Owner,
            ..speaker
        };
        assert_eq!(gate.may_spend(HERE, &owner, line.time), Ok(()));
    }

    #[test]
    fn a_thread_counts_as_its_channel() {
        let (thread, member) = (ChannelId(7), UserId(3));
        let threads = Threads::default();
        threads.learn(thread, HERE, "aside".to_owned());
        let limit = Limit {
            messages_per_hour: Some(2),
            usd_per_day: Some(Usd::from_dollars(1.0)),
        };
        let settings = LimitSettings {
            channel: limit,
            bots_in_a_row: 1,
            ..LimitSettings::default()
        };
        let is_hint = |item: Option<Item>| matches!(item.unwrap().wish, Wish::Hint(_));
        let now = DateTime::UNIX_EPOCH;

        let gate = Gate::new(settings, threads.clone(), &[]);
        assert!(!is_hint(gate.admit(HERE, item(Role::Member, words()), now)));
        assert!(!is_hint(gate.admit(
            thread,
            item(Role::Member, words()),
            now
        )));
        for channel in [HERE, thread] {
            assert!(is_hint(gate.admit(
                channel,
                item(Role::Member, words()),
                now
            )));
        }
        assert!(gate.admit(HERE, item(Role::Bot, words()), now).is_some());
        assert!(gate.admit(thread, item(Role::Bot, words()), now).is_none());

        // What was spent there holds everywhere else too, also when it was before a start that knows no thread yet.
        let line = Line {
            channel: thread,
            thread_of: Some(HERE),
            cost_usd: Usd::from_dollars(1.0),
            author: member,
            ..example()
        };
        let speaker = item(Role::Member, words()).speaker;
        for (threads, others) in [(threads, thread), (Threads::default(), HERE)] {
            let gate = Gate::new(settings, threads, std::slice::from_ref(&line));
            for channel in [HERE, others] {
                assert!(gate.may_spend(channel, &speaker, line.time).is_err());
            }
            assert_eq!(gate.may_spend(ChannelId(8), &speaker, line.time), Ok(()));
        }
    }

    #[test]
    fn a_bot_is_answered_so_often_until_a_person_speaks() {
        let gate = gate(9, &[]);
        assert_eq!(outcome(&gate, Role::Bot, &words()), "through");
        assert_eq!(
            outcome(&gate, Role::Bot, &Wish::Command(Command::Help)),
            "nothing"
        );
        assert_eq!(
            outcome(&gate, Role::Member, &Wish::Command(Command::Help)),
            "through"
        );
        assert_eq!(outcome(&gate, Role::Bot, &words()), "through");
    }
}
