//! Whoever has asked for something that is answered later.

use tokio::sync::mpsc;

/// Who waits for an answer: somebody at a terminal, or the channel itself.
#[derive(Debug, Clone)]
pub(crate) struct Client(mpsc::UnboundedSender<Answer>);

/// In words for the person who asked.
pub(crate) type Answer = Result<String, String>;

impl Client {
    /// Also returns where the answer arrives.
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Answer>) {
        let (sender, answers) = mpsc::unbounded_channel();
        (Self(sender), answers)
    }

    pub(crate) fn answer(&self, answer: Answer) {
        // The client may be gone.
        drop(self.0.send(answer));
    }
}

impl PartialEq for Client {
    fn eq(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }
}
