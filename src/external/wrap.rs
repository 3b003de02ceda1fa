//! The blocks of a message.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    Context, Fate, File, MarkerId, Part, Quote, Role, Shape, Speaker, is_blank, outside,
    outside::set_apart,
};

/// The most characters (Unicode scalar values) that are shown: of a display name (Discord allows 32), a thread's title
/// (100), a file's name (its limit is told nowhere), a media type, and a message's text (4000).
const NAME: usize = 64;
const TITLE: usize = 120;
const FILE: usize = 160;
const KIND: usize = 80;
const TEXT: usize = 4000;

/// The most characters of the bot's own message that are shown: Claude knows it, and only has to find it.
const OWN_TEXT: usize = 300;

/// The most forwarded messages and files that are shown.
const FORWARDS: usize = 5;
const FILES: usize = 30;

/// The text blocks of one message, in order: the heading, which ends with the opening marker; `words`, byte for
/// byte; the closing marker. The newlines that set the markers on lines of their own belong to the outer blocks.
///
/// The API refuses a text block in which nothing is seen. So words that are blank are left out: there are two blocks
/// then, and nothing stands between the markers.
#[must_use]
pub fn wrap(speaker: &Speaker, context: &Context, words: &str) -> Vec<String> {
    let heading = heading(speaker, context, is_blank(words));
    let id = MarkerId::fresh_for(&[&heading, words]);
    enclose(&heading, words, id)
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

/// Who speaks and what the words go with, each on a line of its own. The last one ends with words of ours, so that
/// nothing that somebody chose stands next to the marker.
pub(super) fn heading(speaker: &Speaker, context: &Context, is_wordless: bool) -> String {
    let Speaker { id, name, role } = speaker;
    let kind = match role {
        Role::Bot => "bot",
        Role::Owner | Role::Admin | Role::Member => "user",
    };
    let mut heading = format!(
        "Message from {}, Discord {kind} {id}, role: {role}.\n",
        named(name)
    );
    let mut line = |line: String| {
        heading.push_str(&line);
        heading.push('\n');
    };
    if let Some(title) = &context.thread {
        let title = quoted(title, TITLE, Shape::Name);
        line(format!("Title of the thread: {title} (data)."));
    }
    if let Some(quote) = &context.quote {
        line(reply(quote));
    }
    for text in context.forwards.iter().take(FORWARDS) {
        let text = quoted(text, TEXT, Shape::Lines);
        line(format!("Forwarded message: {text} (data)."));
    }
    for (number, file) in (1..=FILES).zip(&context.files) {
        line(attached(number, file));
    }
    if is_wordless {
        line("No words of their own.".to_owned());
    } else if *context != Context::default() {
        line("Their own words follow.".to_owned());
    }
    heading
}

fn reply(quote: &Quote) -> String {
    let most = if quote.is_own { OWN_TEXT } else { TEXT };
    let text = quoted(&quote.text, most, Shape::Lines);
    if quote.is_own {
        format!("Reply to your message: {text} (data).")
    } else {
        let (name, author) = (named(&quote.name), quote.author);
        format!("Reply to a message from {name}, Discord user {author}: {text} (data).")
    }
}

fn attached(number: usize, file: &File) -> String {
    let name = quoted(&file.name, FILE, Shape::Name);
    let of = match file.part {
        Part::Message => "",
        Part::Quote => " of the message replied to",
        Part::Forward => " of the forwarded message",
    };
    let mut line = format!("File {number}{of}: {name}, {} bytes", file.size);
    if let Some(kind) = &file.kind {
        let kind = quoted(kind, KIND, Shape::Name);
        let _infallible = write!(line, ", type {kind}");
    }
    let _infallible = match &file.fate {
        Fate::Saved(path) => {
            let path = quoted(path, FILE, Shape::Name);
            write!(line, ", saved as {path} (data).")
        }
        Fate::Left(why) => write!(line, ", not fetched: {why}."),
        Fate::Offered(_) => write!(line, ", not fetched."),
    };
    line
}

fn named(name: &str) -> String {
    match outside(name, NAME, Shape::Name) {
        name if name.is_empty() => "\"unnamed\"".to_owned(),
        name => Value::from(name).to_string(),
    }
}

/// A text that somebody chose, as a JSON string: on one line, and it ends where its quotes end.
fn quoted(text: &str, most: usize, shape: Shape) -> String {
    // What JSON writes for a tab or the end of a line reads as a letter.
    set_apart(&Value::from(outside(text, most, shape)).to_string())
}
