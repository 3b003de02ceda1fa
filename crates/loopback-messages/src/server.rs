//! The handle for tests: starts the server, scripts it, waits for requests and reads the record.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time;

use crate::answer::Answer;
use crate::price::Bill;
use crate::record::{Call, Record, Stray, WaitError};
use crate::request::Request;
use crate::routes;

/// A running server. Dropping it ends it.
pub struct LoopbackMessages {
    url: String,
    record: Arc<Record>,
    task: JoinHandle<io::Result<()>>,
}

impl fmt::Debug for LoopbackMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopbackMessages")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl LoopbackMessages {
    /// Starts a server on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When no port can be bound.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let record = Arc::new(Record::new());
        let router = routes::router(Arc::clone(&record));
        let task = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, record, task })
    }

    /// The value for `ANTHROPIC_BASE_URL`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Queues an answer. Each request takes the first one in the queue.
    pub fn push(&self, answer: Answer) {
        self.push_with(move |_| answer.clone());
    }

    /// Queues a function that makes the answer from the request.
    pub fn push_with(&self, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
        self.record.push(Arc::new(script));
    }

    /// Sets the function that answers requests while the queue is empty;
    /// [`directed`](crate::directed) at first.
    pub fn set_default(&self, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
        self.record.set_default(Arc::new(script));
    }

    /// Records requests from now on without answering them, until the hold is released or dropped. A new
    /// hold replaces the previous one for later requests.
    pub fn hold(&self) -> Hold {
        let gate = Arc::new(Semaphore::new(0));
        self.record.set_gate(Some(Arc::clone(&gate)));
        Hold {
            gate,
            record: Arc::clone(&self.record),
        }
    }

    /// Resumes the answers to all requests so far that have stalled, or would stall later.
    pub fn resume(&self) {
        self.record.resume();
    }

    /// All requests for answers so far, with their outcomes.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.record.calls()
    }

    /// All requests for answers so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.calls().into_iter().map(|call| call.request).collect()
    }

    /// All other requests so far.
    #[must_use]
    pub fn strays(&self) -> Vec<Stray> {
        self.record.strays()
    }

    /// The costs of the answers so far, by list price.
    #[must_use]
    pub fn billed(&self) -> Bill {
        self.record.bill_so_far()
    }

    /// Waits until at least `count` requests for answers have arrived, and returns all of them.
    ///
    /// # Errors
    ///
    /// [`WaitError`] when there are fewer after `deadline`.
    pub async fn wait_for_requests(
        &self,
        count: usize,
        deadline: Duration,
    ) -> Result<Vec<Request>, WaitError> {
        let calls = self
            .wait_until(deadline, |calls| calls.len() >= count)
            .await?;
        Ok(calls.into_iter().map(|call| call.request).collect())
    }

    /// Waits until `holds` is true for the requests for answers so far.
    ///
    /// # Errors
    ///
    /// [`WaitError`] when it is still false after `deadline`.
    pub async fn wait_until(
        &self,
        deadline: Duration,
        holds: impl Fn(&[Call]) -> bool,
    ) -> Result<Vec<Call>, WaitError> {
        let mut changes = self.record.changes.subscribe();
        let wait = async {
            loop {
                let calls = self.calls();
                // `self.record` owns the sender, so that waiting never fails.
                if holds(&calls) || changes.changed().await.is_err() {
                    return calls;
                }
            }
        };
        match time::timeout(deadline, wait).await {
            Ok(calls) => Ok(calls),
            Err(_) => Err(WaitError {
                deadline,
                calls: self.calls(),
            }),
        }
    }
}

impl Drop for LoopbackMessages {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Holds answers back before their first byte. Dropping it releases all of them.
#[must_use = "dropping the hold releases all answers"]
pub struct Hold {
    gate: Arc<Semaphore>,
    record: Arc<Record>,
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold").finish_non_exhaustive()
    }
}

impl Hold {
    /// Releases one answer: the one that has waited longest, or the next one.
    pub fn release_one(&self) {
        self.gate.add_permits(1);
    }

    /// Releases all answers and ends the hold.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let current = self.record.gate();
        if current.is_some_and(|gate| Arc::ptr_eq(&gate, &self.gate)) {
            self.record.set_gate(None);
        }
        self.gate.close();
    }
}
