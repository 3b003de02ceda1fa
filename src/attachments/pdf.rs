//! Whether the Messages API takes a PDF.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::external::UnseenReason;

/// How many pages the API takes (Anthropic docs, "PDF support").
const MAX_PAGES: usize = 100;

/// The key of an encrypted file's trailer.
const ENCRYPT: &[u8] = b"/Encrypt";

/// A page. `/Pages`, a node of the tree of pages, is not one.
static PAGE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?-u)/Type\s*/Page[^A-Za-z0-9]").ok());

/// Checks what can be seen without decompressing anything. The API refuses a PDF that hides more pages, and the CLI then
/// goes on without it.
pub(super) fn check(bytes: &[u8]) -> Result<(), UnseenReason> {
    if bytes.windows(ENCRYPT.len()).any(|part| part == ENCRYPT) {
        return Err(UnseenReason::EncryptedPdf);
    }
    let pages = PAGE
        .as_ref()
        .map_or(0, |page| page.find_iter(bytes).count());
    if pages > MAX_PAGES {
        return Err(UnseenReason::TooManyPages(MAX_PAGES));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
