//! Which connections have shown the token.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Whether a request on a connection came with the token.
#[derive(Debug, Clone, Default)]
pub(super) struct HasLogin(Arc<AtomicBool>);

impl HasLogin {
    pub(super) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
