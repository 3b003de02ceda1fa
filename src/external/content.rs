//! What a message itself holds of a saved file.

use serde::{Deserialize, Serialize};

/// What a message itself holds of a saved file, so that Claude needs no tool to see it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum FileContent {
    /// Nothing: it is read at its path.
    #[default]
    None,
    Image(Media),
    /// A PDF.
    Document(Media),
    /// Its text.
    Text(String),
    /// The author's own words: Discord turns a long pasted text into a file.
    Words(String),
    /// Nothing, though its sender may expect that Claude sees it.
    Unseen(UnseenReason),
}

/// A file that the model reads as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Such as `image/png`.
    pub media_type: String,
    /// The bytes in base64, with the standard alphabet and padding.
    pub base64: String,
}

/// Why Claude gets a file without seeing it, as shown to Claude and the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum UnseenReason {
    #[error("{0} cannot be read as a picture")]
    ImageFormat(String),
    #[error("it could not be read as a picture")]
    BrokenImage,
    #[error("too large to be read as a picture")]
    ImageTooLarge,
    #[error("more than {0} pictures in one message")]
    TooManyImages(usize),
    #[error("it is not a PDF")]
    NotPdf,
    #[error("the PDF is encrypted")]
    EncryptedPdf,
    #[error("more than {0} pages")]
    TooManyPages(usize),
    #[error("more than {0} bytes of PDFs in one message")]
    PdfTooLarge(u64),
    /// Pasted words.
    #[error("longer than {0} bytes")]
    WordsTooLong(u64),
    /// Pasted words.
    #[error("its text is not UTF-8")]
    NotUtf8,
    #[error("voice messages are not transcribed")]
    Voice,
    #[error("it could not be transcribed")]
    NotTranscribed,
    #[error("it could not be read")]
    Unreadable,
}
