use super::*;

fn pushed(ops: &[(u64, &str, bool)]) -> Vec<(u64, String, bool)> {
    let mut pending = VecDeque::new();
    for (message, emoji, on) in ops {
        let (message, emoji) = (MessageId(*message), (*emoji).to_owned());
        push(
            &mut pending,
            Reaction {
                message,
                emoji,
                on: *on,
                id: None,
            },
        );
    }
    let left = pending.into_iter();
    left.map(|it| (it.message.0, it.emoji, it.on)).collect()
}

#[test]
fn what_waits_is_cancelled_by_its_opposite() {
    let off = (1, "a".to_owned(), false);
    assert_eq!(
        pushed(&[(1, "a", false), (1, "b", true), (1, "b", false)]),
        [off]
    );
    assert!(pushed(&[(1, "a", true), (1, "a", false)]).is_empty());
    assert_eq!(pushed(&[(1, "a", true), (1, "a", true)]).len(), 1);
    assert_eq!(pushed(&[(1, "a", true), (2, "a", false)]).len(), 2);
}
