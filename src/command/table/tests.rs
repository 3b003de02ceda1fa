use super::*;

/// The limits for slash commands (Discord developer docs, "Application commands").
#[test]
fn discord_accepts_every_name_and_description() {
    for spec in SPECS {
        let argument = spec.argument.as_ref();
        let names = [Some(spec.name), argument.map(|argument| argument.name)];
        for name in names.into_iter().flatten() {
            assert!((1..=32).contains(&name.len()), "{name}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase()), "{name}");
        }
        let descriptions = [
            Some(spec.description),
            argument.map(|argument| argument.description),
        ];
        for description in descriptions.into_iter().flatten() {
            assert!((1..=100).contains(&description.len()), "{description}");
            assert!(!description.contains('\n'), "{description}");
        }
    }
}

/// Words that people know, although they are alike.
const ALIKE: [(&str, &str); 3] = [
    ("model", "mode"),
    ("effort", "export"),
    ("sessions", "session"),
];

#[test]
fn no_name_is_taken_for_another() {
    for (index, spec) in SPECS.iter().enumerate() {
        for other in &SPECS[index + 1..] {
            // Each is found by its exact name first.
            if ALIKE.contains(&(spec.name, other.name)) {
                continue;
            }
            assert!(
                strsim::damerau_levenshtein(spec.name, other.name) > 2,
                "{} and {}",
                spec.name,
                other.name
            );
        }
    }
}

#[test]
fn the_list_and_the_command_agree_on_who_may() {
    for spec in SPECS {
        let plain = (spec.build)(None).unwrap();
        assert_eq!(
            plain.needs_admin(),
            spec.who == Who::Admins,
            "{}",
            spec.name
        );
        if spec.who == Who::AdminsToChange {
            let argument = spec.argument.as_ref().unwrap();
            let word = match argument.values {
                Values::Words(words) | Values::Named(words) => words[0],
                Values::Amount => "5",
                Values::Models
                | Values::Personas
                | Values::Periods
                | Values::Rule
                | Values::Count
                | Values::Text => "word",
            };
            assert!((spec.build)(Some(word)).unwrap().needs_admin());
        }
    }
}
