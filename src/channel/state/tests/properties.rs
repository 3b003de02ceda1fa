//! Any course of events.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Ask,
    Command(u8),
    Stop,
    Saved(bool),
    Started,
    NotStarted(bool),
    Answer(u8),
    Text,
    Result,
    Failed,
    Gone,
    Exit(bool),
    Recalled,
    Task(bool),
    Init,
    Report,
    Wait(u64),
    /// Of the last message.
    Edit,
    Delete,
    ChannelGone,
}

/// How many messages wait, the one whose turn has not reached the CLI included.
fn waiting(state: &State) -> usize {
    let turn = state.turn.as_ref();
    state.queue.len() + usize::from(turn.is_some_and(|turn| turn.asked().is_none()))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Ask),
        1 => (0u8..6).prop_map(Step::Command),
        1 => Just(Step::Stop),
        4 => any::<bool>().prop_map(Step::Saved),
        3 => Just(Step::Started),
        1 => any::<bool>().prop_map(Step::NotStarted),
        4 => (0u8..3).prop_map(Step::Answer),
        2 => Just(Step::Text),
        3 => Just(Step::Result),
        1 => Just(Step::Failed),
        1 => Just(Step::Gone),
        1 => any::<bool>().prop_map(Step::Exit),
        1 => Just(Step::Recalled),
        2 => any::<bool>().prop_map(Step::Task),
        1 => Just(Step::Init),
        1 => Just(Step::Report),
        2 => (0u64..400).prop_map(Step::Wait),
        1 => Just(Step::Edit),
        1 => Just(Step::Delete),
        1 => Just(Step::ChannelGone),
    ]
}

/// What the actor would have by now; steps that cannot happen in it are skipped.
#[derive(Default)]
struct World {
    saving: u32,
    starting: bool,
    alive: bool,
}

impl World {
    /// Carries the effects out and checks that each can be.
    fn perform(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Save {
                    wait: Wait::Confirmed,
                    ..
                } => self.saving += 1,
                Effect::Start { .. } | Effect::Prewarm { .. } => {
                    assert!(
                        !self.alive && !self.starting,
                        "two processes for one session"
                    );
                    self.starting = true;
                }
                Effect::Ask { .. } | Effect::Send(_) => {
                    assert!(self.alive, "nobody reads {effect:?}");
                }
                Effect::Stop | Effect::Kill => {
                    assert!(self.alive || self.starting, "nothing to end");
                }
                _ => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever happens in whatever order: a process is started only where none is, nothing is written to
    /// none, every message that was taken up is answered or booked once, and in the end all comes to rest.
    #[test]
    fn any_course_of_events_comes_to_rest(steps in prop::collection::vec(step(), 0..60)) {
        let mut bench = Bench::new();
        let mut world = World::default();
        let mut asked = 0;
        let mut answered = 0;
        let mut drive = |bench: &mut Bench, world: &mut World, step: Step| {
            let (before, withdraws) = (waiting(&bench.state), matches!(step, Step::Delete | Step::ChannelGone));
            let last = MessageId(bench.next_message);
            let effects = match step {
                Step::Ask => { asked += 1; bench.ask("words") }
                Step::Command(n) => bench.command([Command::Help, Command::Clear, Command::Compact,
                    Command::Model(Some("haiku".into())), Command::Status, Command::Stop][usize::from(n)].clone()),
                Step::Stop => bench.stop(),
                Step::Saved(ok) if world.saving > 0 => {
                    world.saving -= 1;
                    bench.event(Event::Saved(if ok { Ok(()) } else { Err("disk".into()) }))
                }
                Step::Started if world.starting => {
                    world.starting = false;
                    world.alive = true;
                    bench.event(Event::Started)
                }
                Step::NotStarted(missing) if world.starting => {
                    world.starting = false;
                    let text = "why".to_owned();
                    bench.event(Event::StartFailed(
                        if missing { StartFailure::CliMissing(text) } else { StartFailure::Other(text) }))
                }
                Step::Answer(n) if world.alive => bench.control(
                    ["switchboard-initialize", "switchboard-get-usage", "switchboard-set-model"][usize::from(n)],
                    None, Some(0.0)),
                Step::Text if world.alive => bench.cli(text("x")),
                Step::Result if world.alive => bench.cli(result()),
                Step::Failed if world.alive => bench.cli(failed("x")),
                Step::Gone if world.alive => bench.cli(failed("No conversation found")),
                Step::Exit(planned) if world.alive || world.starting => {
                    world.alive = false;
                    world.starting = false;
                    bench.exit(if planned { "" } else { "No conversation found" })
                }
                Step::Task(true) if world.alive => bench.cli(task_started("b")),
                Step::Task(false) if world.alive => bench.cli(task_ended("b", true)),
                Step::Init if world.alive => bench.cli(init()),
                Step::Report if world.alive => bench.cli(report()),
                Step::Recalled if world.alive => bench.event(Event::Recalled(Recall::Slot)),
                Step::Wait(seconds) => bench.after(seconds),
                Step::Edit => {
                    let request = Request::Prompt { text: "edited".into(), context: Box::default() };
                    let item = item(Origin::Message(last), Role::Member, request);
                    let (speaker, request) = (item.speaker, item.request);
                    bench.event(Event::Edited(Edit { message: last, speaker, request }))
                }
                Step::Delete => bench.event(Event::Deleted(vec![last])),
                Step::ChannelGone => bench.event(Event::ChannelGone),
                _ => Vec::new(),
            };
            if withdraws {
                answered += before.saturating_sub(waiting(&bench.state));
            }
            answered += lines(&effects).len();
            answered += effects.iter().filter(|effect| match effect {
                Effect::Chat(ChatOp::Put { post, .. }) => {
                    let text = text_of(post);
                    text.contains("was not run") && !text.contains("again then")
                        || text.contains("didn't run it") || text.contains("was not accepted")
                }
                _ => false,
            }).count();
            world.perform(&effects);
        };
        for step in steps {
            drive(&mut bench, &mut world, step);
        }
        // From here on the world behaves.
        for _ in 0..400 {
            if bench.state.is_idle() && world.saving == 0 {
                break;
            }
            for step in [Step::Saved(true), Step::Started, Step::Answer(0), Step::Answer(1), Step::Answer(2),
                         Step::Result] {
                drive(&mut bench, &mut world, step);
            }
            let due = bench.state.deadline().is_some_and(|due| due > bench.now.mono);
            drive(&mut bench, &mut world, Step::Wait(if due { 900 } else { 1 }));
            if bench.state.process.is_stopping() {
                drive(&mut bench, &mut world, Step::Exit(true));
            }
        }
        prop_assert!(bench.state.is_idle(), "still {}", bench.state.activity());
        prop_assert!(answered >= asked, "{asked} asked, {answered} answered");
    }
}
