//! The workers of all channels. One with nothing to do keeps what it knows, but neither a task nor a queue.

use std::{
    collections::{HashMap, hash_map::Entry},
    future::pending,
};

use tokio::{
    sync::mpsc,
    task::{Id, JoinSet},
};

use crate::snowflake::ChannelId;

pub(super) type Queue<W> = mpsc::UnboundedReceiver<W>;

/// A channel's worker.
pub(super) trait Serve: Send + 'static {
    type Work: Send + 'static;

    /// Works until there is nothing to do, or until the queue is closed and everything is done.
    fn serve(&mut self, queue: &mut Queue<Self::Work>) -> impl Future<Output = ()> + Send;
}

pub(super) struct Crew<W: Serve> {
    workers: HashMap<ChannelId, State<W>>,
    /// Each returns its worker, and the work that came too late for it.
    tasks: JoinSet<(Box<W>, Vec<W::Work>)>,
    channels: HashMap<Id, ChannelId>,
}

enum State<W: Serve> {
    Resting(Box<W>),
    /// Has a queue. The rest of the work came when it was closed, and waits until the worker rests.
    Working(mpsc::UnboundedSender<W::Work>, Vec<W::Work>),
}

impl<W: Serve> Default for Crew<W> {
    fn default() -> Self {
        Self {
            workers: HashMap::new(),
            tasks: JoinSet::new(),
            channels: HashMap::new(),
        }
    }
}

impl<W: Serve> Crew<W> {
    /// Gives work to the channel's worker, after all that it was given before. `new` makes a worker if there is none.
    pub(super) fn give(&mut self, channel: ChannelId, work: W::Work, new: impl FnOnce() -> W) {
        let worker = match self.workers.entry(channel) {
            Entry::Vacant(_) => Box::new(new()),
            Entry::Occupied(mut entry) => match entry.get_mut() {
                State::Working(queue, late) => {
                    if let Err(closed) = queue.send(work) {
                        late.push(closed.0);
                    }
                    return;
                }
                State::Resting(_) => match entry.remove() {
                    State::Resting(worker) => worker,
                    State::Working(..) => return,
                },
            },
        };
        self.start(channel, worker, vec![work]);
    }

    fn start(&mut self, channel: ChannelId, mut worker: Box<W>, work: Vec<W::Work>) {
        let (sender, mut queue) = mpsc::unbounded_channel();
        let late = work.into_iter().filter_map(|work| {
            let sent = sender.send(work);
            sent.err().map(|closed| closed.0)
        });
        let late = late.collect();
        let task = self.tasks.spawn(async move {
            worker.serve(&mut queue).await;
            queue.close();
            let mut late = Vec::new();
            while let Some(work) = queue.recv().await {
                late.push(work);
            }
            (worker, late)
        });
        self.channels.insert(task.id(), channel);
        self.workers.insert(channel, State::Working(sender, late));
    }

    /// Waits until a worker rests or fails. Waits forever while none works. Cancel-safe.
    pub(super) async fn next_resting(&mut self) {
        let Some(ended) = self.tasks.join_next_with_id().await else {
            return pending().await;
        };
        let (id, ended) = match ended {
            Ok((id, ended)) => (id, Some(ended)),
            Err(error) => {
                tracing::error!(%error, "a channel's worker failed; what it had to do is lost");
                (error.id(), None)
            }
        };
        let Some(channel) = self.channels.remove(&id) else {
            return;
        };
        let state = self.workers.remove(&channel);
        let (Some((worker, mut work)), Some(State::Working(_, late))) = (ended, state) else {
            return;
        };
        work.extend(late);
        if work.is_empty() {
            self.workers.insert(channel, State::Resting(worker));
        } else {
            self.start(channel, worker, work);
        }
    }

    /// Waits until everything is done. No more work is given.
    pub(super) async fn finish(mut self) {
        let (closed, _) = mpsc::unbounded_channel();
        while !self.tasks.is_empty() {
            for worker in self.workers.values_mut() {
                if let State::Working(queue, _) = worker {
                    *queue = closed.clone();
                }
            }
            self.next_resting().await;
        }
    }
}

#[cfg(test)]
mod tests;
