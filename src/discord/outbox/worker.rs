//! One channel's worker: one message at a time, and typing in between.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, watch};

use super::{
    sender::{NotSent, Sender},
    veil::Veil,
};
use crate::{
    channel::{Interaction, Mark, Origin, Utterance},
    snowflake::ChannelId,
};

/// Typing is shown for 10 s after each request (Discord developer docs, "Trigger typing indicator").
const TYPING: Duration = Duration::from_secs(8);

/// A message of the bot's ends the typing that is shown; a turn that goes on shows it again after this.
const TYPING_AFTER_MESSAGE: Duration = Duration::from_millis(1500);

/// Something to do in the channel.
pub(super) struct Work {
    pub(super) utterance: Utterance,
    /// Where it answers a slash command: whether that has been acknowledged.
    pub(super) acknowledged: Option<watch::Receiver<bool>>,
}

/// Serves a channel until its queue is closed and empty.
pub(super) async fn serve(
    sender: Sender,
    channel: ChannelId,
    mut veil: Veil,
    mut work: mpsc::UnboundedReceiver<Work>,
    reached: mpsc::UnboundedSender<(ChannelId, Mark)>,
) {
    // When typing is due to be shown again; `None` while nobody works.
    let mut typing: Option<Instant> = None;
    // The last slash command answered: what is said to it after that is a message of its own.
    let mut answered: Option<Interaction> = None;
    // Whether the bot's end has kept something back. It keeps back all that follows, and no answer is whole.
    let mut is_kept_back = false;
    loop {
        let next = tokio::select! {
            biased;
            next = work.recv() => next,
            () = until(typing) => {
                sender.typing(channel).await;
                typing = Some(Instant::now() + TYPING);
                continue;
            }
        };
        let Some(Work {
            utterance,
            acknowledged,
        }) = next
        else {
            return;
        };
        match veil.over(utterance) {
            Utterance::Typing { on, .. } => typing = on.then(Instant::now),
            Utterance::Mark { mark, .. } => {
                let mark = if is_kept_back { Mark::KeptBack } else { mark };
                if reached.send((channel, mark)).is_err() {
                    tracing::debug!(%channel, "the bot is going down; its next start sees to the rest");
                }
            }
            Utterance::Offer {
                message,
                cuts,
                text,
                ..
            } => {
                let sent = sender.offer(channel, (message, cuts), &text).await;
                is_kept_back |= sent == Err(NotSent::AtTheEnd);
            }
            Utterance::Unbutton { notice, .. } => sender.unbutton(channel, notice).await,
            Utterance::Say { to, text, .. } => {
                if let Some(mut acknowledged) = acknowledged
                    && acknowledged.wait_for(|done| *done).await.is_err()
                {
                    tracing::debug!(%channel, "a slash command's acknowledgement failed");
                }
                let to = match to {
                    Some(Origin::Interaction(to)) if answered.as_ref() == Some(&to) => None,
                    to => to,
                };
                if let Some(Origin::Interaction(to)) = &to {
                    answered = Some(to.clone());
                }
                let sent = sender.say(channel, to, &text).await;
                is_kept_back |= sent == Err(NotSent::AtTheEnd);
                typing = typing.map(|_| Instant::now() + TYPING_AFTER_MESSAGE);
            }
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use loopback_discord::{Fault, Loopback};

    use super::*;
    use crate::{
        config::{Environment, Token},
        discord::rest::Rest,
        redact::Redactor,
        snowflake::MessageId,
    };

    #[tokio::test]
    async fn once_something_is_kept_back_no_mark_is_reached() {
        let discord = Loopback::builder().start().await.unwrap();
        discord.inject(Fault::status("POST /channels/*/messages", 401).always());
        let token = Token::parse(discord.token()).unwrap();
        let address = discord.url().parse().unwrap();
        let rest = Rest::new(&token, Some(&address), &Environment::default()).unwrap();
        let channel = ChannelId(discord.general().get());
        let (works, work) = mpsc::unbounded_channel();
        let (reached, mut marks) = mpsc::unbounded_channel();
        let say = |text: &str| Utterance::Say {
            channel,
            to: None,
            text: text.into(),
        };
        let mark = |id| Utterance::Mark {
            channel,
            mark: Mark::Answered(MessageId(id)),
        };
        // The turn's mark comes after that of a message which could not wait.
        for utterance in [say("answer"), say("too many wait"), mark(30), mark(9)] {
            let sent = works.send(Work {
                utterance,
                acknowledged: None,
            });
            assert!(sent.is_ok());
        }
        drop(works);
        let veil = Veil::new(&Arc::new(Redactor::new(&[])), channel);
        serve(Sender::new(rest, 1), channel, veil, work, reached).await;
        for _ in 0..2 {
            assert_eq!(marks.recv().await, Some((channel, Mark::KeptBack)));
        }
        assert_eq!(marks.recv().await, None);
    }
}
