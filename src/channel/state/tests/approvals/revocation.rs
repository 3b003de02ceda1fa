//! Granted rules that people take back.

use super::*;

impl Bench {
    /// The buttons of posts that ask for no decision.
    fn other_buttons(&self) -> Vec<Shown> {
        let posts = &self.state.record().unwrap().state.posts;
        let posts = posts.iter().filter(|post| !post.key.starts_with("a."));
        let shown = posts.flat_map(|post| {
            let buttons = controls::buttons(post).into_iter().flatten();
            buttons.filter_map(|control| match control {
                ChatControl::Button(button) => {
                    Some((button.label, post.messages[0], button.id.to_string()))
                }
                ChatControl::Menu(_) => None,
            })
        });
        shown.collect()
    }

    fn other_button(&self, label: &str) -> Shown {
        let mut buttons = self.other_buttons().into_iter();
        let found = buttons.find(|(found, ..)| found == label);
        found.unwrap_or_else(|| panic!("no {label} in {:?}", self.other_buttons()))
    }

    /// Grants the rule of a command.
    fn grant_for(&mut self, command: &str) {
        drop(self.may(command, command));
        drop(self.decide("Always here"));
    }
}

fn private(effects: &[Effect], text: &str) {
    assert_eq!(replies(effects), [&InteractionReply::Private(text.into())]);
}

#[test]
fn a_revoked_rule_holds_in_no_further_turn() {
    let revoke = || Command::Revoke("Bash(touch made)".into());
    let mut bench = working();
    let effects = bench.command(revoke());
    assert!(
        says(&effects)[0].starts_with("`Bash(touch made)` was not granted here"),
        "{effects:?}"
    );
    drop(bench.may("r", "touch made"));
    drop(bench.decide("Always here"));
    // While a turn runs, the next one waits for another process.
    drop(bench.ask("next"));
    let effects = bench.command(revoke());
    let [(_, text)] = &notices(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert!(text.contains("The running turn still has it"), "{text}");
    assert!(bench.state.grants().is_empty() && !effects.contains(&Effect::Stop));
    let effects = bench.cli(result());
    assert!(effects.contains(&Effect::Stop), "{effects:?}");
    drop(bench.event(Event::Saved(Ok(()))));
    let effects = bench.exit("");
    assert_eq!(starts(&effects).len(), 1);
    assert_eq!(says(&effects).len(), 1, "the button goes: {effects:?}");
    assert!(bench.other_buttons().is_empty());

    // While none runs, the process ends at once.
    let mut bench = working();
    drop(bench.may("r", "touch made"));
    drop(bench.decide("Allow for this session"));
    drop(bench.cli(result()));
    let effects = bench.command(revoke());
    assert_eq!(says(&effects), ["Revoked: `Bash(touch made)`."]);
    assert!(effects.contains(&Effect::Stop));
    assert!(bench.state.record().unwrap().state.grants.is_empty());
}

#[test]
fn members_may_not_revoke() {
    let mut bench = working();
    let command = Command::Revoke("Bash(id)".into());
    let effects = bench.request(Request::Command(command), Role::Member);
    assert!(says(&effects)[0].starts_with("Only this bot's admins can take a granted rule back"));
}

#[test]
fn a_button_of_the_list_takes_a_rule_back() {
    let mut bench = working();
    bench.grant_for("one");
    bench.grant_for("two");
    drop(bench.cli(result()));
    let effects = bench.command(Command::Tools);
    let [(_, text)] = &notices(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert!(text.contains("`Bash(one)` · always"), "{text}");
    let (one, two) = (
        bench.other_button("Revoke Bash(one)"),
        bench.other_button("Revoke Bash(two)"),
    );
    private(&bench.press_it(&one, false, None), texts::MAY_NOT_REVOKE);
    assert_eq!(bench.state.grants().len(), 2);
    let effects = bench.press_it(&one, true, None);
    assert_eq!(replies(&effects), [&InteractionReply::Acknowledge]);
    assert_eq!(says(&effects), ["Revoked by Ada: `Bash(one)`."]);
    assert!(effects.contains(&Effect::Stop));
    assert_eq!(bench.state.grants().len(), 1);
    // The list has changed: what was on it does nothing.
    for stale in [&one, &two] {
        private(
            &bench.press_it(stale, true, None),
            messages::CONTROL_EXPIRED,
        );
    }
    assert_eq!(bench.state.grants().len(), 1);
    // So do the buttons of an older list.
    let old = bench.other_button("Revoke Bash(two)");
    drop(bench.command(Command::Tools));
    private(&bench.press_it(&old, true, None), messages::CONTROL_EXPIRED);
    let last = bench.other_button("Revoke Bash(two)");
    drop(bench.press_it(&last, true, None));
    assert!(bench.state.grants().is_empty() && bench.other_buttons().is_empty());
    assert!(says(&bench.command(Command::Tools))[0].contains("Everything else is asked for."));
}

#[test]
fn a_rule_that_was_cleared_meanwhile_is_told_so() {
    let mut bench = working();
    drop(bench.may("r", "one"));
    drop(bench.decide("Allow for this session"));
    drop(bench.cli(result()));
    drop(bench.command(Command::Tools));
    let button = bench.other_button("Revoke Bash(one)");
    drop(bench.command(Command::Clear));
    private(&bench.press_it(&button, true, None), texts::ALREADY_REVOKED);
    let left = bench.other_buttons().into_iter().map(|(label, ..)| label);
    assert_eq!(left.collect::<Vec<_>>(), ["Undo"], "that of the clear");
}

#[test]
fn the_button_ends_the_turn_that_has_a_revoked_rule() {
    let mut bench = working();
    bench.grant_for("one");
    drop(bench.command(Command::Revoke("Bash(one)".into())));
    let button = bench.other_button("Stop the turn now");
    private(&bench.press_it(&button, false, None), texts::MAY_NOT_REVOKE);
    let effects = bench.press_it(&button, true, None);
    assert_eq!(replies(&effects), [&InteractionReply::Acknowledge]);
    assert!(
        effects.iter().any(|effect| matches!(
            effect,
            Effect::Send(SessionRequest::Control {
                control: Control::Interrupt,
                ..
            })
        )),
        "{effects:?}"
    );
    assert!(bench.other_buttons().is_empty());
    private(
        &bench.press_it(&button, true, None),
        messages::CONTROL_EXPIRED,
    );
    let effects = bench.cli(result());
    assert!(effects.contains(&Effect::Stop), "{effects:?}");
}

#[test]
fn the_button_does_not_end_another_turn() {
    let mut bench = working();
    bench.grant_for("one");
    drop(bench.command(Command::Revoke("Bash(one)".into())));
    let button = bench.other_button("Stop the turn now");
    drop(bench.cli(result()));
    private(&bench.press_it(&button, true, None), texts::TURN_IS_OVER);
    // A restart closes what was left open.
    let mut restarted = Bench::with(bench.state.record().cloned());
    assert_eq!(restarted.other_buttons().len(), 1);
    drop(restarted.event(Event::Recover));
    assert!(restarted.other_buttons().is_empty());
}
