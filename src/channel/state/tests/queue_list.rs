//! `!queue` and `!stop all`.

use super::{
    recovery::{press, reply},
    takeover::steering,
    *,
};
use crate::chat::{Button, Control as ChatControl};

/// Who writes in [`Bench::ask`].
const ADA: u64 = 2;

fn queue_mode(mode: QueueMode) -> Command {
    Command::QueueMode(mode)
}

impl Bench {
    /// Works on `m101`; `m102` to `m104` wait, of two people.
    fn full() -> Self {
        let mut bench = Self::new();
        bench.working();
        drop(bench.cli(init()));
        for author in [ADA, 3, ADA] {
            bench.next_message += 1;
            drop(bench.says_as(author, bench.next_message));
        }
        bench
    }

    fn says_as(&mut self, author: u64, message: u64) -> Vec<Effect> {
        let request = Request::Prompt {
            text: format!("m{message} **and** more"),
            context: Box::default(),
        };
        let mut item = item(Origin::Message(MessageId(message)), Role::Member, request);
        item.speaker.id = UserId(author);
        self.event(Event::Requested(item))
    }

    fn list(&mut self) -> List {
        let effects = self.command(Command::Queue);
        List::of(&effects, self.next_post - 1).unwrap()
    }

    fn press_list(&mut self, list: &List, label: &str, user: u64) -> Vec<Effect> {
        let (_, id) = list
            .buttons
            .iter()
            .find(|(found, _)| found == label)
            .unwrap();
        let press = press(self, id, list.message, user);
        self.event(Event::Pressed(press))
    }
}

struct List {
    text: String,
    buttons: Vec<(String, String)>,
    message: u64,
}

impl List {
    /// The last list in the effects.
    fn of(effects: &[Effect], message: u64) -> Option<Self> {
        let (_, post) = texts(effects).find(|(key, _)| key.as_str().starts_with("q."))?;
        let buttons = post.controls.iter().flatten().filter_map(|control| {
            let ChatControl::Button(Button { id, label, .. }) = control else {
                return None;
            };
            Some((label.clone(), id.to_string()))
        });
        Some(Self {
            text: text_of(post).to_owned(),
            buttons: buttons.collect(),
            message,
        })
    }

    fn labels(&self) -> Vec<&str> {
        self.buttons
            .iter()
            .map(|(label, _)| label.as_str())
            .collect()
    }
}

#[test]
fn a_list_names_each_message_with_its_buttons() {
    let mut bench = Bench::full();
    let list = bench.list();
    let waiting = "3 messages wait here:\n\
         1. **Ada**: m102 \\*\\*and\\*\\* more\n\
         2. **Ada**: m103 \\*\\*and\\*\\* more\n\
         3. **Ada**: m104 \\*\\*and\\*\\* more\n\
         -# A message that arrives while Claude works waits for its turn (`queue`).";
    assert_eq!(list.text, waiting);
    let labels = ["Drop 1", "Drop 2", "Drop 3", "2 first", "3 first"];
    assert_eq!(list.labels(), labels);
}

#[test]
fn an_empty_list_has_no_buttons() {
    let mut bench = Bench::new();
    let effects = bench.command(Command::Queue);
    assert!(says(&effects)[0].starts_with("Nothing waits here."));
}

#[test]
fn the_author_drops_a_message_and_moves_another_to_the_front() {
    let mut bench = Bench::full();
    let list = bench.list();
    let effects = bench.press_list(&list, "3 first", ADA);
    assert_eq!(replies(&effects), [&InteractionReply::Acknowledge]);
    let list = List::of(&effects, bench.next_post - 1).unwrap();
    assert!(list.text.contains("1. **Ada**: m104"), "{}", list.text);
    let effects = bench.press_list(&list, "Drop 2", ADA);
    let list = List::of(&effects, bench.next_post - 1).unwrap();
    assert!(!list.text.contains("m102"), "{}", list.text);
    drop(bench.cli(result()));
    assert_eq!(
        asks(&bench.event(Event::Saved(Ok(())))),
        ["m104 **and** more"]
    );
    drop(bench.cli(init()));
    drop(bench.cli(result()));
    assert_eq!(
        asks(&bench.event(Event::Saved(Ok(())))),
        ["m103 **and** more"]
    );
    drop(bench.cli(result()));
    let record = bench.state.record().unwrap();
    assert!((101..=104).all(|message| record.has_claimed(MessageId(message))));
    assert_eq!(record.state.open_turns, []);
}

#[test]
fn a_stranger_moves_nothing() {
    let mut bench = Bench::full();
    let list = bench.list();
    for (label, user) in [("Drop 2", ADA), ("2 first", ADA), ("Drop 1", 3)] {
        let effects = bench.press_list(&list, label, user);
        assert_eq!(reply(&effects), Some(messages::queue::NOT_YOURS), "{label}");
    }
    assert_eq!(bench.state.waiting(), 3);
}

#[test]
fn a_press_on_a_stale_list_is_told_so() {
    let mut bench = Bench::full();
    let list = bench.list();
    // The first one runs now.
    drop(bench.cli(result()));
    let effects = bench.press_list(&list, "Drop 1", ADA);
    assert_eq!(reply(&effects), Some(messages::queue::NO_LONGER_WAITS));
    // A newer list replaces it.
    drop(bench.list());
    let effects = bench.press_list(&list, "Drop 3", ADA);
    assert_eq!(reply(&effects), Some(messages::CONTROL_EXPIRED));
    assert_eq!(bench.state.waiting(), 2);
}

#[test]
fn stop_all_drops_what_waits_by_name_and_stop_keeps_it() {
    let mut bench = Bench::full();
    drop(bench.stop());
    assert_eq!(bench.state.waiting(), 3);
    let all = |role| {
        let speaker = item(Origin::Interaction(1), role, Request::Hint(String::new())).speaker;
        let origin = Origin::Interaction(1);
        Event::StopAll { origin, speaker }
    };
    let effects = bench.event(all(Role::Member));
    let said = says(&effects)[0];
    assert!(
        said.starts_with("Dropped, and won't be run: 2 messages."),
        "{said}"
    );
    assert!(
        said.contains("m102") && !said.contains("m103") && said.contains("m104"),
        "{said}"
    );
    assert!(
        said.ends_with(
            "1 message of somebody else still waits: only its author or an admin can drop it."
        ),
        "{said}"
    );
    let effects = bench.event(all(Role::Admin));
    assert!(says(&effects)[0].contains("1. **Ada**: m103"));
    let end = bench.cli(failed("[ede_diagnostic]"));
    assert_eq!(says(&end), ["Stopped. The session is kept."]);
    assert!(asks(&bench.event(Event::Saved(Ok(())))).is_empty());
    let record = bench.state.record().unwrap();
    assert!((101..=104).all(|message| record.has_claimed(MessageId(message))));
}

#[test]
fn the_mode_of_a_channel_is_kept() {
    let mut bench = Bench::new();
    let effects = bench.command(queue_mode(QueueMode::Steer));
    assert!(says(&effects)[0].contains("(`steer`)"));
    let record = bench.state.record().unwrap();
    assert_eq!(record.state.queue_mode, Some(QueueMode::Steer));
    let effects = bench.request(Request::Command(queue_mode(QueueMode::Queue)), Role::Member);
    assert!(says(&effects)[0].starts_with("Only this bot's admins"));
    assert_eq!(bench.state.queue_mode(), QueueMode::Steer);
}

/// Who writes in [`Bench::ask_with`].
const BOB: u64 = 3;

#[test]
fn a_message_that_steers_is_dropped_before_claude_has_it() {
    let mut bench = Bench::begun();
    drop(bench.ask_with(QueueMode::Steer, "left"));
    drop(bench.ask("waits"));
    let list = bench.list();
    assert!(
        list.text.contains("1. **Bob**: left\n2. **Ada**: waits"),
        "{}",
        list.text
    );
    // The second one is the first of the queue already.
    assert_eq!(list.labels(), ["Drop 1", "Drop 2"]);
    let effects = bench.press_list(&list, "Drop 1", 4);
    assert!(reply(&effects).unwrap().starts_with("Only the author"));
    let effects = bench.press_list(&list, "Drop 1", BOB);
    let list = List::of(&effects, list.message).unwrap();
    assert!(
        list.text
            .starts_with("1 message waits here:\n1. **Ada**: waits"),
        "{}",
        list.text
    );
    assert!(steering(&bench.event(Event::Saved(Ok(())))).is_empty());
    assert_eq!(bench.state.record().unwrap().state.open_turns.len(), 1);
    assert_eq!(bench.state.waiting(), 1);
}

#[test]
fn a_message_that_steers_is_not_dropped_once_claude_has_it() {
    let mut bench = Bench::begun();
    drop(bench.ask_with(QueueMode::Steer, "left"));
    let list = bench.list();
    assert_eq!(steering(&bench.event(Event::Saved(Ok(())))), ["left"]);
    let effects = bench.press_list(&list, "Drop 1", BOB);
    assert!(
        reply(&effects)
            .unwrap()
            .starts_with("That message no longer waits")
    );
    let effects = bench.command(Command::Queue);
    let said = says(&effects);
    assert!(
        said.iter().any(|it| it.starts_with("Nothing waits here.")),
        "{said:?}"
    );
}
