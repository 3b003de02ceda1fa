//! Files attached to messages.

use axum::body::Bytes;

/// A file about to be attached to a message.
#[derive(Clone, Debug)]
pub(crate) struct NewFile {
    pub(crate) name: String,
    /// The size that the attachment states, in bytes.
    pub(crate) size: usize,
    pub(crate) content_type: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) is_voice: bool,
    pub(crate) content: FileContent,
}

/// A file as the CDN serves it.
#[derive(Clone, Debug)]
pub(crate) struct StoredFile {
    pub(crate) content_type: Option<String>,
    pub(crate) content: FileContent,
}

/// What a download of a file gets.
#[derive(Clone, Debug)]
pub(crate) enum FileContent {
    Bytes(Bytes),
    /// A redirect to this URL.
    Redirect(String),
    /// An error with this HTTP status.
    Status(u16),
    /// A body that never ends.
    Endless,
    /// Headers, then nothing.
    Stalled,
}
