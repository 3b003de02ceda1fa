//! The handle that a test holds: it starts the server, scripts it, waits for it and reads it.

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
use crate::record::{Call, Record, Stray, TooLate};
use crate::request::Request;
use crate::routes;

/// A running server. It ends when this is dropped.
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

    /// What to put into `ANTHROPIC_BASE_URL`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Queues an answer for the next request that no queued answer waits for.
    pub fn push(&self, answer: Answer) {
        self.push_with(move |_| answer.clone());
    }

    /// Queues an answer that is made of the request.
    pub fn push_with(&self, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
        self.record.push(Arc::new(script));
    }

    /// Sets what answers requests while the queue is empty, in place of
    /// [`directed`](crate::directed).
    pub fn set_default(&self, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
        self.record.set_default(Arc::new(script));
    }

    /// From now on requests are recorded but not answered, until the hold is released or dropped.
    /// A new hold takes the place of one before it for the requests to come.
    pub fn hold(&self) -> Hold {
        let gate = Arc::new(Semaphore::new(0));
        self.record.set_gate(Some(Arc::clone(&gate)));
        Hold {
            gate,
            record: Arc::clone(&self.record),
        }
    }

    /// Lets the answers to all requests so far go on that stand still, or would later.
    pub fn resume(&self) {
        self.record.resume();
    }

    /// All requests for answers so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.record.calls()
    }

    /// All requests for answers so far, without what became of them.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.calls().into_iter().map(|call| call.request).collect()
    }

    /// All other requests so far.
    #[must_use]
    pub fn strays(&self) -> Vec<Stray> {
        self.record.strays()
    }

    /// What the answers so far cost by list price.
    #[must_use]
    pub fn billed(&self) -> Bill {
        self.record.bill_so_far()
    }

    /// Waits until `count` requests for answers have come, and gives all that came.
    ///
    /// # Errors
    ///
    /// [`TooLate`] when they have not come after `deadline`.
    pub async fn wait_for_requests(
        &self,
        count: usize,
        deadline: Duration,
    ) -> Result<Vec<Request>, TooLate> {
        let calls = self
            .wait_until(deadline, |calls| calls.len() >= count)
            .await?;
        Ok(calls.into_iter().map(|call| call.request).collect())
    }

    /// Waits until `holds` is true of the requests for answers and what became of them.
    ///
    /// # Errors
    ///
    /// [`TooLate`] when it is not true after `deadline`.
    pub async fn wait_until(
        &self,
        deadline: Duration,
        holds: impl Fn(&[Call]) -> bool,
    ) -> Result<Vec<Call>, TooLate> {
        let mut changes = self.record.changes.subscribe();
        let wait = async {
            loop {
                let calls = self.calls();
                // The sender lives in `self.record`, so there is always another change to wait for.
                if holds(&calls) || changes.changed().await.is_err() {
                    return calls;
                }
            }
        };
        match time::timeout(deadline, wait).await {
            Ok(calls) => Ok(calls),
            Err(_) => Err(TooLate {
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

/// Holds answers back before their first byte. Dropping it releases them all.
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
    /// Lets one answer go, the one that waits longest or the next to come.
    pub fn release_one(&self) {
        self.gate.add_permits(1);
    }

    /// Lets all answers go and holds no more.
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
