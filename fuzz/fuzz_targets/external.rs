//! A person's words between markers: the words as they are, the name unable to pass for anything else.

#![no_main]

use libfuzzer_sys::fuzz_target;
use switchboard::{
    external::{MarkerId, Role, Speaker, wrap},
    snowflake::UserId,
};

fuzz_target!(|input: (u64, &str, &str)| {
    let (user, name, text) = input;
    let speaker = Speaker {
        id: UserId(user),
        name: name.to_owned(),
        role: Role::Member,
    };
    let id = MarkerId::fresh_for(text);
    let [opening, words, closing] = wrap(&speaker, text, id);
    assert_eq!(words, text);
    assert!(!text.to_lowercase().contains(&id.to_string()));
    // One line for the speaker, one for the marker, whatever the name.
    assert_eq!(opening.lines().count(), 2, "{opening:?}");
    assert_eq!(opening.matches(['[', ']']).count(), 2, "{opening:?}");
    assert!(opening.ends_with(&format!("\n[EXTERNAL CONTENT id={id}]\n")));
    assert!(!opening.contains('@') && opening.len() < 1_000, "{opening:?}");
    assert_eq!(closing, format!("\n[END EXTERNAL CONTENT id={id}]"));
});
