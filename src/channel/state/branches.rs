//! Continuing from an answer: `!fork` in a thread, `!rewind` in the channel itself. Both continue a copy of the session
//! that ends there; the session itself stays as it is.

use super::{
    Branch, Effect, Now, State,
    messages::{branches as texts, earlier::BUSY},
    recovery_state::NewThread,
};
use crate::{
    channel::Origin,
    chat::{ChatOp, OpError, OpId, Place},
    ledger::TurnLine,
    registry::{
        Record,
        state::{Branch as StoredBranch, Fork},
    },
    snowflake::{ChannelId, MessageId, UserId},
};

impl State {
    pub(super) fn fork_asked(
        &mut self,
        at: Option<MessageId>,
        (origin, user): (Origin, UserId),
        now: Now,
    ) {
        let place = self.place.as_ref();
        if place.is_none_or(|place| place.guild.is_none()) {
            return self.say(Some(origin), texts::NO_THREADS_HERE);
        }
        if place.is_some_and(|place| place.is_private) {
            return self.say(Some(origin), texts::PRIVATE);
        }
        if let Some(message) = at {
            let branch = Branch::Fork(origin, user);
            return self.effects.push(Effect::FindTurn { message, branch });
        }
        match self.record.as_ref().and_then(Record::fork_point) {
            Some(fork) => self.open_thread(fork, None, (origin, user), now),
            None => self.say(Some(origin), texts::NOTHING_TO_FORK),
        }
    }

    pub(super) fn rewind_asked(&mut self, at: Option<MessageId>, origin: Origin) {
        match at {
            Some(message) => {
                let branch = Branch::Rewind(origin);
                self.effects.push(Effect::FindTurn { message, branch });
            }
            None => self.say(Some(origin), texts::REPLY_TO_REWIND),
        }
    }

    pub(super) fn turn_found(
        &mut self,
        branch: Branch,
        found: Result<Option<Box<TurnLine>>, String>,
        now: Now,
    ) {
        let (Branch::Fork(origin, _) | Branch::Rewind(origin)) = branch;
        let line = match found {
            Ok(line) => line,
            Err(text) => return self.say(Some(origin), text),
        };
        let point = line.and_then(|line| {
            let (from, at) = (line.session.clone(), line.assistant_uuid.clone()?);
            Some((Fork { from, at }, line))
        });
        let Some((fork, line)) = point else {
            return self.say(Some(origin), texts::NOT_AN_ANSWER);
        };
        match branch {
            Branch::Fork(_, user) => {
                let shown_in = line.reply_ids.last().copied().or(line.message);
                self.open_thread(fork, shown_in, (origin, user), now);
            }
            Branch::Rewind(_) if self.turn.is_some() || self.background.has_report() => {
                self.say(Some(origin), BUSY);
            }
            Branch::Rewind(_) => {
                let id = (self.ids)();
                let record = self.record_mut(now);
                *record = record.forked(id, fork, now.wall);
                record.state.began_after = Some(MessageId(origin.id()));
                self.session_changed();
                self.say(Some(origin), texts::REWOUND);
            }
        }
    }

    /// Has a thread created, in the channel or, if it is a thread itself, beside it.
    fn open_thread(
        &mut self,
        fork: Fork,
        message: Option<MessageId>,
        (origin, user): (Origin, UserId),
        now: Now,
    ) {
        let id = (self.ids)();
        let channel = self.channel;
        let is_thread = self.parent().is_some();
        let parent = self.parent().unwrap_or(channel);
        let record = self.record_mut(now);
        let works_in = record.state.works_in.unwrap_or(channel);
        let words = record.state.first_words.as_deref();
        let title = words.map_or_else(|| "Branch".to_owned(), |words| format!("Branch: {words}"));
        let branch = StoredBranch {
            channel: parent,
            message: message.filter(|_| !is_thread),
            title,
            asked_by: origin.id(),
            fork: fork.clone(),
        };
        let record = record.thread(id, fork, works_in, is_thread, now.wall);
        let new = NewThread {
            origin,
            user,
            branch,
            record: Box::new(record),
        };
        self.create_thread(OpId::Fork(channel, origin.id()), new, now);
    }

    /// The thread begins with its branch even if the bot is killed before it has a record.
    fn create_thread(&mut self, id: OpId, new: NewThread, now: Now) {
        let branch = &new.branch;
        let op = ChatOp::CreateThread {
            id,
            channel: branch.channel,
            message: branch.message,
            title: branch.title.clone(),
            takes_existing: false,
        };
        self.record_mut(now).state.add_branch(branch.clone());
        self.save();
        self.chat(op);
        self.recovery.threads.insert(id, new);
    }

    /// From now on the branch is that of this thread alone, however another one is titled.
    fn branch_has_thread(&mut self, branch: &StoredBranch, thread: ChannelId) {
        let branches = self.record.as_mut().map(|it| &mut it.state.branches);
        let mut branches = branches.into_iter().flatten();
        if let Some(known) = branches.find(|known| *known == branch) {
            known.message = Some(MessageId(thread.0));
            self.is_dirty = true;
        }
    }

    /// No thread was created for the branch.
    fn forget_branch(&mut self, branch: &StoredBranch) {
        if let Some(record) = &mut self.record {
            record.state.branches.retain(|known| known != branch);
            self.is_dirty = true;
        }
    }

    /// The channel's, if this is a thread.
    pub(super) fn parent(&self) -> Option<ChannelId> {
        // The place is known only after the first message.
        let of_channel = self.of_channel.as_ref().map(|it| it.channel);
        of_channel.or_else(|| self.place.as_ref().and_then(|place| place.parent))
    }

    pub(super) fn thread_created(&mut self, id: OpId, thread: &Result<Place, OpError>, now: Now) {
        let Some(new) = self.recovery.threads.remove(&id) else {
            return;
        };
        let origin = Some(new.origin);
        match thread {
            Ok(Place { channel, .. }) => {
                let channel = *channel;
                self.branch_has_thread(&new.branch, channel);
                // Discord adds whoever creates a thread, which is the bot.
                self.chat(ChatOp::AddToThread {
                    thread: channel,
                    user: new.user,
                });
                self.effects.push(Effect::Fork {
                    thread: channel,
                    record: new.record,
                });
                self.say(origin, texts::forked(channel));
            }
            // A message can have one thread.
            Err(OpError::Invalid) if new.branch.message.is_some() => {
                self.forget_branch(&new.branch);
                let mut new = new;
                new.branch.message = None;
                self.create_thread(id, new, now);
            }
            Err(why) => {
                // Otherwise the thread may exist.
                if *why != OpError::Failed {
                    self.forget_branch(&new.branch);
                }
                self.say(origin, texts::not_forked(*why));
            }
        }
    }

    /// The channel is a thread that was created with this record.
    pub(super) fn forked(&mut self, record: Record) {
        let known = self.record.as_ref();
        if self.turn.is_some() || known.is_some_and(|known| !known.is_empty()) {
            return self.say(None, texts::THREAD_IN_USE);
        }
        self.continue_as(record);
        self.session_changed();
        self.say(None, texts::FORKED);
    }
}
