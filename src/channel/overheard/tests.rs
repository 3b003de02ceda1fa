use super::*;
use crate::{
    chat::{Author, Place},
    external::{Context, File, FileOrigin, FileState},
};

const CHANNEL: ChannelId = ChannelId(1);

fn message(id: u64, text: &str) -> ChatMessage {
    ChatMessage {
        id: MessageId(id),
        place: Place::channel(CHANNEL),
        author: Author {
            id: UserId(5),
            name: "Bob".to_owned(),
            roles: Vec::new(),
            is_bot: false,
            is_webhook: false,
        },
        text: text.to_owned(),
        mentions_bot: false,
        bot_role: None,
        replies_to_bot: false,
        context: Box::default(),
        has_other_content: false,
    }
}

fn texts(meanwhile: &Meanwhile) -> Vec<&str> {
    meanwhile
        .messages
        .iter()
        .map(|quote| quote.text.as_str())
        .collect()
}

#[test]
fn what_was_heard_is_taken_once() {
    let mut overheard = Overheard::default();
    for (id, text) in [(1, "a"), (2, "b"), (3, "c"), (5, "later")] {
        overheard.hear(&message(id, text), true, 3);
    }
    overheard.hear(&message(6, "a stranger's"), false, 3);
    overheard.hear(&message(7, " "), true, 3);
    // A repetition.
    overheard.hear(&message(3, "c"), true, 3);
    overheard.edit(CHANNEL, MessageId(2), "b, edited");
    let (taken, is_all) = overheard.take(CHANNEL, MessageId(4));
    assert_eq!(texts(&taken), ["b, edited", "c"]);
    assert_eq!((taken.older, taken.by_others, is_all), (1, 1, false));
    let (taken, is_all) = overheard.take(CHANNEL, MessageId(8));
    assert_eq!(texts(&taken), ["later"]);
    assert_eq!((taken.older, taken.by_others, is_all), (0, 0, true));
    overheard.missed();
    let (taken, is_all) = overheard.take(CHANNEL, MessageId(9));
    assert!(taken.is_empty() && !is_all);
}

#[test]
fn what_only_a_fetch_tells_makes_it_incomplete() {
    let mut overheard = Overheard::default();
    let mut id = 0;
    let mut take_after = |overheard: &mut Overheard, message: &ChatMessage, edited| {
        id += 10;
        overheard.take(CHANNEL, MessageId(id));
        let message = ChatMessage {
            id: MessageId(id + 1),
            ..message.clone()
        };
        overheard.hear(&message, true, 5);
        if let Some(text) = edited {
            overheard.edit(CHANNEL, message.id, text);
        }
        overheard.take(CHANNEL, MessageId(id + 2))
    };
    let words = message(1, "words");
    let mut rich = words.clone();
    rich.context.shown = vec!["Embed: x".to_owned()];
    let mut sticker = words.clone();
    sticker.context.stickers = vec!["wave".to_owned()];
    let mut by_bot = words.clone();
    by_bot.author.is_bot = true;
    for (message, edited, text, is_all) in [
        (&words, None, "words", true),
        (&words, Some("new"), "new", true),
        (&rich, None, "words\nEmbed: x", true),
        (&rich, Some("new"), "new", false),
        (&sticker, Some("new"), "new", false),
        (&by_bot, None, "words", true),
        (&by_bot, Some("new"), "new", false),
    ] {
        let (taken, was_all) = take_after(&mut overheard, message, edited);
        assert_eq!((texts(&taken), was_all), (vec![text], is_all), "{text}");
    }
    let mut unread = message(1, "");
    unread.context.wanted.itself = true;
    assert!(!take_after(&mut overheard, &unread, None).1);
    overheard.hear(
        &ChatMessage {
            id: MessageId(1_000),
            ..unread
        },
        false,
        5,
    );
    let (taken, is_all) = overheard.take(CHANNEL, MessageId(1_001));
    assert_eq!((taken.by_others, is_all), (1, true));
}

#[test]
fn nothing_is_kept_when_turned_off_or_forgotten() {
    let mut overheard = Overheard::default();
    overheard.hear(&message(1, "a"), true, 0);
    assert!(overheard.channels.is_empty());
    overheard.hear(&message(1, "a"), true, 5);
    overheard.hear(&message(2, "b"), true, 5);
    overheard.forget(CHANNEL, &[MessageId(1)]);
    assert_eq!(texts(&overheard.take(CHANNEL, MessageId(3)).0), ["b"]);
}

#[test]
fn memory_is_bounded() {
    let mut overheard = Overheard::default();
    for channel in 1..=1_100 {
        let mut message = message(channel, &"é".repeat(10_000));
        message.place.channel = ChannelId(channel);
        overheard.hear(&message, true, 5);
    }
    assert_eq!(overheard.channels.len(), CHANNELS);
    let (taken, _) = overheard.take(ChannelId(1_100), MessageId(2_000));
    assert!(taken.messages[0].text.len() <= LONGEST);
    assert!(overheard.take(ChannelId(1), MessageId(2_000)).0.is_empty());
}

#[test]
fn a_quote_holds_everything_that_a_message_shows() {
    let mut message = message(1, "words");
    *message.context = Context {
        shown: vec!["Embed: x".to_owned()],
        forwards: vec!["other".to_owned()],
        files: vec![File {
            name: "a.png".to_owned(),
            media_type: None,
            size: 1,
            origin: FileOrigin::Message,
            is_voice: false,
            state: FileState::Offered(String::new()),
        }],
        ..Context::default()
    };
    let quoted = quote(&message, None);
    assert_eq!(
        quoted.text,
        "words\nEmbed: x\nForwarded: other\nFile: a.png"
    );
    assert!(!quoted.is_own);
    let own = quote(&message, Some(UserId(5)));
    assert_eq!(own.text, "words\nEmbed: x\nForwarded: other");
    assert!(own.is_own);
}
