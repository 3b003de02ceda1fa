//! A call that failed.

/// Why a call was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Failed {
    /// The HTTP status, if Discord refused it for good.
    pub(crate) status: Option<u16>,
    /// Discord's own code for the refusal; 0 if there is none.
    pub(crate) code: u64,
    /// Whether it may succeed later: its patience has run out. It may even have been carried out.
    pub(crate) may_pass: bool,
    /// Whether the bot must stop: Discord refuses its token, or nothing is sent any more. Another start may succeed.
    pub(crate) at_the_end: bool,
    /// For the log. It holds no URL, because an interaction's URL is a credential.
    pub(crate) reason: String,
}

/// Discord's code for a channel that does not exist.
const UNKNOWN_CHANNEL: u64 = 10_003;

impl Failed {
    /// Whether Discord says that there is no such channel. A 404 alone may come from a proxy, or concern something else.
    pub(crate) fn is_unknown_channel(&self) -> bool {
        self.status == Some(404) && self.code == UNKNOWN_CHANNEL
    }

    pub(in crate::discord) fn unanswered(reason: impl Into<String>) -> Self {
        Self {
            status: None,
            code: 0,
            may_pass: true,
            at_the_end: false,
            reason: reason.into(),
        }
    }

    /// Rules out that it may succeed later.
    pub(super) fn permanent(self) -> Self {
        Self {
            may_pass: false,
            ..self
        }
    }
}
