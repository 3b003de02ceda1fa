//! What the first admin or owner who writes is told, wherever that is, and nobody else.

use std::sync::Mutex;

use super::messages;
use crate::{external::Role, registry::LoadIssue};

/// Words that are said once.
#[derive(Debug)]
pub struct AdminNotice(Mutex<Option<String>>);

impl AdminNotice {
    /// What was not as it should be when the registry was loaded; nothing where that concerns nobody.
    #[must_use]
    pub fn about(issues: &[LoadIssue]) -> Self {
        Self(Mutex::new(messages::registry_issues(issues)))
    }

    /// The words, for the first who should know them.
    pub(super) fn for_reader(&self, role: Role) -> Option<String> {
        if !role.is_admin() {
            return None;
        }
        // Nothing panics while it is held; if it did, there would be a notice still.
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take()
    }
}

#[cfg(test)]
mod tests;
