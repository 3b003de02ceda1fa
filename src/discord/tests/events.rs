//! What comes in, and the interactions that answer it.

use super::*;

#[tokio::test]
async fn what_happens_to_messages_and_people_becomes_events() {
    let mut adapter = Adapter::start().await;
    let (general, owner) = (adapter.discord.general(), adapter.discord.owner());
    let said = adapter.discord.say(general, owner, "before");
    let text = format!("<@{}> after", adapter.discord.bot());
    adapter.discord.edit(said, &text);
    adapter.discord.type_in(general, owner);
    adapter.discord.delete(said);

    let edit = event!(adapter, ChatEvent::MessageEdited(edit) => Some(edit));
    assert_eq!(edit.id, MessageId(said.get()));
    assert_eq!(edit.text.as_deref(), Some(&text[..]));
    assert_eq!(edit.mentions_bot, Some(true));
    assert!(edit.edited_at.is_some());
    assert_eq!(edit.author.unwrap().id, UserId(owner.get()));
    assert_eq!(edit.place.name.as_deref(), Some("general"));
    let (place, author) =
        event!(adapter, ChatEvent::Typing { place, author } => Some((place, author)));
    assert_eq!(
        (place.channel, author.id),
        (adapter.general, UserId(owner.get()))
    );
    let (place, messages) =
        event!(adapter, ChatEvent::MessagesDeleted { place, messages } => Some((place, messages)));
    assert_eq!(place.channel, adapter.general);
    assert_eq!(messages, [MessageId(said.get())]);
    adapter.stop().await;
}

#[tokio::test]
async fn what_happens_to_channels_becomes_events() {
    let mut adapter = Adapter::start().await;
    let general = adapter.discord.general();
    let thread = adapter.discord.add_thread(general, "aside");
    adapter.discord.rename_channel(thread, "beside");
    adapter.discord.archive_thread(thread, true);
    adapter.discord.delete_channel(thread);
    adapter
        .discord
        .set_bot_permissions(general, Permissions::VIEW_CHANNEL);

    let id = ChannelId(thread.get());
    let created = adapter.channel(id, ChannelChange::Created).await;
    assert_eq!(created.parent, Some(adapter.general));
    assert_eq!(created.name.as_deref(), Some("aside"));
    let changed = adapter.channel(id, ChannelChange::Changed).await;
    assert_eq!(changed.name.as_deref(), Some("beside"));
    adapter.channel(id, ChannelChange::Archived).await;
    adapter.channel(id, ChannelChange::Deleted).await;
    let channel = event!(adapter, ChatEvent::PermissionsChanged { channel, .. } => Some(channel));
    assert_eq!(channel, Some(adapter.general));
    adapter.stop().await;
}

#[tokio::test]
async fn a_lost_connection_and_the_next_one_are_reported() {
    let mut adapter = Adapter::start().await;
    let bot = UserId(adapter.discord.bot().get());
    for resumed in [true, false] {
        if !resumed {
            adapter.discord.gateway().forget_sessions();
        }
        adapter.discord.gateway().drop_connections();
        event!(adapter, ChatEvent::Disconnected => Some(()));
        let next = event!(adapter, ChatEvent::Connected { bot, resumed } => Some((bot, resumed)));
        assert_eq!(next, (bot, resumed));
    }
    adapter.stop().await;
}

#[tokio::test]
async fn a_menu_opens_a_form_and_its_submission_comes_back() {
    let mut adapter = Adapter::start().await;
    let (general, owner) = (adapter.discord.general(), adapter.discord.owner());
    let id = |name| ControlId::new(name, 1).unwrap();
    let option = MenuOption {
        value: "a".to_owned(),
        label: "A".to_owned(),
        description: "The first".to_owned(),
    };
    let menu = Menu {
        id: id("menu"),
        placeholder: "Choose".to_owned(),
        options: vec![option],
        min: 1,
        max: 1,
    };
    let post = Post {
        controls: vec![vec![Control::Menu(menu)]],
        ..Post::text("Which?")
    };
    adapter.outbox.put(adapter.general, PostKey::new("a"), post);
    let message = Snowflake::from(adapter.posted().await.0);
    let menu = id("menu").to_string();
    let picked = adapter.discord.pick(message, &menu, owner, &["a"]);
    let (interaction, custom_id, values) = event!(adapter, ChatEvent::Interaction {
                interaction,
                kind: InteractionKind::Press { custom_id, values, .. },
                ..
            } => Some((interaction, custom_id, values)));
    assert_eq!((custom_id, values), (menu, vec!["a".to_owned()]));
    let field = FormField {
        id: "why".to_owned(),
        label: format!("Why {SECRET}"),
        kind: FieldKind::Text {
            value: "because".to_owned(),
            is_long: true,
        },
        is_required: true,
    };
    let options = FormField {
        id: "how".to_owned(),
        label: "How".to_owned(),
        kind: FieldKind::Options {
            labels: vec![format!("By {SECRET}"), "l".repeat(110), "C".to_owned()],
            is_multiple: true,
        },
        is_required: false,
    };
    let form = Form {
        id: id("form"),
        title: "t".repeat(50),
        fields: vec![field, options],
    };
    adapter.reply(interaction, InteractionReply::OpenForm(form));
    let modal = picked.modal(DEADLINE).await.unwrap();
    assert_eq!(modal["title"], "t".repeat(45));
    let shown = &modal["components"][0];
    assert_eq!(
        (&shown["type"], &shown["component"]["value"]),
        (&json!(18), &json!("because"))
    );
    let boxes = &modal["components"][1]["component"];
    assert_eq!(
        (&boxes["type"], &boxes["options"][2]["label"]),
        (&json!(22), &json!("C"))
    );
    assert!(!modal.to_string().contains(SECRET), "{modal}");

    let entered = json!({ "why": "so", "how": ["0", "2"] });
    let submitted = adapter.discord.submit(&picked, &entered);
    let (place, author, interaction, message, custom_id, fields) = event!(adapter, ChatEvent::Interaction {
                place,
                author,
                interaction,
                kind: InteractionKind::Form { message, custom_id, fields },
            } => Some((place, author, interaction, message, custom_id, fields)));
    assert_eq!(place.channel.0, general.get());
    assert_eq!(author.id, UserId(owner.get()));
    assert!(message.is_some());
    assert_eq!(custom_id, id("form").to_string());
    let wanted = [("why", "so"), ("how", "0"), ("how", "2")];
    assert_eq!(
        fields,
        wanted.map(|(id, value)| (id.to_owned(), value.to_owned()))
    );
    adapter.reply(interaction, InteractionReply::Acknowledge);
    assert_eq!(submitted.acknowledged(DEADLINE).await.unwrap().kind, 6);
    adapter.stop().await;
}

#[tokio::test]
async fn an_option_being_typed_gets_suggestions() {
    let mut adapter = Adapter::start().await;
    let (general, owner) = (adapter.discord.general(), adapter.discord.owner());
    let options = json!({ "city": "Par" });
    let typed = adapter
        .discord
        .autocomplete(general, owner, "weather", &options, "city");
    let (interaction, command, option, so_far) = event!(adapter, ChatEvent::Interaction {
                interaction,
                kind: InteractionKind::Autocomplete { command, option, typed },
                ..
            } => Some((interaction, command, option, typed)));
    assert_eq!([command, option, so_far], ["weather", "city", "Par"]);
    let values = (0..30).map(|number| format!("Paris {number}")).collect();
    adapter.reply(interaction, InteractionReply::Suggest(values));
    let choices = typed.choices(DEADLINE).await.unwrap();
    assert_eq!(choices.len(), 25);
    assert_eq!(choices[0], json!({ "name": "Paris 0", "value": "Paris 0" }));
    adapter.stop().await;
}
