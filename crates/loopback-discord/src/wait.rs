//! Waiting for something to be so.

use std::{error::Error, fmt, time::Duration};

use tokio::time::timeout;

use crate::{Loopback, View, shared::Shared};

/// What a condition gives back: `bool`, or an `Option` of what was found.
pub trait Outcome {
    /// What waiting gives.
    type Found;

    /// What was found, if it was.
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

/// Something did not come to be in time.
#[derive(Clone)]
pub struct WaitError {
    awaited: String,
    within: Duration,
    state: String,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "waited {:?} in vain for {}; the loopback Discord at that moment:\n{}",
            self.within, self.awaited, self.state
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
    /// asked at once, and then after every change.
    ///
    /// # Errors
    ///
    /// When it does not hold `within` this time; the error says what was awaited and what the
    /// loopback had recorded by then.
    pub async fn wait_until<T: Outcome>(
        &self,
        within: Duration,
        awaited: &str,
        condition: impl FnMut(&View<'_>) -> T,
    ) -> Result<T::Found, WaitError> {
        wait(&self.shared, within, awaited, condition).await
    }
}

pub(crate) async fn wait<T: Outcome>(
    shared: &Shared,
    within: Duration,
    awaited: &str,
    mut condition: impl FnMut(&View<'_>) -> T,
) -> Result<T::Found, WaitError> {
    let mut changes = shared.changes();
    let mut ask = || shared.read(|state| condition(&View::new(state)).found());
    let holds = async {
        loop {
            // Marked as seen before the look, so that no change between look and wait is missed.
            changes.borrow_and_update();
            if let Some(found) = ask() {
                return Some(found);
            }
            changes.changed().await.ok()?;
        }
    };
    let found = timeout(within, holds).await.ok().flatten();
    found.ok_or_else(|| WaitError {
        awaited: awaited.to_owned(),
        within,
        state: shared.read(|state| View::new(state).to_string()),
    })
}
