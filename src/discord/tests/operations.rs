//! What goes out besides posts.

use super::*;

#[tokio::test]
async fn reactions_are_added_and_removed() {
    let adapter = Adapter::start().await;
    let (general, owner) = (adapter.discord.general(), adapter.discord.owner());
    let said = adapter.discord.say(general, owner, "hello");
    // The keycap begins with a character that ends a URL's path.
    for emoji in ["\u{1f440}", "#\u{fe0f}\u{20e3}"] {
        for on in [true, false] {
            adapter.outbox.send(ChatOp::React {
                id: None,
                channel: adapter.general,
                message: MessageId(said.get()),
                emoji: emoji.to_owned(),
                on,
            });
            let shown = adapter
                .discord
                .wait_until(DEADLINE, "the reaction", |view| {
                    let reactions = view.message(said).unwrap().reactions;
                    reactions.iter().any(|it| it.emoji == emoji) == on
                });
            shown.await.unwrap();
        }
    }
    adapter.stop().await;
}

#[tokio::test]
async fn threads_are_created_and_renamed() {
    let mut adapter = Adapter::start().await;
    let (general, owner) = (adapter.discord.general(), adapter.discord.owner());
    let said = adapter.discord.say(general, owner, "hello");
    for message in [None, Some(MessageId(said.get()))] {
        adapter.outbox.send(ChatOp::CreateThread {
            id: OP,
            channel: adapter.general,
            message,
            title: format!("{SECRET}{}", "x".repeat(150)),
            takes_existing: false,
        });
        let Ok(OpResult::ThreadCreated(place)) = adapter.result().await else {
            panic!("no thread");
        };
        assert_eq!(place.parent, Some(adapter.general));
        let title = place.name.unwrap();
        assert!(title.ends_with("xx") && !title.contains(SECRET), "{title}");
        adapter.outbox.send(ChatOp::RenameThread {
            thread: place.channel,
            title: "aside".to_owned(),
        });
        let renamed = adapter.channel(place.channel, ChannelChange::Changed).await;
        assert_eq!(renamed.name.as_deref(), Some("aside"));
    }
    adapter.stop().await;
}

#[tokio::test]
async fn histories_messages_and_direct_messages_are_fetched() {
    let mut adapter = Adapter::start().await;
    let (general, owner) = (adapter.discord.general(), adapter.discord.owner());
    let said = ["a", "b", "c"].map(|text| adapter.discord.say(general, owner, text));
    let channel = adapter.general;
    let (id, last) = (OP, MessageId(said[2].get()));
    adapter.outbox.send(ChatOp::FetchHistory {
        id,
        channel,
        holder: channel,
        before: Some(last),
        limit: 2,
    });
    let Ok(OpResult::History(messages)) = adapter.result().await else {
        panic!("no history");
    };
    let texts: Vec<_> = messages.iter().map(|message| &message.text[..]).collect();
    assert_eq!(texts, ["a", "b"]);
    assert!(messages[0].place.guild.is_some());

    adapter.outbox.send(ChatOp::FetchMessage {
        id,
        channel,
        holder: channel,
        message: last,
    });
    let Ok(OpResult::Message(message)) = adapter.result().await else {
        panic!("no message");
    };
    assert_eq!(message.text, "c");
    adapter.outbox.send(ChatOp::FetchMessage {
        id,
        channel,
        holder: channel,
        message: MessageId(1),
    });
    assert_eq!(adapter.result().await, Err(OpError::NotFound));

    adapter.outbox.send(ChatOp::OpenDirectMessage {
        id,
        channel,
        user: UserId(owner.get()),
    });
    let direct = adapter.discord.dm(owner);
    let opened = adapter.result().await.unwrap();
    assert_eq!(opened, OpResult::DirectMessage(ChannelId(direct.get())));
    adapter
        .discord
        .set_bot_permissions(general, Permissions::VIEW_CHANNEL);
    adapter.outbox.send(ChatOp::CreateThread {
        id,
        channel,
        message: None,
        title: "aside".to_owned(),
        takes_existing: false,
    });
    assert_eq!(adapter.result().await, Err(OpError::Forbidden));
    adapter.stop().await;
}

#[tokio::test]
async fn an_answer_appears_after_the_acknowledgement_of_its_command() {
    let mut adapter = Adapter::start().await;
    let (general, owner) = (adapter.discord.general(), adapter.discord.owner());
    let callback = "POST /interactions/*/*/callback";
    let slow = Duration::from_millis(500);
    adapter.discord.inject(Fault::delayed(callback, slow));
    let options = json!({ "city": "Paris" });
    let asked = adapter.discord.slash(general, owner, "weather", &options);
    let (interaction, name, options) = event!(
        adapter,
        ChatEvent::Interaction { interaction, kind: InteractionKind::Command { name, options }, .. } => Some((interaction, name, options))
    );
    assert_eq!(name, "weather");
    assert_eq!(options, [("city".to_owned(), "Paris".to_owned())]);
    adapter.reply(
        interaction,
        InteractionReply::Private("received".to_owned()),
    );
    let answer = Post::text("answer");
    adapter
        .outbox
        .put(adapter.general, PostKey::new("a"), answer);
    let answer = adapter.posted().await;
    let acknowledged = asked.original().expect("an acknowledgement").id;
    assert!(acknowledged.get() < answer.0);
    adapter.stop().await;
}

#[tokio::test]
async fn a_long_private_reply_comes_in_several_messages() {
    let mut adapter = Adapter::start().await;
    let (general, owner) = (adapter.discord.general(), adapter.discord.owner());
    let options = json!({ "city": "Paris" });
    let asked = adapter.discord.slash(general, owner, "weather", &options);
    let interaction = event!(
        adapter,
        ChatEvent::Interaction { interaction, .. } => Some(interaction)
    );
    let lines: Vec<_> = (0..200)
        .map(|line| format!("- line {line} {SECRET}"))
        .collect();
    adapter.reply(interaction, InteractionReply::Private(lines.join("\n")));
    let more = asked.followed_up(2, DEADLINE).await.unwrap();
    let first = asked.response(DEADLINE).await.unwrap();
    let pages: Vec<_> = std::iter::once(first).chain(more).collect();
    let shown: Vec<_> = pages.iter().flat_map(|page| page.content.lines()).collect();
    assert_eq!(shown.len(), lines.len());
    for (line, shown) in shown.iter().enumerate() {
        assert_eq!(*shown, format!("- line {line} [redacted]"));
    }
    assert!(pages.iter().all(|page| page.ephemeral_to == Some(owner)));
    adapter.stop().await;
}
