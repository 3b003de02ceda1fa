use super::*;
use crate::{
    channel::{Origin, Source},
    chat::{Delivery, Place},
    external::{Role, Speaker},
    snowflake::{ChannelId, MessageId, UserId},
};

fn item(text: &str) -> QueueItem {
    QueueItem {
        origin: Origin::Message(MessageId(1)),
        place: Place::channel(ChannelId(1)),
        speaker: Speaker {
            id: UserId(2),
            name: "A*da".into(),
            role: Role::Member,
        },
        request: Request::Prompt {
            text: text.into(),
            context: Box::default(),
        },
        source: Source::Chat(Delivery::Live),
        mode: None,
        thread: None,
    }
}

#[test]
fn first_words_are_short_and_plain() {
    assert_eq!(first_words(&item("a `b`\n\n c")), "a \\`b\\` c");
    assert_eq!(first_words(&item(" \n")), "(no words)");
    let long = first_words(&item(&"é".repeat(100)));
    assert_eq!(long, format!("{}…", "é".repeat(FIRST_WORDS)));
}

#[test]
fn a_long_list_is_cut() {
    let items: Vec<_> = (0..25).map(|_| item("x")).collect();
    let text = list(items.iter(), QueueMode::Queue);
    assert!(text.contains("\n20. **A\\*da**: x\nand 5 more\n"), "{text}");
}
