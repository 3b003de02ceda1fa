//! People's messages, as the CLI gets them.

use crate::{
    channel::Said,
    claude::protocol::{Ask, Content, ContentBlock, MediaSource},
    external::{self, Context, FileContent, Media, Speaker},
};

/// Precedes several messages.
const TOGETHER: &str = "Several messages arrived while you worked. Each stands between markers of its own, after its author and its \
                        pictures and files. Answer all of them in one go.\n";

/// A message, and those before it that are answered with it.
pub(super) fn prompt(before: &[Said], speaker: &Speaker, context: &Context, typed: &str) -> Ask {
    let together = (!before.is_empty()).then(|| ContentBlock::text(TOGETHER));
    let earlier = before
        .iter()
        .flat_map(|said| blocks(&said.speaker, &said.context, &said.text));
    let all = together
        .into_iter()
        .chain(earlier)
        .chain(blocks(speaker, context, typed));
    Ask {
        is_client_composed: true,
        ..Ask::new(Content::Blocks(all.collect()))
    }
}

/// The pictures and PDFs, then the text blocks. So the words are neither the first nor the last text, and the closing
/// marker is the last block: the CLI interprets a message by its last block. From 2.1.248 on it interprets none.
fn blocks<'a>(
    speaker: &Speaker,
    context: &'a Context,
    typed: &str,
) -> impl Iterator<Item = ContentBlock> + use<'a> {
    let media = context.media().filter_map(block);
    let texts = external::wrap(speaker, context, typed);
    media.chain(texts.into_iter().map(ContentBlock::text))
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
