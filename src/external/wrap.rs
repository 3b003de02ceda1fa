//! Builds the text blocks of a message.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    Content, Context, File, FileOrigin, FileState, Layout, MarkerId, Quote, Role, Speaker,
    is_blank, sanitize, sanitize::separate_marker_words,
};

/// Maximum lengths in characters (Unicode scalar values). Discord's own are 32 for a display name, 100 for a thread's title
/// and 4000 for a message; it documents none for file names.
const NAME: usize = 64;
const TITLE: usize = 120;
const FILE: usize = 160;
const MEDIA_TYPE: usize = 80;
const TEXT: usize = 4000;

/// For the bot's own messages, which Claude only has to recognize.
const OWN_TEXT: usize = 300;

/// Maximum number of forwarded messages.
const FORWARDS: usize = 5;

/// The text blocks of a message: the heading and the texts of files, with the opening marker; the unchanged words, `typed`
/// and pasted; the closing marker. Blank words are omitted, because the API rejects a blank text block.
pub fn wrap(speaker: &Speaker, context: &Context, typed: &str) -> Vec<String> {
    let words = context.words(typed);
    let mut heading = heading(speaker, context);
    let texts = file_texts(context);
    let mut parts = vec![heading.as_str(), &words];
    parts.extend(texts.iter().map(|(_, text)| text.as_str()));
    let id = MarkerId::fresh_for(&parts);
    for (number, text) in texts {
        let _infallible = write!(
            heading,
            "[ATTACHED FILE {number} id={id}]\n{text}\n[END ATTACHED FILE {number} id={id}]\n"
        );
    }
    heading.push_str(lead_in(context, is_blank(&words)));
    enclose(&heading, &words, id)
}

/// The texts of files, with the files' numbers. Only the marker's words are separated in them, because they stand in the
/// opening marker's block.
fn file_texts(context: &Context) -> Vec<(usize, String)> {
    let text = |(number, file): (usize, &File)| match file.content() {
        Content::Text(text) => Some((number, separate_marker_words(text))),
        _ => None,
    };
    context.seen_files().filter_map(text).collect()
}

pub(super) fn enclose(heading: &str, words: &str, id: MarkerId) -> Vec<String> {
    let opening = format!("{heading}[EXTERNAL CONTENT id={id}]\n");
    let closing = format!("\n[END EXTERNAL CONTENT id={id}]");
    if is_blank(words) {
        vec![opening, closing.trim_start().to_owned()]
    } else {
        vec![opening, words.to_owned(), closing]
    }
}

/// The author and the context, one per line.
pub(super) fn heading(speaker: &Speaker, context: &Context) -> String {
    let Speaker { id, name, role } = speaker;
    let kind = match role {
        Role::Bot => "bot",
        Role::Owner | Role::Admin | Role::Member => "user",
    };
    let mut heading = format!(
        "Message from {}, Discord {kind} {id}, role: {role}.\n",
        quoted_name(name)
    );
    let mut line = |line: String| {
        heading.push_str(&line);
        heading.push('\n');
    };
    if let Some(title) = &context.thread {
        let title = quoted(title, TITLE, Layout::SingleLine);
        line(format!("Title of the thread: {title} (data)."));
    }
    if let Some(quote) = &context.quote {
        line(reply_line(quote));
    }
    for text in context.forwards.iter().take(FORWARDS) {
        let text = quoted(text, TEXT, Layout::MultiLine);
        line(format!("Forwarded message: {text} (data)."));
    }
    let (mut images, mut documents) = (0, 0);
    for (number, file) in context.seen_files() {
        let place = match file.content() {
            Content::Image(_) => next(&mut images),
            Content::Document(_) => next(&mut documents),
            _ => 0,
        };
        line(file_line(number, file, place));
    }
    heading
}

fn next(count: &mut usize) -> usize {
    *count += 1;
    *count
}

/// The line before the marker: our own text, so that no untrusted text directly precedes the marker.
pub(super) fn lead_in(context: &Context, is_blank: bool) -> &'static str {
    if is_blank {
        "No words of their own.\n"
    } else if *context == Context::default() {
        ""
    } else {
        "Their own words follow.\n"
    }
}

fn reply_line(quote: &Quote) -> String {
    let max = if quote.is_own { OWN_TEXT } else { TEXT };
    let text = quoted(&quote.text, max, Layout::MultiLine);
    if quote.is_own {
        format!("Reply to your message: {text} (data).")
    } else {
        let (name, author) = (quoted_name(&quote.name), quote.author);
        format!("Reply to a message from {name}, Discord user {author}: {text} (data).")
    }
}

/// `place` is the file's place among the images or the documents.
fn file_line(number: usize, file: &File, place: usize) -> String {
    let name = quoted(&file.name, FILE, Layout::SingleLine);
    let of = match file.origin {
        FileOrigin::Message => "",
        FileOrigin::Quote => " of the message replied to",
        FileOrigin::Forward => " of the forwarded message",
    };
    let mut line = format!("File {number}{of}: {name}, {} bytes", file.size);
    if let Some(media_type) = &file.media_type {
        let media_type = quoted(media_type, MEDIA_TYPE, Layout::SingleLine);
        let _infallible = write!(line, ", type {media_type}");
    }
    let _infallible = match &file.state {
        FileState::Saved { path, content } => {
            let path = quoted(path, FILE, Layout::SingleLine);
            let _infallible = write!(line, ", saved as {path} (data)");
            match content {
                Content::None => write!(line, "."),
                Content::Image(_) => write!(line, ", shown as image {place}."),
                Content::Document(_) => write!(line, ", shown as document {place}."),
                Content::Text(_) => write!(line, ", with its text below."),
                Content::Words(_) => write!(line, ", part of their own words."),
                // The reason may name a format that the file claims to have.
                Content::Unseen(why) => {
                    let why = sanitize(&why.to_string(), TITLE, Layout::SingleLine);
                    write!(line, ", not shown: {why}.")
                }
            }
        }
        FileState::Skipped(why) => write!(line, ", not fetched: {why}."),
        FileState::Offered(_) => write!(line, ", not fetched."),
    };
    line
}

fn quoted_name(name: &str) -> String {
    match sanitize(name, NAME, Layout::SingleLine) {
        name if name.is_empty() => "\"unnamed\"".to_owned(),
        name => Value::from(name).to_string(),
    }
}

/// Sanitizes a text and quotes it as a JSON string, which is a single line and cannot end early.
fn quoted(text: &str, max: usize, layout: Layout) -> String {
    // The letters in the escapes for tabs and line breaks could complete a marker's words.
    separate_marker_words(&Value::from(sanitize(text, max, layout)).to_string())
}
