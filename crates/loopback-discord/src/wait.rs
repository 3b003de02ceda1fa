//! Waiting for a condition.

use std::{error::Error, fmt, time::Duration};

use tokio::time::timeout;

use crate::{Loopback, View, shared::Shared};

/// The result of a condition: `bool`, or an `Option` of what was found.
pub trait Outcome {
    /// The value that waiting returns.
    type Found;

    /// The value, if the condition holds.
    fn found(self) -> Option<Self::Found>;
}

impl Outcome for bool {
    type Found = ();

    fn found(self) -> Option<()> {
        self.then_some(())
    }
}

impl<T> Outcome for Option<T> {
    type Found = T;

    fn found(self) -> Self {
        self
    }
}

/// A condition did not hold in time.
#[derive(Clone)]
pub struct WaitError {
    what: String,
    within: Duration,
    state: String,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "timed out after {:?} waiting for {}; the loopback Discord at that moment:\n{}",
            self.within, self.what, self.state
        )
    }
}

/// The same as [`Display`](fmt::Display), so that `unwrap` in a test shows it readably.
impl fmt::Debug for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for WaitError {}

impl Loopback {
    /// Waits until a condition holds: `true`, or `Some` of what was looked for. The condition is
    /// evaluated at once, and then after every change.
    ///
    /// # Errors
    ///
    /// When it does not hold `within` this time. The error names `what` and contains the state of the
    /// loopback.
    pub async fn wait_until<T: Outcome>(
        &self,
        within: Duration,
        what: &str,
        condition: impl FnMut(&View<'_>) -> T,
    ) -> Result<T::Found, WaitError> {
        wait(&self.shared, within, what, condition).await
    }
}

pub(crate) async fn wait<T: Outcome>(
    shared: &Shared,
    within: Duration,
    what: &str,
    mut condition: impl FnMut(&View<'_>) -> T,
) -> Result<T::Found, WaitError> {
    let mut changes = shared.changes();
    let mut evaluate = || shared.read(|state| condition(&View::new(state)).found());
    let holds = async {
        loop {
            // Marked as seen before the evaluation, so that no change in between is missed.
            changes.borrow_and_update();
            if let Some(found) = evaluate() {
                return Some(found);
            }
            changes.changed().await.ok()?;
        }
    };
    let found = timeout(within, holds).await.ok().flatten();
    found.ok_or_else(|| WaitError {
        what: what.to_owned(),
        within,
        state: shared.read(|state| View::new(state).to_string()),
    })
}
