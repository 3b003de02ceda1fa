use std::fmt::Debug;

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{observer::ChatTraffic, *};
use crate::{
    external::{Context, File, FileOrigin, FileState, Named, NamedKind, Quote},
    snowflake::{ChannelId, GuildId, MessageId, RoleId, UserId},
};

const CHANNEL: ChannelId = ChannelId(u64::MAX);

fn place() -> Place {
    Place {
        guild: Some(GuildId(2)),
        parent: Some(ChannelId(3)),
        name: Some("a\u{e4}\u{1f980}".to_owned()),
        tags: Some(vec!["bug".to_owned()]),
        guild_name: None,
        ..Place::channel(CHANNEL)
    }
}

fn author() -> Author {
    Author {
        id: UserId(4),
        name: "Ada".to_owned(),
        roles: vec![RoleId(5)],
        is_bot: true,
        is_webhook: false,
    }
}

fn interaction() -> Interaction {
    Interaction {
        id: u64::MAX,
        token: "t".to_owned(),
        deadline: deadline(),
    }
}

fn deadline() -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(1_700_000_000_123_456_789)
}

fn names() -> Vec<Named> {
    vec![Named {
        kind: NamedKind::Role,
        id: 3,
        name: None,
    }]
}

fn message() -> ChatMessage {
    ChatMessage {
        id: MessageId(6),
        place: place(),
        author: author(),
        text: "\"a\"\n\0".to_owned(),
        mentions_bot: true,
        replies_to_bot: false,
        context: Box::new(Context {
            thread: Some("title".to_owned()),
            quote: Some(Quote {
                author: UserId(7),
                name: "Bob".to_owned(),
                is_own: false,
                text: "before".to_owned(),
            }),
            forwards: vec!["other".to_owned()],
            files: vec![File {
                name: "a.txt".to_owned(),
                media_type: None,
                size: 1,
                origin: FileOrigin::Message,
                is_voice: false,
                state: FileState::Offered("http://127.0.0.1/a.txt".to_owned()),
            }],
            names: names(),
            ..Context::default()
        }),
        bot_role: Some(RoleId(9)),
        has_other_content: true,
    }
}

fn post() -> Post {
    let id = ControlId::new("a-1", 2).unwrap();
    Post {
        body: Body::Card(Card {
            title: "t".to_owned(),
            fields: vec![CardField {
                name: "n".to_owned(),
                value: "v".to_owned(),
                is_inline: true,
            }],
            color: Some(0xff_ff_ff),
            ..Card::default()
        }),
        controls: vec![
            vec![Control::Button(Button {
                id: id.clone(),
                label: "l".to_owned(),
                style: ButtonStyle::Danger,
                is_enabled: true,
            })],
            vec![Control::Menu(Menu {
                id,
                placeholder: "p".to_owned(),
                options: vec![MenuOption {
                    value: "v".to_owned(),
                    label: "l".to_owned(),
                    description: String::new(),
                }],
                min: 1,
                max: 1,
            })],
        ],
        files: vec![PostFile {
            name: "f".to_owned(),
            content: vec![0, 255],
        }],
        ..Post::text("").replying_to(Some(MessageId(8)))
    }
}

fn events() -> Vec<ChatEvent> {
    vec![
        ChatEvent::MessagesSkipped {
            last: Box::new(message()),
            count: 9,
        },
        ChatEvent::BackfillFailed { place: place() },
        ChatEvent::MessageEdited(Box::new(MessageEdit {
            id: MessageId(6),
            place: place(),
            author: None,
            text: Some("after".to_owned()),
            edited_at: Some(deadline()),
            mentions_bot: Some(false),
            names: names(),
        })),
        ChatEvent::MessagesDeleted {
            place: place(),
            messages: vec![MessageId(6)],
        },
        ChatEvent::Interaction {
            place: place(),
            author: author(),
            interaction: interaction(),
            kind: InteractionKind::Command {
                name: "model".to_owned(),
                options: vec![("name".to_owned(), "opus".to_owned())],
            },
        },
        ChatEvent::Interaction {
            place: place(),
            author: author(),
            interaction: interaction(),
            kind: InteractionKind::Autocomplete {
                command: "model".to_owned(),
                option: "name".to_owned(),
                typed: "o".to_owned(),
            },
        },
        ChatEvent::Interaction {
            place: place(),
            author: author(),
            interaction: interaction(),
            kind: InteractionKind::Press {
                message: MessageId(6),
                custom_id: "sb1:a:1".to_owned(),
                values: vec!["v".to_owned()],
            },
        },
        ChatEvent::Interaction {
            place: place(),
            author: author(),
            interaction: interaction(),
            kind: InteractionKind::Form {
                message: Some(MessageId(6)),
                custom_id: "sb1:a:1".to_owned(),
                fields: vec![("f".to_owned(), "v".to_owned())],
            },
        },
        ChatEvent::OwnMessage {
            channel: CHANNEL,
            message: MessageId(9),
        },
        ChatEvent::Typing {
            place: Place::channel(CHANNEL),
            author: Author {
                id: UserId(4),
                name: String::new(),
                roles: Vec::new(),
                is_bot: false,
                is_webhook: false,
            },
        },
        ChatEvent::PermissionsChanged {
            guild: GuildId(2),
            channel: None,
        },
        ChatEvent::Unblocked {
            channel: CHANNEL,
            may_post: true,
        },
        ChatEvent::Connected {
            bot: UserId(4),
            resumed: true,
        },
        ChatEvent::Disconnected,
        ChatEvent::Posted {
            channel: CHANNEL,
            key: PostKey::new("a-1"),
            messages: vec![MessageId(6)],
            state: PostState::Whole,
        },
        ChatEvent::Posted {
            channel: CHANNEL,
            key: PostKey::new("a-1"),
            messages: vec![MessageId(6)],
            state: PostState::Growing,
        },
    ]
}

/// Events that hold one of several values.
fn varied_events() -> Vec<ChatEvent> {
    let deliveries = [
        Delivery::Live,
        Delivery::LiveAhead {
            after: MessageId(1),
        },
        Delivery::Backfill,
    ];
    let changes = [
        ChannelChange::Created,
        ChannelChange::Changed,
        ChannelChange::Archived,
        ChannelChange::Deleted,
    ];
    let failures = [
        PostFailure::Refused,
        PostFailure::ChannelGone,
        PostFailure::WithoutFiles,
        PostFailure::ShuttingDown,
    ];
    let results = [
        Ok(OpResult::Message(Box::new(message()))),
        Ok(OpResult::History(vec![message(), message()])),
        Ok(OpResult::ThreadCreated(place())),
        Ok(OpResult::DirectMessage(CHANNEL)),
        Err(OpError::NotFound),
        Err(OpError::Forbidden),
        Err(OpError::Failed),
    ];
    let mut events = Vec::new();
    events.extend(deliveries.map(|delivery| ChatEvent::Message {
        message: Box::new(message()),
        delivery,
    }));
    events.extend(changes.map(|change| ChatEvent::Channel {
        place: place(),
        change,
    }));
    events.extend(failures.map(|why| ChatEvent::Posted {
        channel: CHANNEL,
        key: PostKey::new("a-1"),
        messages: Vec::new(),
        state: PostState::Failed(why),
    }));
    events.extend(results.map(|result| ChatEvent::OpDone {
        channel: CHANNEL,
        id: OpId::Press(u64::MAX),
        result,
    }));
    events
}

fn ops() -> Vec<ChatOp> {
    let (channel, id, message) = (CHANNEL, OpId::Press(1), MessageId(6));
    let replies = [
        InteractionReply::Acknowledge,
        InteractionReply::PrivateFiles {
            text: "t".to_owned(),
            files: vec![PostFile {
                name: "f".to_owned(),
                content: vec![0],
            }],
        },
        InteractionReply::Private("p".to_owned()),
        InteractionReply::OpenForm(Form {
            id: ControlId::new("a", 0).unwrap(),
            title: "t".to_owned(),
            fields: [
                FieldKind::Text {
                    value: "v".to_owned(),
                    is_long: true,
                },
                FieldKind::Options {
                    labels: vec!["o".to_owned()],
                    is_multiple: false,
                },
            ]
            .map(|kind| FormField {
                id: "f".to_owned(),
                label: "l".to_owned(),
                kind,
                is_required: false,
            })
            .into(),
        }),
        InteractionReply::Suggest(vec!["s".to_owned()]),
    ];
    let posts = [post(), Post::text("text")];
    let mut ops = vec![
        ChatOp::Remove {
            channel,
            key: PostKey::new("a.1"),
            known: vec![message],
        },
        ChatOp::Append {
            channel,
            key: PostKey::new("a-1"),
            text: "more".to_owned(),
        },
        ChatOp::Typing { channel, on: true },
        ChatOp::React {
            id: None,
            channel,
            message,
            emoji: "\u{1f440}".to_owned(),
            on: true,
        },
        ChatOp::CreateThread {
            id,
            channel,
            message: Some(message),
            title: "t".to_owned(),
            takes_existing: false,
        },
        ChatOp::AddToThread {
            thread: ChannelId(1),
            user: UserId(2),
        },
        ChatOp::RenameThread {
            thread: channel,
            title: "t".to_owned(),
        },
        ChatOp::OpenDirectMessage {
            id,
            channel,
            user: UserId(4),
        },
        ChatOp::FetchMessage {
            id,
            channel,
            holder: channel,
            message,
        },
        ChatOp::FetchHistory {
            id,
            channel,
            holder: channel,
            before: None,
            limit: 100,
        },
    ];
    ops.extend(posts.map(|post| ChatOp::Put {
        channel,
        key: PostKey::new("a-1"),
        post: Box::new(post),
        known: Vec::new(),
    }));
    ops.extend(replies.map(|reply| ChatOp::Reply {
        channel,
        interaction: interaction(),
        reply,
    }));
    ops
}

/// Through text and through a [`Value`], as they read numbers and strings in different ways.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *value, "{text}");
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::from_value::<T>(json).unwrap(), *value, "{text}");
}

#[test]
fn everything_survives_serialization() {
    for event in events().into_iter().chain(varied_events()) {
        check(&event);
        check(&ChatTraffic::In(event));
    }
    for op in ops() {
        check(&op);
        check(&ChatTraffic::Out(op));
    }
}

#[test]
fn names_and_ids_are_readable_in_json() {
    let op = ChatOp::Typing {
        channel: CHANNEL,
        on: true,
    };
    let expected = json!({ "op": "typing", "channel": u64::MAX.to_string(), "on": true });
    assert_eq!(serde_json::to_value(op).unwrap(), expected);
    let event = serde_json::to_value(ChatEvent::Disconnected).unwrap();
    assert_eq!(event, json!({ "event": "disconnected" }));
}

#[test]
fn keys_and_control_ids_are_checked_when_read() {
    let key: PostKey = serde_json::from_value(json!("a b/".repeat(20))).unwrap();
    assert_eq!(key.as_str(), "ab".repeat(10));
    let id = serde_json::from_value::<ControlId>(json!("sb1:a:01"));
    assert!(id.unwrap_err().to_string().contains("not a control id"));
}
