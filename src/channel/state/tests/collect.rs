//! Messages that are answered together.

use std::sync::Arc;

use super::*;

impl Bench {
    /// Claude works on a first message, and what comes meanwhile is collected.
    fn collecting() -> Self {
        let mut bench = Self::new();
        Arc::make_mut(&mut bench.state.config).discord.queue.mode = QueueMode::Collect;
        bench.working();
        drop(bench.cli(init()));
        bench
    }

    fn ask_as(&mut self, author: u64, words: &str) -> Vec<Effect> {
        self.next_message += 1;
        let origin = Origin::Message(MessageId(self.next_message));
        let request = Request::Prompt {
            text: words.into(),
            context: Box::default(),
        };
        let mut item = item(origin, Role::Member, request);
        item.speaker.id = UserId(author);
        self.event(Event::Requested(item))
    }

    /// Claude has got `one`, `two` and `three` as one message, and begun with it.
    fn collected() -> Self {
        let mut bench = Self::collecting();
        drop(bench.ask_as(3, "one"));
        drop(bench.ask_as(4, "two"));
        drop(bench.ask_as(5, "three"));
        drop(bench.cli(result()));
        assert_eq!(together(&bench.save_all()), ["one", "two", "three"]);
        drop(bench.cli(init()));
        bench
    }

    /// Saves until nothing more follows.
    fn save_all(&mut self) -> Vec<Effect> {
        let saves = |_| self.event(Event::Saved(Ok(())));
        (0..5).flat_map(saves).collect()
    }

    fn open_turns(&self) -> Vec<u64> {
        let record = self.state.record().unwrap();
        let open = record.state.open_turns.iter();
        open.map(|open| open.message.0).collect()
    }
}

/// The messages that Claude gets as one.
fn together(effects: &[Effect]) -> Vec<&str> {
    let asks = effects.iter().filter_map(|effect| match effect {
        Effect::Ask { before, text, .. } => Some((before, text)),
        _ => None,
    });
    let texts = asks.flat_map(|(before, text)| {
        let before = before.iter().map(|said| said.text.as_str());
        before.chain(text.as_deref())
    });
    texts.collect()
}

fn delete(bench: &mut Bench, message: u64) -> Vec<Effect> {
    bench.event(Event::Deleted(vec![MessageId(message)]))
}

#[test]
fn what_waits_becomes_one_turn_of_the_last_message() {
    let mut bench = Bench::collected();
    assert_eq!(bench.open_turns(), [102, 103, 104]);
    drop(bench.cli(text("all three")));
    let said = bench.cli(stop("end_turn"));
    assert_eq!(puts(&said).next().unwrap().1.reply_to, Some(MessageId(104)));
    let end = bench.cli(result());
    let booked = lines(&end);
    assert_eq!(booked.len(), 1);
    assert_eq!(booked[0].author, UserId(5));
    assert_eq!(booked[0].message, Some(MessageId(104)));
    assert!(notices(&end).is_empty());
    assert_eq!(bench.open_turns(), [0; 0]);
}

#[test]
fn the_others_stay_open_until_the_answer_is_delivered() {
    let mut bench = Bench::collected();
    drop(bench.cli(text("all three")));
    let mut effects = Vec::new();
    for event in [stop("end_turn"), result()] {
        effects.extend(bench.state.handle(Event::Session(event), bench.now));
    }
    let record = bench.state.record().unwrap();
    assert!(record.state.open_turns.iter().all(|open| open.booked));
    assert_eq!(bench.open_turns(), [102, 103, 104]);
    for key in keys(&effects) {
        bench.deliver(key);
    }
    assert_eq!(bench.open_turns(), [0; 0]);
}

#[test]
fn one_whose_limit_is_reached_is_refused_alone() {
    let mut bench = Bench::collecting();
    drop(bench.ask_as(3, "one"));
    drop(bench.ask_as(4, "two"));
    drop(bench.ask_as(5, "three"));
    drop(bench.cli(result()));
    drop(bench.event(Event::Saved(Ok(()))));
    let refused = bench.limited(Event::Saved(Ok(())), &Err("too much".into()));
    assert_eq!(says(&refused), ["too much"]);
    assert_eq!(
        puts(&refused).next().unwrap().1.reply_to,
        Some(MessageId(103))
    );
    for key in keys(&refused) {
        bench.deliver(key);
    }
    drop(bench.event(Event::LimitChecked(Ok(()))));
    assert_eq!(together(&bench.save_all()), ["one", "three"]);
    assert_eq!(bench.open_turns(), [102, 104]);
}

#[test]
fn a_deleted_message_is_left_out_and_the_others_go_on() {
    let mut bench = Bench::collecting();
    drop(bench.ask_as(3, "one"));
    drop(bench.ask_as(4, "two"));
    drop(bench.cli(result()));
    drop(bench.event(Event::Saved(Ok(()))));
    assert_eq!(together(&delete(&mut bench, 103)), ["one"]);

    let mut bench = Bench::collected();
    assert_eq!(delete(&mut bench, 104), []);
    assert!(asks(&delete(&mut bench, 102)).is_empty());
    let interrupt = control("switchboard-interrupt", Control::Interrupt);
    assert!(delete(&mut bench, 103).contains(&interrupt), "none is left");
}

#[test]
fn each_can_be_run_again_after_a_failure() {
    for end in [
        Event::Exited(Exit::default()),
        Event::Shutdown(ShutdownStage::Interrupt),
    ] {
        let mut bench = Bench::collected();
        let effects = bench.event(end);
        let mut offered: Vec<_> = notices(&effects).iter().map(|(it, _)| it.0).collect();
        offered.sort_unstable();
        assert_eq!(offered, [102, 103, 104]);
        assert_eq!(bench.open_turns(), [0; 0]);
    }
}

#[test]
fn a_crash_of_the_bot_offers_each_again() {
    let bench = Bench::collected();
    let mut next = Bench::with(bench.state.record().cloned());
    let effects = next.event(Event::Recover);
    let offered: Vec<_> = notices(&effects).iter().map(|(it, _)| it.0).collect();
    assert_eq!(offered, [102, 103, 104]);
}

#[test]
fn stop_ends_the_turn_for_all() {
    let mut bench = Bench::collected();
    drop(bench.stop());
    let end = bench.cli(failed("[ede_diagnostic]"));
    assert!(says(&end)[0].starts_with("Stopped."), "{end:?}");
    assert!(notices(&end).is_empty());
    assert_eq!(bench.open_turns(), [0; 0]);
}

#[test]
fn all_wait_for_a_usage_limit_to_reset() {
    let mut bench = Bench::collecting();
    drop(bench.ask_as(3, "one"));
    drop(bench.ask_as(4, "two"));
    drop(bench.cli(result()));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::UsageLimitReached(3_600)));
    drop(bench.save_all());
    let record = bench.state.record().unwrap();
    assert_eq!(record.state.held, [MessageId(102), MessageId(103)]);
    assert!(bench.state.turn.is_none() && bench.state.collected.is_empty());
}

#[test]
fn a_busy_api_has_all_of_them_run_again() {
    let mut bench = Bench::collected();
    drop(bench.cli(refused(429)));
    let record = bench.state.record().unwrap();
    let all = [102, 103, 104].map(MessageId);
    assert_eq!(record.state.held, all);
    // The first one withdraws what was asked for all of them.
    let unanswered = record.state.unanswered.as_ref().unwrap();
    assert_eq!(unanswered.message, MessageId(102));
    drop(bench.stop());
    assert!(bench.state.queue.is_empty(), "a stop drops all of them");
}

#[test]
fn only_messages_without_a_prefix_are_collected() {
    let mut bench = Bench::collecting();
    drop(bench.ask_as(3, "one"));
    drop(bench.command(Command::Clear));
    drop(bench.ask_as(4, "two"));
    drop(bench.cli(result()));
    assert_eq!(together(&bench.save_all()), ["one"]);
}
