//! Tool calls that wait for a person's decision. Pure.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::{
    chat::{PostFile, PostKey},
    claude::protocol::PermissionRequest,
};

/// How many may wait at a time.
const MOST_OPEN: usize = 10;

/// How many denied calls are remembered.
const MOST_DENIED: usize = 100;

/// What can be decided about a tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ApprovalChoice {
    AllowOnce,
    /// Allows it and what the rule allows, for the session or for good.
    Grant {
        rule: String,
        is_permanent: bool,
    },
    Deny,
    /// Opens a form.
    DenyWithReason,
}

/// What a button decides: about which requests, and how.
pub(super) type Offer = (Vec<String>, ApprovalChoice);

#[derive(Debug, Default)]
pub(super) struct PendingApprovals {
    open: Vec<PendingApproval>,
    /// Calls that were denied after a request, by the tool call's id. The end of the turn need not tell of them.
    denied: Vec<String>,
    /// Cards of an earlier run that may be in the channel or not.
    pub(super) unsure: Vec<PostKey>,
}

#[derive(Debug)]
pub(super) struct PendingApproval {
    /// The id of the control request.
    pub(super) id: String,
    pub(super) request: PermissionRequest,
    pub(super) key: PostKey,
    /// What the card shows in any case.
    pub(super) card: String,
    pub(super) files: Vec<PostFile>,
    /// Whether people can see all of the call, so that they can allow it.
    pub(super) can_be_allowed: bool,
    /// The rule that can be granted with it.
    pub(super) rule: Option<String>,
    pub(super) until: Instant,
    /// The same in seconds since 1970.
    pub(super) until_unix: i64,
}

impl PendingApproval {
    fn offers(&self) -> Vec<Offer> {
        let mut choices = Vec::new();
        if self.can_be_allowed {
            choices.push(ApprovalChoice::AllowOnce);
            for is_permanent in [false, true] {
                let grant = |rule: &String| ApprovalChoice::Grant {
                    rule: rule.clone(),
                    is_permanent,
                };
                choices.extend(self.rule.as_ref().map(grant));
            }
        }
        choices.extend([ApprovalChoice::Deny, ApprovalChoice::DenyWithReason]);
        let about_this = |choice| (vec![self.id.clone()], choice);
        choices.into_iter().map(about_this).collect()
    }
}

impl PendingApprovals {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.open.len() >= MOST_OPEN
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.open.iter().map(|open| open.until).min()
    }

    pub(super) fn push(&mut self, approval: PendingApproval) {
        self.open.push(approval);
    }

    /// The open requests, each with what its buttons decide. With the last one, all can be decided if there are several.
    pub(super) fn cards(&self) -> impl Iterator<Item = (&PendingApproval, Vec<Offer>)> {
        let count = self.open.len();
        self.open.iter().enumerate().map(move |(index, approval)| {
            let mut offers = approval.offers();
            if count > 1 && index + 1 == count {
                offers.extend(self.offers_for_all());
            }
            (approval, offers)
        })
    }

    fn offers_for_all(&self) -> Vec<Offer> {
        let ids = self.open.iter().map(|open| open.id.clone());
        let ids: Vec<_> = ids.collect();
        let mut choices = vec![ApprovalChoice::Deny];
        if self.open.iter().all(|open| open.can_be_allowed) {
            choices.insert(0, ApprovalChoice::AllowOnce);
        }
        let about_all = |choice| (ids.clone(), choice);
        choices.into_iter().map(about_all).collect()
    }

    /// Whether all of these requests are open and, if they are to be allowed, can be.
    pub(super) fn are_open(&self, ids: &[String], allows: bool) -> bool {
        let is_open = |id: &String| {
            let mut open = self.open.iter();
            open.any(|open| open.id == *id && (open.can_be_allowed || !allows))
        };
        !ids.is_empty() && ids.iter().all(is_open)
    }

    pub(super) fn of_key(&mut self, key: &PostKey) -> Option<&mut PendingApproval> {
        self.open.iter_mut().find(|open| open.key == *key)
    }

    pub(super) fn take(&mut self, id: &str) -> Option<PendingApproval> {
        self.take_first(|open| open.id == id)
    }

    pub(super) fn take_first(
        &mut self,
        which: impl Fn(&PendingApproval) -> bool,
    ) -> Option<PendingApproval> {
        let position = self.open.iter().position(which)?;
        Some(self.open.remove(position))
    }

    pub(super) fn take_all(&mut self) -> Vec<PendingApproval> {
        std::mem::take(&mut self.open)
    }

    pub(super) fn note_denied(&mut self, tool_use_id: &str) {
        if self.denied.len() >= MOST_DENIED {
            self.denied.remove(0);
        }
        self.denied.push(tool_use_id.to_owned());
    }

    /// Whether somebody has decided against this call, or nobody for it.
    pub(super) fn was_denied(&self, tool_use_id: &str) -> bool {
        self.denied.iter().any(|denied| denied == tool_use_id)
    }
}
