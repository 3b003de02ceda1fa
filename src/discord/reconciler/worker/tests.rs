//! One channel's worker, against the loopback Discord.

use loopback_discord::{Fault, Loopback};
use tokio::task::JoinHandle;

use super::*;
use crate::{
    chat::{Directory, PostState},
    config::{Environment, Token},
    discord::{history::History, rest::Rest},
    redact::Secret,
    snowflake::ChannelId,
};

const DEADLINE: Duration = Duration::from_secs(30);

struct Bench {
    discord: Loopback,
    channel: ChannelId,
    work: mpsc::UnboundedSender<Work>,
    events: mpsc::UnboundedReceiver<ChatEvent>,
    task: JoinHandle<()>,
}

fn worker(discord: &Loopback) -> (Worker, mpsc::UnboundedReceiver<ChatEvent>) {
    let token = Token::parse(discord.token()).unwrap();
    let address = discord.url().parse().unwrap();
    let rest = Rest::new(&token, Some(&address), &Environment::default()).unwrap();
    let channel = ChannelId(discord.general().get());
    let history = History {
        rest,
        directory: Directory::default(),
        bot: Arc::new(discord.bot().get().into()),
    };
    let redactor = Arc::new(Redactor::new(&[Secret::new("canary", "hunter2-hunter2")]));
    let (sender, events) = mpsc::unbounded_channel();
    let worker = Worker::new(
        Sender::new(&history, channel),
        &redactor,
        AnswerLimits::default(),
        CircuitBreaker::default(),
        sender,
    );
    (worker, events)
}

impl Bench {
    async fn new() -> Self {
        let discord = Loopback::builder().start().await.unwrap();
        let (mut worker, events) = worker(&discord);
        let channel = worker.sender.channel;
        let (work, mut queue) = mpsc::unbounded_channel();
        Self {
            discord,
            channel,
            work,
            events,
            task: tokio::spawn(async move {
                while let Some(next) = queue.recv().await {
                    worker.take(next).await;
                    worker.serve(&mut queue).await;
                }
            }),
        }
    }

    fn put(&self, key: &str, text: &str, is_final: bool) {
        let post = Post {
            is_final,
            ..Post::text(text)
        };
        let work = Work::Put(PostKey::new(key), Box::new(post), Vec::new());
        assert!(self.work.send(work).is_ok());
    }

    async fn event(&mut self) -> ChatEvent {
        let event = tokio::time::timeout(DEADLINE, self.events.recv());
        event.await.expect("an event in time").unwrap()
    }

    /// Waits for the acknowledgement of a post; gives its messages.
    async fn posted(&mut self, key: &str) -> Vec<MessageId> {
        match self.event().await {
            ChatEvent::Posted {
                key: posted,
                messages,
                channel,
                ..
            } => {
                assert_eq!((posted, channel), (PostKey::new(key), self.channel));
                messages
            }
            other => panic!("{other:?}"),
        }
    }

    fn texts(&self) -> Vec<String> {
        let messages = self.discord.bot_messages(self.discord.general());
        messages
            .into_iter()
            .map(|message| message.content)
            .collect()
    }
}

#[tokio::test]
async fn a_post_is_created_edited_grown_and_removed() {
    let mut bench = Bench::new().await;
    bench.put("a", "one", false);
    let first = bench.posted("a").await;
    bench.put("a", "two: hunter2-hunter2", false);
    assert_eq!(bench.posted("a").await, first);
    assert_eq!(bench.texts(), ["two: [redacted]"]);
    bench.put("a", &"word ".repeat(700), false);
    assert_eq!(bench.posted("a").await.len(), 2);
    bench.put("b", "last", true);
    bench.posted("b").await;
    let work = Work::Remove(PostKey::new("a"), Vec::new());
    assert!(bench.work.send(work).is_ok());
    drop(bench.work);
    bench.task.await.unwrap();
    let messages = bench.discord.bot_messages(bench.discord.general());
    let texts: Vec<_> = messages
        .into_iter()
        .map(|message| message.content)
        .collect();
    assert_eq!(texts, ["last"]);
}

#[tokio::test]
async fn only_the_newest_version_is_sent_after_a_limit() {
    let mut bench = Bench::new().await;
    bench.put("a", "v0", false);
    bench.posted("a").await;
    let edits = "PATCH /channels/*/messages/*";
    let limit = Duration::from_millis(700);
    bench.discord.inject(Fault::rate_limited(edits, limit));
    for version in 1..=50 {
        bench.put("a", &format!("v{version}"), false);
        tokio::task::yield_now().await;
    }
    while bench.texts() != ["v50"] {
        bench.posted("a").await;
    }
    let calls = bench.discord.look(|view| view.calls_to(edits).count());
    assert!(calls <= 5, "{calls} edits for 50 versions");
}

#[tokio::test]
async fn posts_held_back_by_a_shutdown_are_reported() {
    let mut bench = Bench::new().await;
    let creates = "POST /channels/*/messages";
    bench.discord.inject(Fault::status(creates, 401).always());
    for key in ["a", "b"] {
        bench.put(key, "text", true);
    }
    for _ in 0..2 {
        let event = bench.event().await;
        assert!(
            matches!(
                event,
                ChatEvent::Posted {
                    state: PostState::Failed(PostFailure::ShuttingDown),
                    ..
                }
            ),
            "{event:?}"
        );
    }
    let calls = bench.discord.look(|view| view.calls_to(creates).count());
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn a_page_is_cut_and_followed_without_a_pause() {
    let discord = Loopback::builder().start().await.unwrap();
    let (mut worker, _events) = worker(&discord);
    let key = PostKey::new("a");
    worker.take(Work::Typing(true)).await;
    let mut typing = worker.typing.unwrap();
    let versions = [&["one two"][..], &["one", "two three"]];
    let mut paused = Vec::new();
    for texts in versions {
        let texts = texts.iter().map(ToString::to_string).collect();
        worker
            .board
            .grow(&key, Page::default().with_texts(texts), &[]);
        let all = Allowance {
            create: true,
            edit: true,
            delete: true,
            grow: true,
        };
        worker.grows_at = Instant::now();
        while let Some(step) = worker.board.next(all) {
            worker.carry_out(step).await;
            paused.push(!worker.budget().grow);
            assert!(worker.typing > Some(typing), "typing waits for what moves");
            typing = worker.typing.unwrap();
        }
    }
    assert!(typing > Instant::now() + STILL / 2);
    assert_eq!(paused, [true, false, true]);
}
