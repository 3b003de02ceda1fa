//! Answers of many texts.

use std::collections::BTreeSet;

use super::*;
use crate::chat::Body;

fn appended(effects: &[Effect]) -> String {
    let texts = effects.iter().filter_map(|effect| match effect {
        Effect::Chat(ChatOp::Append { text, .. }) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// Posts of answers, the newest version of each last.
fn answers(effects: &[Effect]) -> Vec<(PostKey, String, bool)> {
    let all = puts(effects).filter(|(_, post)| matches!(post.body, Body::Answer(_)));
    all.map(|(key, post)| (key.clone(), text_of(post).to_owned(), post.is_final))
        .collect()
}

/// A CLI that has written so many texts, and all that came of them.
fn wrote(texts: usize) -> (Bench, Vec<Effect>) {
    let mut bench = Bench::new();
    bench.working();
    let mut effects = bench.cli(init());
    for number in 1..=texts {
        effects.extend(bench.cli(text(&format!("Step {number}."))));
        effects.extend(bench.cli(stop("tool_use")));
    }
    (bench, effects)
}

#[test]
fn two_thousand_texts_take_few_posts() {
    let (mut bench, mut effects) = wrote(2_000);
    effects.extend(bench.text("All done."));
    let end = bench.cli(result());
    effects.extend(end.iter().cloned());
    let all = answers(&effects);
    let keys: BTreeSet<_> = all.iter().map(|(key, ..)| key).collect();
    assert_eq!(
        (keys.len(), all.len()),
        (22, 23),
        "20, the rest twice, the last"
    );
    assert_eq!(all[19].1, "Step 20.");
    assert_eq!((all[20].1.as_str(), all[20].2), ("Step 21.", false));
    assert!(appended(&effects).starts_with("\n\nStep 22.\n\nStep 23."));
    assert_eq!(all[21].1, "All done.");
    let rest = &answers(&end)[0];
    assert_eq!((&rest.0, rest.2), (&all[20].0, true));
    assert!(rest.1.starts_with("Step 21.\n\nStep 22."));
    assert!(rest.1.ends_with("\n\nStep 2000."));
    assert_eq!(rest.1, format!("Step 21.{}", appended(&effects)));
    let state = &bench.state.record().unwrap().state;
    assert!(state.posts.is_empty() && state.open_turns.is_empty());
}

#[test]
fn long_texts_share_a_post_earlier() {
    let mut bench = Bench::new();
    bench.working();
    let mut effects = bench.cli(init());
    for _ in 0..9 {
        effects.extend(bench.cli(text(&"word ".repeat(2_000))));
        effects.extend(bench.cli(stop("tool_use")));
    }
    let last = bench.text(&"end ".repeat(2_000));
    assert!(answers(&last)[0].2, "a post of its own");
    let keys: BTreeSet<_> = answers(&effects).into_iter().map(|it| it.0).collect();
    assert_eq!(
        keys.len(),
        6,
        "of 6,000 shown characters each, and the rest"
    );
}

#[test]
fn the_rest_stays_when_the_process_dies() {
    let (mut bench, _) = wrote(25);
    let end = bench.exit("");
    let rest: Vec<_> = answers(&end).into_iter().map(|it| (it.1, it.2)).collect();
    let texts = "Step 21.\n\nStep 22.\n\nStep 23.\n\nStep 24.\n\nStep 25.";
    assert_eq!(rest, [(texts.to_owned(), true)]);
    assert_eq!(notices(&end).len(), 1);
}

#[test]
fn the_next_answer_has_its_own_posts_again() {
    let (mut bench, _) = wrote(25);
    drop(bench.cli(result()));
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    assert_eq!(says(&bench.text("short")), ["short"]);
}
