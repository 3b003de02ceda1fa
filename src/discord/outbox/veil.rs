//! What every text passes on its way out of a channel: secrets stay in.

use std::sync::Arc;

use crate::{
    channel::Utterance,
    redact::{Redactor, StreamRedactor},
    snowflake::ChannelId,
};

/// One channel's veil.
pub(super) struct Veil {
    channel: ChannelId,
    redactor: StreamRedactor,
}

impl Veil {
    pub(super) fn new(redactor: &Arc<Redactor>, channel: ChannelId) -> Self {
        Self {
            channel,
            redactor: StreamRedactor::new(Arc::clone(redactor)),
        }
    }

    /// What is said, as it may be read there.
    pub(super) fn over(&mut self, mut utterance: Utterance) -> Utterance {
        match &mut utterance {
            Utterance::Say { text, .. } | Utterance::Offer { text, .. } => *text = self.draw(text),
            Utterance::Unbutton { .. } | Utterance::Mark { .. } | Utterance::Typing { .. } => {}
        }
        utterance
    }

    /// A text as it may be read there, whole: a secret must not be hidden by the cut between two messages. The log
    /// is told what was found, never its value.
    fn draw(&mut self, text: &str) -> String {
        let redacted = self.redactor.redact(text);
        for kind in &redacted.kinds {
            tracing::warn!(channel = %self.channel, %kind, "a secret was redacted from an answer");
        }
        redacted.text.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{redact::Secret, snowflake::MessageId};

    #[test]
    fn all_that_is_said_passes() {
        let redactor = Arc::new(Redactor::new(&[Secret::new("canary", "hunter2-hunter2")]));
        let channel = ChannelId(1);
        let mut veil = Veil::new(&redactor, channel);
        let text = "it is hunter2-hunter2".to_owned();
        let say = Utterance::Say {
            channel,
            to: None,
            text: text.clone(),
        };
        let offer = Utterance::Offer {
            channel,
            message: MessageId(2),
            cuts: 1,
            text,
        };
        for utterance in [say, offer] {
            match veil.over(utterance) {
                Utterance::Say { text, .. } | Utterance::Offer { text, .. } => {
                    assert_eq!(text, "it is [redacted]");
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
