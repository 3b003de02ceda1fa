//! However steering, collecting, interrupts, stops and crashes meet: no message is run twice, and none is lost.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use proptest::prelude::*;

use super::{takeover::cut, *};

#[derive(Debug, Clone, Copy)]
enum Step {
    Say(Option<QueueMode>),
    Stop,
    StopAll,
    /// A message from the end, by how many come after it.
    Delete(u64),
    Saved,
    /// The CLI takes up a line.
    Begin,
    /// The CLI ends its turn, at once or because it was cut.
    End(bool),
    /// The CLI crashes, or ends because it should.
    Exit,
    /// The bot is killed and starts again.
    Killed,
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![
        Just(None),
        Just(Some(QueueMode::Steer)),
        Just(Some(QueueMode::Steer)),
        Just(Some(QueueMode::Interrupt)),
    ];
    prop_oneof![
        6 => mode.prop_map(Step::Say),
        1 => Just(Step::Stop),
        1 => Just(Step::StopAll),
        1 => (0u64..4).prop_map(Step::Delete),
        6 => Just(Step::Saved),
        6 => Just(Step::Begin),
        6 => any::<bool>().prop_map(Step::End),
        2 => Just(Step::Exit),
        1 => Just(Step::Killed),
        1 => Just(Step::Wait),
    ]
}

/// A CLI that takes up lines in order, and a disk.
struct World {
    bench: Bench,
    mode: QueueMode,
    said: BTreeSet<u64>,
    /// How often the CLI has taken up each message.
    begun: BTreeMap<u64, usize>,
    /// Messages whose author knows that they do not run, or can have them run again.
    settled: BTreeSet<u64>,
    disk: Option<Record>,
    saving: usize,
    is_alive: bool,
    /// Each with its messages, and whether it cuts what runs.
    lines: VecDeque<(Vec<u64>, bool)>,
    /// The messages that are answered with one, by it.
    together: BTreeMap<u64, Vec<u64>>,
    is_running: bool,
    is_interrupted: bool,
}

impl World {
    fn new(mode: QueueMode) -> Self {
        Self {
            bench: bench(mode, None),
            mode,
            said: BTreeSet::new(),
            begun: BTreeMap::new(),
            settled: BTreeSet::new(),
            disk: None,
            saving: 0,
            is_alive: false,
            lines: VecDeque::new(),
            together: BTreeMap::new(),
            is_running: false,
            is_interrupted: false,
        }
    }

    fn drive(&mut self, step: Step) {
        match step {
            Step::Say(mode) if self.said.len() < 15 => {
                self.bench.next_message += 1;
                let message = self.bench.next_message;
                self.said.insert(message);
                self.request(message, mode, Delivery::Live);
            }
            Step::Stop => {
                self.stopped();
                self.event(Event::Stop(Origin::Interaction(1)));
            }
            Step::StopAll => {
                self.stopped();
                let origin = Origin::Interaction(1);
                let speaker = item(origin, Role::Owner, Request::Hint(String::new())).speaker;
                self.event(Event::StopAll { origin, speaker });
            }
            Step::Delete(back) => {
                let message = self.bench.next_message - back;
                self.settled.insert(message);
                self.event(Event::Deleted(vec![MessageId(message)]));
            }
            Step::Saved if self.saving > 0 => {
                self.saving -= 1;
                self.event(Event::Saved(Ok(())));
            }
            Step::Begin if !self.is_running => self.begin(),
            Step::End(is_cut) if self.is_running => {
                let was_interrupted = std::mem::take(&mut self.is_interrupted);
                let is_cut = is_cut && self.lines.front().is_some_and(|(_, now)| *now);
                self.is_running = false;
                self.event(Event::Session(if was_interrupted {
                    failed("[ede_diagnostic]")
                } else if is_cut {
                    cut()
                } else {
                    result()
                }));
            }
            Step::Exit if self.is_alive => {
                self.cli_is_gone();
                self.event(Event::Exited(Exit::default()));
            }
            Step::Killed => self.kill(),
            Step::Wait => {
                self.bench.now.mono += Duration::from_secs(6);
                self.event(Event::Tick);
            }
            _ => {}
        }
    }

    /// A message whose turn is stopped before the CLI takes it up does not run, and whoever stops it reads that.
    fn stopped(&mut self) {
        let state = &self.bench.state;
        let messages = state.turn.iter().chain(&state.collected);
        let messages = messages.filter_map(|turn| turn.origin.message());
        self.settled.extend(messages.map(|message| message.0));
    }

    fn request(&mut self, message: u64, mode: Option<QueueMode>, delivery: Delivery) {
        let request = Request::Prompt {
            text: format!("m{message}"),
            context: Box::default(),
        };
        let origin = Origin::Message(MessageId(message));
        let source = Source::Chat(delivery);
        self.event(Event::Requested(QueueItem {
            source,
            mode,
            ..item(origin, Role::Member, request)
        }));
    }

    fn begin(&mut self) {
        if let Some((messages, _)) = self.lines.pop_front() {
            self.is_running = true;
            for message in messages {
                *self.begun.entry(message).or_default() += 1;
            }
            self.event(Event::Session(init()));
        }
    }

    fn cli_is_gone(&mut self) {
        self.is_alive = false;
        self.lines.clear();
        self.is_running = false;
        self.is_interrupted = false;
    }

    /// Only what is on disk is left, and Discord delivers again what the record has not claimed.
    fn kill(&mut self) {
        self.cli_is_gone();
        self.saving = 0;
        let next = self.bench.next_message;
        self.bench = bench(self.mode, self.disk.clone());
        self.bench.next_message = next;
        self.event(Event::Recover);
        let disk = self.disk.clone();
        let is_claimed = |message: u64| {
            let disk = disk.as_ref();
            disk.is_some_and(|record| record.has_claimed(MessageId(message)))
        };
        for message in self.said.clone() {
            if !is_claimed(message) && !self.settled.contains(&message) {
                self.request(message, None, Delivery::Backfill);
            }
        }
    }

    fn event(&mut self, event: Event) {
        let mut effects = self.bench.limited(event, &Ok(()));
        let mut posts = keys(&effects);
        while let Some(key) = posts.pop() {
            let more = self.bench.deliver(key);
            posts.extend(keys(&more));
            effects.extend(more);
        }
        let mut follow = Vec::new();
        for effect in &effects {
            match effect {
                Effect::Save { record, wait, .. } => {
                    if !matches!(wait, Wait::Nobody(_)) {
                        self.disk = Some((**record).clone());
                    }
                    self.saving += usize::from(*wait == Wait::Confirmed);
                }
                Effect::Start { .. } => {
                    self.is_alive = true;
                    follow.push(Event::Started);
                }
                Effect::Send(SessionRequest::Control {
                    control: Control::Interrupt,
                    ..
                }) => self.is_interrupted = self.is_running,
                Effect::Send(SessionRequest::Control { request_id, .. }) => {
                    follow.push(Event::Session(SessionEvent::ControlResponse(
                        ControlResponse {
                            request_id: request_id.clone(),
                            ..ControlResponse::default()
                        },
                    )));
                }
                Effect::Ask {
                    before,
                    text,
                    steers,
                    ..
                } => {
                    let texts = before.iter().map(|said| said.text.as_str());
                    let texts = texts.chain(text.as_deref());
                    let messages: Vec<u64> = texts.map(|text| text[1..].parse().unwrap()).collect();
                    self.together
                        .insert(messages[before.len()], messages.clone());
                    if *steers {
                        assert!(self.is_running || self.lines.is_empty());
                        self.lines.push_front((messages, true));
                    } else {
                        assert!(self.lines.is_empty() && !self.is_running, "merged");
                        self.lines.push_back((messages, false));
                    }
                }
                Effect::Chat(ChatOp::Put { post, .. }) => self.note(post),
                _ => {}
            }
        }
        for event in follow {
            self.event(event);
        }
    }

    /// What a post tells about messages.
    fn note(&mut self, post: &Post) {
        let text = text_of(post);
        let made_way = text.contains("Claude goes on with");
        let has_button = post.controls.iter().any(|row| !row.is_empty());
        let together = post.reply_to.and_then(|it| self.together.get(&it.0));
        // Who is answered together reads together that others are next.
        self.settled
            .extend(together.filter(|_| made_way).into_iter().flatten());
        if has_button || made_way || text.contains("was not accepted") {
            self.settled.extend(post.reply_to.map(|it| it.0));
        }
        if text.starts_with("Dropped") {
            let named = text.split("m1").skip(1);
            let named = named.filter_map(|rest| format!("1{}", rest.get(..2)?).parse().ok());
            self.settled.extend(named.collect::<Vec<u64>>());
        }
    }
}

fn bench(mode: QueueMode, record: Option<Record>) -> Bench {
    let mut bench = Bench::with(record);
    Arc::make_mut(&mut bench.state.config).discord.queue.mode = mode;
    bench
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_message_is_run_twice_or_lost(
        steps in prop::collection::vec(step(), 0..80),
        collects in any::<bool>(),
    ) {
        let mode = if collects { QueueMode::Collect } else { QueueMode::Queue };
        let mut world = World::new(mode);
        for step in steps {
            world.drive(step);
        }
        // From here on the world behaves.
        for _ in 0..300 {
            for step in [Step::Saved, Step::Begin, Step::End(true)] {
                world.drive(step);
            }
            if world.bench.state.process.is_stopping() {
                world.drive(Step::Exit);
            }
            if world.bench.state.turn.is_none() && world.bench.state.queue.is_empty() && world.saving == 0 {
                break;
            }
            world.drive(Step::Wait);
        }
        prop_assert!(world.bench.state.turn.is_none(), "a turn does not end");
        prop_assert!(world.bench.state.steering.is_none());
        prop_assert!(world.bench.state.collected.is_empty());
        for message in &world.said {
            let begun = world.begun.get(message).copied().unwrap_or_default();
            prop_assert!(begun <= 1, "m{message} was run {begun} times");
            prop_assert!(begun == 1 || world.settled.contains(message), "m{message} is lost");
        }
        let open = world.bench.state.record().map(|record| record.state.open_turns.clone());
        prop_assert_eq!(open.unwrap_or_default(), []);
    }
}
