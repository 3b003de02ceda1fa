//! What a message itself holds of the files that were saved for it.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use data_encoding::BASE64;

use super::{
    image,
    kind::{self, FileKind, sniff},
    pdf,
};
use crate::external::{File, FileContent, FileOrigin, Media, UnseenReason, is_blank};

/// How many pictures of a message are shown.
pub(super) const MAX_IMAGES: usize = 8;

/// How many bytes the shown PDFs of a message have together: the API takes 32 MB in a whole conversation, in base64.
const MAX_PDF_BYTES: u64 = 8 * 1024 * 1024;

/// How many bytes a text in the message may have, and all of them together.
const MAX_TEXT: u64 = 32 * 1024;
const MAX_TEXTS: u64 = 96 * 1024;

/// How many bytes of pasted words are taken as the author's own.
const MAX_WORDS: u64 = 96 * 1024;

/// The name that Discord's clients give a file of pasted words.
const PASTED: &str = "message.txt";

/// How much more of its files a message may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    images: usize,
    pdf_bytes: u64,
    text_bytes: u64,
    word_bytes: u64,
}

impl Room {
    /// What one message may hold.
    pub(super) fn new() -> Self {
        Self {
            images: MAX_IMAGES,
            pdf_bytes: MAX_PDF_BYTES,
            text_bytes: MAX_TEXTS,
            word_bytes: MAX_WORDS,
        }
    }

    /// What the message holds of a file that was saved. Blocks, and may take a second for a large picture.
    pub(super) fn read(&mut self, file: &File, saved: impl Read + Seek) -> FileContent {
        self.try_read(file, saved).unwrap_or_else(|error| {
            tracing::error!(%error, "failed to read an attachment back");
            FileContent::Unseen(UnseenReason::Unreadable)
        })
    }

    fn try_read(&mut self, file: &File, mut saved: impl Read + Seek) -> io::Result<FileContent> {
        if file.is_voice {
            return Ok(FileContent::Unseen(UnseenReason::Voice));
        }
        let size = saved.seek(SeekFrom::End(0))?;
        saved.rewind()?;
        let head = read_up_to(&mut saved, kind::HEAD as u64)?;
        saved.rewind()?;
        let kind = match sniff(&head) {
            // Pasted code may begin as an SVG does.
            FileKind::OtherImage(_) | FileKind::Pdf if is_pasted(file) => FileKind::Other,
            kind => kind,
        };
        let seen = match kind {
            FileKind::Image(_) if self.images == 0 => Err(UnseenReason::TooManyImages(MAX_IMAGES)),
            FileKind::Image(_) if size > image::MAX_BYTES => Err(UnseenReason::ImageTooLarge),
            FileKind::Image(format) => {
                image::prepare(BufReader::new(saved), format).map(|media| self.image(media))
            }
            FileKind::OtherImage(format) => Err(UnseenReason::ImageFormat(format.to_owned())),
            FileKind::Pdf if size > self.pdf_bytes => Err(UnseenReason::PdfTooLarge(MAX_PDF_BYTES)),
            FileKind::Pdf => {
                let bytes = read_up_to(&mut saved, size)?;
                pdf::check(&bytes).map(|()| self.pdf(&bytes))
            }
            FileKind::Other if claims(file, "image/") => Err(UnseenReason::BrokenImage),
            FileKind::Other if claims(file, "application/pdf") => Err(UnseenReason::NotPdf),
            FileKind::Other if is_pasted(file) => {
                self.words(&read_up_to(&mut saved, self.word_bytes + 1)?)
            }
            FileKind::Other => Ok(self.text(&read_up_to(&mut saved, MAX_TEXT + 1)?)),
        };
        Ok(seen.unwrap_or_else(FileContent::Unseen))
    }

    fn image(&mut self, media: Media) -> FileContent {
        self.images -= 1;
        FileContent::Image(media)
    }

    fn pdf(&mut self, bytes: &[u8]) -> FileContent {
        self.pdf_bytes = self.pdf_bytes.saturating_sub(bytes.len() as u64);
        FileContent::Document(Media {
            media_type: "application/pdf".to_owned(),
            base64: BASE64.encode(bytes),
        })
    }

    fn words(&mut self, bytes: &[u8]) -> Result<FileContent, UnseenReason> {
        let length = bytes.len() as u64;
        if length > self.word_bytes {
            return Err(UnseenReason::WordsTooLong(MAX_WORDS));
        }
        let Some(words) = text(bytes) else {
            return Err(UnseenReason::NotUtf8);
        };
        self.word_bytes -= length;
        Ok(FileContent::Words(words))
    }

    /// The text, if it is one and small enough; a larger one is read with a tool.
    fn text(&mut self, bytes: &[u8]) -> FileContent {
        let length = bytes.len() as u64;
        match text(bytes).filter(|_| length <= MAX_TEXT.min(self.text_bytes)) {
            Some(text) => {
                self.text_bytes -= length;
                FileContent::Text(text)
            }
            None => FileContent::None,
        }
    }
}

/// Whether its sender, or Discord by its name, says that it is of this media type.
fn claims(file: &File, media_type: &str) -> bool {
    let claimed = file.media_type.as_deref().unwrap_or_default();
    claimed.starts_with(media_type)
}

/// Whether Discord's client made it of words that were too long for a message.
fn is_pasted(file: &File) -> bool {
    file.name == PASTED && file.origin == FileOrigin::Message && claims(file, "text/plain")
}

fn text(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.contains('\0') && !is_blank(text)).then(|| text.to_owned())
}

fn read_up_to(file: &mut impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
