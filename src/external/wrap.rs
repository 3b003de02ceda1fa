//! Builds the text blocks of a message.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    Context, File, FileContent, FileOrigin, FileState, Layout, LostQuote, MarkerId, Meanwhile,
    Named, NamedKind, Quote, Role, Speaker, has_only_mentions, is_blank, sanitize,
    sanitize::separate_marker_words,
};

/// Maximum lengths in characters (Unicode scalar values). Discord's own are 32 for a display name, 100 for a thread's title
/// and 4000 for a message; it documents none for file names.
const NAME: usize = 64;
const TITLE: usize = 120;
pub(super) const FILE: usize = 160;
const MEDIA_TYPE: usize = 80;
const TEXT: usize = 4000;

/// For the bot's own messages, which Claude only has to recognize.
const OWN_TEXT: usize = 300;

/// For each message that was said meanwhile, and for all of them.
const SAID: (usize, usize) = (1000, 8000);
/// The same for those of a lost conversation.
const CONVERSATION: (usize, usize) = (TEXT, 40_000);

/// Maximum numbers of forwarded messages, of embeds and the like, and of names.
const FORWARDS: usize = 5;
const SHOWN: usize = 10;
const NAMES: usize = 20;

/// The text blocks of a message: the heading and the texts of files, with the opening marker; the unchanged words, `typed`
/// and pasted; the closing marker. Blank words are omitted, because the API rejects a blank text block.
pub fn wrap(speaker: &Speaker, context: &Context, typed: &str) -> Vec<String> {
    let words = context.words(typed);
    let mut heading = heading(speaker, context);
    let texts = file_texts(context);
    let limits = if context.is_rebuilt {
        CONVERSATION
    } else {
        SAID
    };
    let said = said_before(&context.meanwhile, limits);
    let mut parts = vec![heading.as_str(), &words];
    parts.extend(texts.iter().map(|(_, text)| text.as_str()));
    parts.push(&said);
    let id = MarkerId::fresh_for(&parts);
    for (number, text) in texts {
        let _infallible = write!(
            heading,
            "[ATTACHED FILE {number} id={id}]\n{text}\n[END ATTACHED FILE {number} id={id}]\n"
        );
    }
    if !said.is_empty() {
        let _infallible = write!(
            heading,
            "[EARLIER MESSAGES id={id}]\n{said}[END EARLIER MESSAGES id={id}]\n"
        );
    }
    heading.push_str(lead_in(context, &words));
    enclose(&heading, &words, id)
}

/// Tells what an earlier turn of the message has left.
const RERUN: &str = "They want this message run again, because an earlier run of it ended early. If this conversation holds work on it, \
                     continue from there instead of starting over.";

/// Stands for a thread's first message.
const STARTER_LEFT_OUT: &str =
    "Left out: the message that the thread was started from, by somebody who may not talk to you.";

/// Precedes a conversation that Claude's session has lost.
pub const REBUILT: &str = "The record of this conversation was lost. It was put together again from the messages in the channel: \
                           what you thought and which tools you used is not known any more.";

/// What was said in the channel before, one message a line, or nothing: each in so many characters, and all of it.
fn said_before(before: &Meanwhile, (each, all): (usize, usize)) -> String {
    let Meanwhile {
        messages,
        older,
        by_others,
    } = before;
    let mut left = all;
    let mut lines: Vec<String> = Vec::new();
    for said in messages.iter().rev() {
        let line = format!(
            "{}: {}\n",
            if said.is_own {
                "You".to_owned()
            } else {
                author(said)
            },
            quoted(&said.text, each, Layout::MultiLine)
        );
        let Some(rest) = left.checked_sub(line.chars().count()) else {
            break;
        };
        left = rest;
        lines.push(line);
    }
    let older = older + (messages.len() - lines.len());
    if older > 0 {
        lines.push(format!("Left out: {older} earlier ones.\n"));
    }
    lines.reverse();
    if *by_others > 0 {
        lines.push(format!(
            "Left out: {by_others} from others, who may not talk to you.\n"
        ));
    }
    lines.concat()
}

/// The texts of files, with the files' numbers. Only the marker's words are separated in them, because they stand in the
/// opening marker's block.
fn file_texts(context: &Context) -> Vec<(usize, String)> {
    let text = |(number, file): (usize, &File)| match file.content() {
        FileContent::Text(text) => Some((number, separate_marker_words(text))),
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
    if context.is_rerun {
        line(RERUN.to_owned());
    }
    if context.is_rebuilt {
        line(REBUILT.to_owned());
    }
    if let Some(title) = &context.thread {
        let title = quoted(title, TITLE, Layout::SingleLine);
        line(format!("Title of the thread: {title} (data)."));
    }
    if !context.tags.is_empty() {
        let tags = quoted(&context.tags.join(", "), TITLE, Layout::SingleLine);
        line(format!("Tags of the forum post: {tags} (data)."));
    }
    if let Some(starter) = &context.starter {
        let text = quoted(&starter.text, TEXT, Layout::MultiLine);
        line(format!(
            "The thread was started from a message {}: {text} (data).",
            from(starter)
        ));
    }
    if context.starter_left_out {
        line(STARTER_LEFT_OUT.to_owned());
    }
    if let Some(quote) = &context.quote {
        line(reply_line(quote, context.quoted_from.as_deref()));
    }
    if let Some(lost) = context.lost_quote {
        line(lost_line(lost).to_owned());
    }
    for text in context.forwards.iter().take(FORWARDS) {
        let text = quoted(text, TEXT, Layout::MultiLine);
        line(format!("Forwarded message: {text} (data)."));
    }
    for shown in context.shown.iter().take(SHOWN) {
        let shown = quoted(shown, TEXT, Layout::MultiLine);
        line(format!("Shown in the message: {shown} (data)."));
    }
    if !context.stickers.is_empty() {
        let stickers = quoted(&context.stickers.join(", "), TITLE, Layout::SingleLine);
        line(format!("Stickers: {stickers} (data)."));
    }
    if !context.names.is_empty() {
        let names = context.names.iter().take(NAMES).map(name_of);
        let names: Vec<_> = names.collect();
        line(format!("Ids in their words: {} (data).", names.join(", ")));
    }
    let (mut images, mut documents) = (0, 0);
    for (number, file) in context.seen_files() {
        let place = match file.content() {
            FileContent::Image(_) => next(&mut images),
            FileContent::Document(_) => next(&mut documents),
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
pub(super) fn lead_in(context: &Context, words: &str) -> &'static str {
    if is_blank(words) {
        "No words of their own.\n"
    } else if context.quote.is_some() && has_only_mentions(words) {
        "Their own words only mention you: they want you to respond to the message replied to.\n"
    } else if *context == Context::default() {
        ""
    } else {
        "Their own words follow.\n"
    }
}

fn reply_line(quote: &Quote, asked_about: Option<&str>) -> String {
    let max = if quote.is_own { OWN_TEXT } else { TEXT };
    let text = quoted(&quote.text, max, Layout::MultiLine);
    if let Some(link) = asked_about {
        let link = quoted(link, TITLE, Layout::SingleLine);
        format!(
            "Question about a message {}, at {link}: {text} (data).",
            from(quote)
        )
    } else if quote.is_own {
        format!("Reply to your message: {text} (data).")
    } else {
        format!("Reply to a message {}: {text} (data).", from(quote))
    }
}

fn from(quote: &Quote) -> String {
    if quote.is_own {
        "of yours".to_owned()
    } else {
        format!("from {}", author(quote))
    }
}

fn author(quote: &Quote) -> String {
    format!(
        "{}, Discord user {}",
        quoted_name(&quote.name),
        quote.author
    )
}

fn lost_line(lost: LostQuote) -> &'static str {
    match lost {
        LostQuote::Deleted => "Reply to a message that was deleted.",
        LostQuote::NotLoaded => "Reply to a message that could not be loaded.",
        LostQuote::Empty => "The message replied to holds nothing that can be read.",
    }
}

fn name_of(named: &Named) -> String {
    let kind = match named.kind {
        NamedKind::User => "user",
        NamedKind::Channel => "channel",
        NamedKind::Role => "role",
    };
    let name = named.name.as_deref().map(quoted_name);
    format!(
        "{kind} {} is {}",
        named.id,
        name.as_deref().unwrap_or("you")
    )
}

/// `place` is the file's place among the images or the documents.
fn file_line(number: usize, file: &File, place: usize) -> String {
    let name = quoted(&file.name, FILE, Layout::SingleLine);
    let of = match file.origin {
        FileOrigin::Message => "",
        FileOrigin::Quote => " of the message replied to",
        FileOrigin::Starter => " of the thread's first message",
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
                FileContent::None => write!(line, "."),
                FileContent::Image(_) => write!(line, ", shown as image {place}."),
                FileContent::Document(_) => write!(line, ", shown as document {place}."),
                FileContent::Text(_) => write!(line, ", with its text below."),
                FileContent::Words(_) => write!(line, ", part of their own words."),
                // The reason may name a format that the file claims to have.
                FileContent::Unseen(why) => {
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

pub(super) fn quoted_name(name: &str) -> String {
    match sanitize(name, NAME, Layout::SingleLine) {
        name if name.is_empty() => "\"unnamed\"".to_owned(),
        name => Value::from(name).to_string(),
    }
}

/// Sanitizes a text and quotes it as a JSON string, which is a single line and cannot end early.
pub(super) fn quoted(text: &str, max: usize, layout: Layout) -> String {
    // The letters in the escapes for tabs and line breaks could complete a marker's words.
    separate_marker_words(&Value::from(sanitize(text, max, layout)).to_string())
}
