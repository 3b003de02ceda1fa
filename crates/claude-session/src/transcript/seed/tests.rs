use super::*;
use crate::transcript::conversation;

#[test]
fn a_seed_is_read_as_the_conversation_that_it_was_made_of() {
    let entry = |uuid: &str, author, texts: &[&str]| Entry {
        uuid: uuid.to_owned(),
        at: "2026-01-02T03:04:05.000Z".to_owned(),
        author,
        blocks: texts
            .iter()
            .map(|text| Block::Text((*text).to_owned()))
            .collect(),
    };
    let entries = [
        entry("1", Author::User, &["note", "one\n\"quoted\""]),
        entry("2", Author::Claude, &["two"]),
        entry("3", Author::User, &["three"]),
    ];
    let lines = lines(Path::new("/work space"), Uuid::from_u128(7), &entries);
    assert_eq!(lines.lines().count(), 3);
    assert_eq!(conversation(lines.as_bytes(), None), entries);
}
