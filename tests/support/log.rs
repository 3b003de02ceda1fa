//! The lines that the bot writes, to wait for.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    sync::watch,
};

/// The lines so far. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    lines: watch::Receiver<Arc<Vec<String>>>,
}

impl Log {
    /// Reads a pipe in a background task.
    pub(crate) fn read(pipe: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (sender, lines) = watch::channel(Arc::new(Vec::new()));
        tokio::spawn(async move {
            let mut pipe = BufReader::new(pipe).lines();
            while let Ok(Some(line)) = pipe.next_line().await {
                sender.send_modify(|lines| Arc::make_mut(lines).push(line));
            }
        });
        Self { lines }
    }

    /// All lines so far.
    pub(crate) fn text(&self) -> String {
        self.lines.borrow().join("\n")
    }

    /// Waits until all lines are read: the pipe is closed once the bot has ended.
    pub(crate) async fn whole(&self) {
        let mut lines = self.lines.clone();
        while lines.changed().await.is_ok() {}
    }

    /// Waits for a line that contains `needle` and returns it.
    #[track_caller]
    pub(crate) fn wait_for(
        &self,
        needle: &str,
        within: Duration,
    ) -> impl Future<Output = String> + use<> {
        let (needle, mut lines, caller) = (
            needle.to_owned(),
            self.lines.clone(),
            std::panic::Location::caller(),
        );
        async move {
            let found = |lines: &Arc<Vec<String>>| {
                lines.iter().find(|line| line.contains(&needle)).cloned()
            };
            let waited = tokio::time::timeout(within, async {
                lines
                    .wait_for(|lines| found(lines).is_some())
                    .await
                    .ok()
                    .and_then(|lines| found(&lines))
            });
            match waited.await {
                Ok(Some(line)) => line,
                _ => panic!(
                    "{caller}: no line with {needle:?} in the log:\n{}",
                    lines.borrow().join("\n")
                ),
            }
        }
    }
}
