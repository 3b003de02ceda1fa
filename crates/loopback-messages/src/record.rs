//! The record of requests and their outcomes, and the queue of answers.
//!
//! This is all state of the server, behind one lock that is never held while waiting.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};

use crate::answer::Answer;
use crate::plan;
use crate::price::Bill;
use crate::request::Request;
use crate::usage::Usage;

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is being answered, or held.
    Open,
    /// It was answered completely.
    Answered,
    /// It was refused with this HTTP status.
    Refused(u16),
    /// The client disconnected before the end.
    Cut,
}

/// A request and its outcome.
#[derive(Clone, Debug)]
pub struct Call {
    /// The request as received.
    pub request: Request,
    /// Its outcome so far.
    pub outcome: Outcome,
    /// The usage that the client was told.
    pub billed: Usage,
    /// When the first token of a streamed answer was sent.
    pub first_token: Option<Instant>,
}

/// A request to any other route, or with an invalid body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// The HTTP method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The HTTP status of the response.
    pub status: u16,
}

/// A condition did not hold in time.
#[derive(Debug)]
pub struct WaitError {
    pub(crate) deadline: Duration,
    pub(crate) calls: Vec<Call>,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "timed out after {:?}; received {} requests",
            self.deadline,
            self.calls.len()
        )?;
        for call in &self.calls {
            let request = &call.request;
            write!(
                f,
                "\n  {} {:?}: {:?}",
                request.model(),
                call.outcome,
                request.person()
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for WaitError {}

/// A function from a request to its answer.
pub(crate) type Script = Arc<dyn Fn(&Request) -> Answer + Send + Sync>;

/// The state that the handle and the routes share.
pub(crate) struct Record {
    state: Mutex<State>,
    /// Notifies of every change of `calls`.
    pub(crate) changes: watch::Sender<()>,
    /// Answers to requests below this index no longer stall.
    resumed: watch::Sender<usize>,
}

struct State {
    calls: Vec<Call>,
    strays: Vec<Stray>,
    queue: VecDeque<Script>,
    default: Script,
    /// If set, answers take a permit before their first byte.
    gate: Option<Arc<Semaphore>>,
}

impl Record {
    pub(crate) fn new() -> Self {
        let state = State {
            calls: Vec::new(),
            strays: Vec::new(),
            queue: VecDeque::new(),
            default: Arc::new(plan::directed),
            gate: None,
        };
        Self {
            state: Mutex::new(state),
            changes: watch::Sender::new(()),
            resumed: watch::Sender::new(0),
        }
    }

    /// Records a request. Returns it with its index, and its answer.
    pub(crate) fn open(&self, mut request: Request) -> (Request, Answer) {
        let mut state = self.lock();
        request.index = state.calls.len();
        let script = state
            .queue
            .pop_front()
            .unwrap_or_else(|| Arc::clone(&state.default));
        let call = Call {
            request: request.clone(),
            outcome: Outcome::Open,
            billed: Usage::NONE,
            first_token: None,
        };
        state.calls.push(call);
        drop(state);
        self.changes.send_replace(());
        // A script is the test's code, so it runs without the lock.
        let answer = script(&request);
        (request, answer)
    }

    /// Ends the stalls of all requests so far.
    pub(crate) fn resume(&self) {
        let calls = self.lock().calls.len();
        self.resumed.send_replace(calls);
    }

    /// Waits until `resume` is called after the request.
    pub(crate) async fn resumed(&self, index: usize) {
        let mut resumed = self.resumed.subscribe();
        // The sender is a field of `self`, so that only a resume ends this.
        let _ended = resumed.wait_for(|below| index < *below).await;
    }

    pub(crate) fn bill(&self, index: usize, billed: Usage) {
        self.change(index, |call| call.billed = billed);
    }

    pub(crate) fn token_sent(&self, index: usize) {
        self.change(index, |call| {
            call.first_token.get_or_insert_with(Instant::now);
        });
    }

    pub(crate) fn close(&self, index: usize, outcome: Outcome) {
        self.change(index, |call| call.outcome = outcome);
    }

    pub(crate) fn stray(&self, stray: Stray) {
        self.lock().strays.push(stray);
        self.changes.send_replace(());
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    pub(crate) fn strays(&self) -> Vec<Stray> {
        self.lock().strays.clone()
    }

    pub(crate) fn bill_so_far(&self) -> Bill {
        let mut bill = Bill::default();
        for call in &self.lock().calls {
            bill.add(call.request.model(), &call.billed);
        }
        bill
    }

    pub(crate) fn push(&self, script: Script) {
        self.lock().queue.push_back(script);
    }

    pub(crate) fn set_default(&self, script: Script) {
        self.lock().default = script;
    }

    pub(crate) fn gate(&self) -> Option<Arc<Semaphore>> {
        self.lock().gate.clone()
    }

    pub(crate) fn set_gate(&self, gate: Option<Arc<Semaphore>>) {
        self.lock().gate = gate;
    }

    fn change(&self, index: usize, change: impl FnOnce(&mut Call)) {
        if let Some(call) = self.lock().calls.get_mut(index) {
            change(call);
        }
        self.changes.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is atomic, so a panic elsewhere does not leave the state inconsistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
