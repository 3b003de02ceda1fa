//! Messages, reactions and typing.

use serde_json::Value;

use super::{ActionError, ensure, message, require_member};
use crate::{
    Snowflake, clock,
    event::Event,
    shared::State,
    world::{Draft, NewFile, Patch},
};

/// `user` sends a message, which unarchives a thread.
pub(crate) fn say(
    state: &mut State,
    channel: Snowflake,
    user: Snowflake,
    text: &str,
    reply_to: Option<Snowflake>,
) -> Result<Snowflake, ActionError> {
    say_with_files(state, channel, user, text, Vec::new(), reply_to)
}

/// `user` sends a message with files.
pub(crate) fn say_with_files(
    state: &mut State,
    channel: Snowflake,
    user: Snowflake,
    text: &str,
    files: Vec<NewFile>,
    reply_to: Option<Snowflake>,
) -> Result<Snowflake, ActionError> {
    if let Some(id) = reply_to {
        let here = message(state, id)?.channel == channel;
        ensure(here, || format!("there is no message {id} in {channel}"))?;
    }
    let draft = Draft {
        content: text.to_owned(),
        files,
        reply_to,
        ..Draft::default()
    };
    post(state, channel, user, draft)
}

/// `user` sends a message of any kind, which unarchives a thread.
pub(crate) fn post(
    state: &mut State,
    channel: Snowflake,
    user: Snowflake,
    draft: Draft,
) -> Result<Snowflake, ActionError> {
    require_member(state, channel, user)?;
    let forum = state
        .world
        .channel(channel)
        .is_some_and(crate::Channel::is_forum);
    ensure(!forum, || {
        format!("{channel} is a forum, which holds only threads")
    })?;
    state.unarchive(channel);
    let id = state.world.post(channel, user, draft, clock::unix_ms());
    state.publish(&Event::MessageCreated(id));
    Ok(id)
}

/// The author of a message changes its text. `by`, if given, must be the author.
pub(crate) fn edit(
    state: &mut State,
    id: Snowflake,
    text: &str,
    by: Option<Snowflake>,
) -> Result<(), ActionError> {
    let author = message(state, id)?.author;
    ensure(by.is_none_or(|user| user == author), || {
        format!("message {id} is not theirs")
    })?;
    let patch = Patch {
        content: Some(text.to_owned()),
        ..Patch::default()
    };
    state.world.edit(id, patch, clock::unix_ms());
    state.publish(&Event::MessageUpdated(id));
    Ok(())
}

/// Somebody deletes a message. `by`, if given, must be the author.
pub(crate) fn delete(
    state: &mut State,
    id: Snowflake,
    by: Option<Snowflake>,
) -> Result<(), ActionError> {
    let author = message(state, id)?.author;
    ensure(by.is_none_or(|user| user == author), || {
        format!("message {id} is not theirs")
    })?;
    if let Some(gone) = state.world.delete_message(id) {
        state.publish(&Event::MessageDeleted(Box::new(gone)));
    }
    Ok(())
}

/// Discord adds the preview of a link to a message.
pub(crate) fn add_preview(
    state: &mut State,
    id: Snowflake,
    embed: Value,
) -> Result<(), ActionError> {
    let suppressed = message(state, id)?.suppress_embeds;
    ensure(!suppressed, || format!("message {id} suppresses previews"))?;
    state.world.add_preview(id, embed);
    state.publish(&Event::MessageUpdated(id));
    Ok(())
}

/// `user` adds a reaction to a message, or removes it.
pub(crate) fn react(
    state: &mut State,
    id: Snowflake,
    user: Snowflake,
    emoji: &str,
    added: bool,
) -> Result<(), ActionError> {
    let visible = message(state, id)?.is_visible_to(user);
    ensure(visible, || format!("{user} does not see message {id}"))?;
    if state.world.react(id, user, emoji, added) {
        state.publish(&Event::Reaction {
            message: id,
            user,
            emoji: emoji.to_owned(),
            added,
        });
    }
    Ok(())
}

/// `user` forwards a message to a channel.
pub(crate) fn forward(
    state: &mut State,
    id: Snowflake,
    channel: Snowflake,
    user: Snowflake,
) -> Result<Snowflake, ActionError> {
    let found = message(state, id)?;
    ensure(found.is_visible_to(user) && found.system.is_none(), || {
        format!("{user} cannot forward message {id}")
    })?;
    require_member(state, found.channel, user)?;
    let draft = Draft {
        forward: Some(id),
        ..Draft::default()
    };
    post(state, channel, user, draft)
}

/// `user` votes for an answer of a poll, by its id, or takes the vote back. Where only one answer can be chosen, the
/// one before is taken back.
pub(crate) fn vote(
    state: &mut State,
    id: Snowflake,
    user: Snowflake,
    answer: u64,
    added: bool,
) -> Result<(), ActionError> {
    let found = message(state, id)?;
    require_member(state, found.channel, user)?;
    let poll = message(state, id)?.poll.as_ref();
    let poll = poll.ok_or_else(|| ActionError::new(format!("message {id} has no poll")))?;
    ensure(!poll.is_over(clock::unix_ms()), || {
        "the poll is over".to_owned()
    })?;
    ensure(poll.answer(answer).is_some(), || {
        format!("the poll has no answer {answer}")
    })?;
    let mut changes = vec![(answer, added)];
    if added && !poll.multiselect {
        let before = poll.votes_of(user).into_iter();
        changes.splice(
            0..0,
            before.filter(|old| *old != answer).map(|old| (old, false)),
        );
    }
    for (answer, added) in changes {
        if state.world.vote(id, user, answer, added) {
            state.publish(&Event::Vote {
                message: id,
                user,
                answer,
                added,
            });
        }
    }
    Ok(())
}

/// `user` starts typing.
pub(crate) fn start_typing(
    state: &mut State,
    channel: Snowflake,
    user: Snowflake,
) -> Result<(), ActionError> {
    require_member(state, channel, user)?;
    state.publish(&Event::Typing { channel, user });
    Ok(())
}
