//! One channel's worker: sends one request at a time, and shows typing in between.

use std::{
    collections::{HashMap, HashSet},
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, watch};

use super::{
    board::{Acknowledgement, Action, Allowance, Board, Step, StepResult},
    circuit_breaker::CircuitBreaker,
    crew::{Queue, Serve},
    interactions::FIRST_REPLY_WITHIN,
    page::{self, Page},
    permissions::Permissions,
    redaction::PostRedactor,
    sender::{Sender, is_message_gone, lacks_permission, post_failure},
    stream::Stream,
};
use crate::{
    chat::{Body, ChatEvent, Post, PostFailure, PostKey, PostState},
    discord::{
        render::AnswerLimits,
        rest::{Class, Failed},
    },
    redact::Redactor,
    snowflake::MessageId,
};

/// How often typing is shown again. Discord shows it for 10 s (its developer docs, "Trigger typing indicator").
const TYPING: Duration = Duration::from_secs(8);

/// Typing is shown again once nothing that the bot posts has changed for this long. A message of the bot's ends it.
const STILL: Duration = Duration::from_secs(3);

/// How long an answer is waited for before its first words are posted: a short one is then posted whole.
const FIRST_WORDS: Duration = Duration::from_millis(100);

/// The shortest pause between two versions of a post that grows.
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);

pub(super) enum Work {
    Put(PostKey, Box<Post>, Vec<MessageId>),
    Append(PostKey, String),
    Remove(PostKey, Vec<MessageId>),
    Typing(bool),
    /// The bot may have been granted a permission.
    Unblock,
    /// The same, if Discord agrees.
    TryPosting,
    /// Waits until this first reply to an interaction has been sent.
    After(watch::Receiver<bool>),
}

pub(super) struct Worker {
    sender: Sender,
    redactor: PostRedactor,
    limits: AnswerLimits,
    board: Board<Page>,
    /// Answers that grow.
    streams: HashMap<PostKey, Stream>,
    /// When they may be shown again.
    grows_at: Instant,
    permissions: Permissions,
    /// Posts that have lost their files.
    without_files: HashSet<PostKey>,
    breaker: CircuitBreaker,
    /// Why nothing is sent while it is open.
    refused: PostFailure,
    events: mpsc::UnboundedSender<ChatEvent>,
    /// When typing is due to be shown again; `None` while no turn runs.
    typing: Option<Instant>,
    /// Whether nothing more may be sent. The bot's next start does the rest.
    is_shut_down: bool,
}

impl Worker {
    pub(super) fn new(
        sender: Sender,
        redactor: &Arc<Redactor>,
        limits: AnswerLimits,
        breaker: CircuitBreaker,
        events: mpsc::UnboundedSender<ChatEvent>,
    ) -> Self {
        Self {
            redactor: PostRedactor::new(redactor, sender.channel),
            sender,
            limits,
            board: Board::default(),
            streams: HashMap::new(),
            grows_at: Instant::now(),
            permissions: Permissions::default(),
            without_files: HashSet::new(),
            breaker,
            refused: PostFailure::Refused,
            events,
            typing: None,
            is_shut_down: false,
        }
    }

    /// Frees what is of no more use.
    fn forget(&mut self) {
        let board = &self.board;
        self.redactor.forget(|key| board.has(key));
        self.streams.shrink_to_fit();
        self.without_files.shrink_to_fit();
        self.board.shrink();
    }

    /// Brings the posts that grow up to date.
    fn refresh(&mut self) {
        for (key, stream) in &mut self.streams {
            if stream.is_stale() {
                let pages = stream.pages(self.redactor.redactor());
                let pages = self.redactor.redact_pages(pages);
                self.board.grow(key, pages, &[]);
            }
        }
    }

    async fn take(&mut self, work: Work) {
        match work {
            Work::After(mut sent) => {
                // Fails if the reply did, and later than this a reply is refused.
                let sent = sent.wait_for(|sent| *sent);
                drop(tokio::time::timeout(FIRST_REPLY_WITHIN, sent).await);
            }
            Work::Unblock => self.unblock(),
            Work::TryPosting => self.try_posting().await,
            Work::Typing(on) => self.typing = on.then(Instant::now),
            Work::Remove(key, known) => {
                self.streams.remove(&key);
                self.board.remove(&key, &known);
            }
            Work::Append(key, text) => {
                if let Some(stream) = self.streams.get_mut(&key) {
                    stream.append(&text);
                }
            }
            Work::Put(key, post, known) => {
                let is_final = post.is_final;
                let is_refused = self.is_shut_down || self.breaker.is_open(Instant::now());
                if let (Body::Answer(text), false) = (&post.body, is_final) {
                    if is_refused {
                        return;
                    }
                    let before = self.redactor.before(&key);
                    let stream = Stream::new(&post, text, before, &self.limits);
                    self.grows_at = self.grows_at.max(Instant::now() + FIRST_WORDS);
                    self.board.grow(&key, Vec::new(), &known);
                    self.streams.insert(key, stream);
                    return;
                }
                self.streams.remove(&key);
                let post = self.redactor.redact(&key, *post);
                let pages = self.redactor.redact_pages(page::pages(post, &self.limits));
                let pages = self.fit(&key, pages);
                self.board.put(key, pages, &known, is_final);
                if self.is_shut_down {
                    self.board.fail_all(PostFailure::ShuttingDown);
                } else if self.breaker.is_open(Instant::now()) {
                    let channel = self.sender.channel;
                    tracing::debug!(%channel, "post dropped: the channel has rejected the bot");
                    self.board.fail_all(self.refused);
                }
            }
        }
    }

    fn budget(&self) -> Allowance {
        let rest = &self.sender.rest;
        let [create, edit, delete] = self.sender.routes().map(|route| rest.may_send(&route));
        Allowance {
            create,
            edit,
            delete,
            grow: Instant::now() >= self.grows_at,
        }
    }

    async fn carry_out(&mut self, step: Step<Page>) {
        let result = match &step.action {
            Action::Create { page, incarnation } => {
                let nonce = page::nonce(&step.key, step.index, *incarnation);
                self.sender.create(page, &nonce).await.map(Some)
            }
            Action::Edit { id, from, page } => {
                let grows = self.streams.contains_key(&step.key);
                let pages = (from.as_ref(), page);
                let edited = self.sender.edit(*id, pages, grows).await;
                edited.map(|()| None)
            }
            Action::Delete { id } => self.sender.delete(*id).await.map(|()| None),
        };
        let is_create = matches!(step.action, Action::Create { .. });
        let is_delete = matches!(step.action, Action::Delete { .. });
        let outcome = match result {
            Ok(id) => {
                self.breaker.succeeded();
                StepResult::Done(id)
            }
            Err(failed) if !is_create && is_message_gone(&failed) => StepResult::Gone,
            Err(failed) if lacks_permission(&failed) && self.drop_unpermitted(&step) => return,
            Err(failed) => StepResult::Failed(self.failed(&failed)),
        };
        if !is_delete && matches!(outcome, StepResult::Done(_)) {
            self.typing = self.typing.map(|_| Instant::now() + STILL);
        }
        let key = step.key.clone();
        self.board.done(step, outcome);
        if self.board.may_wait(&key) {
            let [_, edit, _] = self.sender.routes();
            let pause = self.sender.rest.pause(&edit).max(SHORTEST_PAUSE);
            self.grows_at = Instant::now() + pause;
        }
        if self.is_shut_down {
            self.board.fail_all(PostFailure::ShuttingDown);
        }
    }

    /// The pages as the channel accepts them.
    fn fit(&mut self, key: &PostKey, pages: Vec<Page>) -> Vec<Page> {
        let now = Instant::now();
        if pages
            .iter()
            .any(|page| self.permissions.drops_files(page, now))
        {
            self.without_files.insert(key.clone());
        }
        let pages = pages.into_iter();
        pages
            .flat_map(|page| self.permissions.fit(page, now))
            .collect()
    }

    /// Leaves out of a refused page what it may lack the permission for. `false` if it is plain text.
    fn drop_unpermitted(&mut self, step: &Step<Page>) -> bool {
        let (Action::Create { page, .. } | Action::Edit { page, .. }) = &step.action else {
            return false;
        };
        let Some(missing) = self.permissions.refused(page, Instant::now()) else {
            return false;
        };
        let (channel, permission) = (self.sender.channel, missing.name(false));
        tracing::warn!(%channel, permission, "the bot probably lacks a permission here: posts come without what needs it");
        let wanted = self.board.wanted(&step.key).map(std::mem::take);
        let pages = self.fit(&step.key, wanted.unwrap_or_default());
        if let Some(wanted) = self.board.wanted(&step.key) {
            *wanted = pages;
        }
        true
    }

    /// Logs a failure; returns what the channel is told.
    fn failed(&mut self, failed: &Failed) -> PostFailure {
        let (channel, reason) = (self.sender.channel, &failed.reason);
        let status = failed.status.unwrap_or_default();
        if self.breaker.failed(status, Instant::now()) {
            tracing::error!(
                %channel,
                reason,
                "the bot may not write here: nothing is sent to this channel for 10 minutes. If it should be able to, \
                 check its permissions"
            );
        } else if !self.breaker.is_open(Instant::now()) {
            tracing::error!(%channel, reason, "failed to send a post");
        }
        let failure = post_failure(failed);
        if self.breaker.is_open(Instant::now()) {
            self.refused = failure;
        }
        self.is_shut_down |= failure == PostFailure::ShuttingDown;
        failure
    }

    /// Finds out whether the bot may post, by what takes the same permission and leaves nothing.
    async fn try_posting(&mut self) {
        let channel = self.sender.channel;
        let failed = self.sender.typing(Class::Notice).await.err();
        let refused = failed.filter(|failed| matches!(failed.status, Some(403 | 404)));
        let may_post = refused.is_none();
        match refused {
            Some(failed) => drop(self.failed(&failed)),
            None => self.unblock(),
        }
        if self
            .events
            .send(ChatEvent::Unblocked { channel, may_post })
            .is_err()
        {
            tracing::debug!(%channel, "the bot is shutting down; nobody waits for a result");
        }
    }

    fn unblock(&mut self) {
        self.permissions = Permissions::default();
        self.breaker.succeeded();
    }

    async fn show_typing(&mut self) {
        self.typing = Some(Instant::now() + TYPING);
        let now = Instant::now();
        if self.breaker.is_open(now) {
            return;
        }
        if let Err(failed) = self.sender.typing(Class::Reaction).await {
            let channel = self.sender.channel;
            tracing::debug!(%channel, reason = failed.reason, "failed to show typing");
            if matches!(failed.status, Some(403 | 404)) {
                self.failed(&failed);
            }
        }
    }

    fn acknowledge(&mut self) {
        let channel = self.sender.channel;
        for Acknowledgement {
            key,
            messages,
            state,
        } in self.board.acknowledge()
        {
            let state = match state {
                PostState::Whole if self.without_files.remove(&key) => {
                    PostState::Failed(PostFailure::WithoutFiles)
                }
                state => state,
            };
            let event = ChatEvent::Posted {
                channel,
                key,
                messages,
                state,
            };
            if self.events.send(event).is_err() {
                tracing::debug!(%channel, "the bot is shutting down; its next start does the rest");
            }
        }
    }
}

impl Serve for Worker {
    type Work = Work;

    async fn serve(&mut self, work: &mut Queue<Work>) {
        let mut is_open = true;
        loop {
            while let Ok(next) = work.try_recv() {
                self.take(next).await;
            }
            self.acknowledge();
            let budget = self.budget();
            if budget.grow && (budget.edit || budget.create) {
                self.refresh();
            }
            if let Some(step) = self.board.next(budget) {
                self.carry_out(step).await;
                continue;
            }
            let has_more = !self.board.is_settled() || self.streams.values().any(Stream::is_stale);
            if !has_more && (!is_open || self.typing.is_none()) {
                return self.forget();
            }
            let grows_at = (has_more && !budget.grow).then_some(self.grows_at);
            let rest = self.sender.rest.clone();
            let [create, edit, delete] = self.sender.routes();
            let routes = [
                (create, budget.create),
                (edit, budget.edit),
                (delete, budget.delete),
            ];
            let limited = routes.into_iter().filter(|(_, may_send)| !may_send);
            let limited: Vec<_> = limited.map(|(route, _)| route).collect();
            // While it waits for rate limits, newer versions may arrive.
            tokio::select! {
                biased;
                next = work.recv(), if is_open => match next {
                    Some(next) => self.take(next).await,
                    None => is_open = false,
                },
                () = rest.until_any_may_send(&limited), if has_more && !limited.is_empty() => {}
                () = until(grows_at) => {}
                () = until(self.typing) => self.show_typing().await,
            }
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests;
