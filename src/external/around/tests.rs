use super::*;

#[test]
fn mentions_are_found_in_any_form() {
    use NamedKind::{Channel, Role, User};
    for (text, expected) in [
        ("", &[][..]),
        ("<@1> and <@!2>", &[(User, 1), (User, 2)]),
        ("<#3><@&4>, <@1>", &[(User, 1), (Channel, 3), (Role, 4)]),
        ("<<@1>", &[(User, 1)]),
        ("<@> <@x> <@1 <#-2> <:smile:5> < @6> <@+7> 🦀<", &[]),
        ("<@99999999999999999999999>", &[]),
    ] {
        let expected = expected.iter().copied().collect();
        assert_eq!(named_ids(text), expected, "{text}");
    }
}

#[test]
fn a_bare_mention_has_no_other_words() {
    for (text, expected) in [
        ("<@1>", true),
        (" <@!1>\n<@&2> ", true),
        ("<@1> fix", false),
        ("fix <@1>", false),
        ("<@1", false),
        ("", false),
        (" ", false),
    ] {
        assert_eq!(has_only_mentions(text), expected, "{text}");
    }
}
