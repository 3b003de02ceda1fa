//! A person's message, as the CLI gets it.

use crate::{
    claude::protocol::{Ask, Content, ContentBlock, MediaSource},
    external::{self, Context, FileContent, Media, Speaker},
};

/// The pictures and PDFs, then the text blocks. So the words are neither the first nor the last text, and the closing
/// marker is the last block: the CLI interprets a message by its last block. From 2.1.248 on it interprets none.
pub(super) fn prompt(speaker: &Speaker, context: &Context, typed: &str) -> Ask {
    let media = context.media().filter_map(block);
    let texts = external::wrap(speaker, context, typed);
    let texts = texts.into_iter().map(ContentBlock::text);
    Ask {
        is_client_composed: true,
        ..Ask::new(Content::Blocks(media.chain(texts).collect()))
    }
}

fn block(content: &FileContent) -> Option<ContentBlock> {
    match content {
        FileContent::Image(media) => Some(ContentBlock::Image {
            source: source(media),
        }),
        FileContent::Document(media) => Some(ContentBlock::Document {
            source: source(media),
            title: None,
        }),
        _ => None,
    }
}

fn source(media: &Media) -> MediaSource {
    MediaSource::Base64 {
        media_type: media.media_type.clone(),
        data: media.base64.clone(),
    }
}

#[cfg(test)]
mod tests;
