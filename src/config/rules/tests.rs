use proptest::prelude::*;

use super::*;

#[test]
fn well_formed_rules_pass() {
    #[track_caller]
    fn check(rule: &str) {
        assert_eq!(check_rule(rule), Ok(()), "{rule}");
    }
    BUILTIN_RULES.iter().copied().for_each(check);
    check("Read");
    check("Bash(git status)");
    check("Bash(git diff *)");
    check("Bash(echo (a (b)) c)");
    check("Bash(systemctl --user *)");
    check("WebFetch(domain:example.org)");
    check("mcp__x__y");
    check("mcp__x__*");
    check("SomethingNew");
}

#[test]
fn ill_formed_rules_are_refused() {
    #[track_caller]
    fn check(rule: &str, expected: &str) {
        let error = check_rule(rule).unwrap_err();
        assert!(error.starts_with(expected), "{rule}: {error}");
    }
    check("", "it is empty");
    check("  ", "it is empty");
    check("Bash(ls\n)", "it contains a newline");
    check("Bash(ls\0)", "it contains a newline");
    check(" Read", "remove the spaces");
    check("Read ", "remove the spaces");
    check("Read,Edit", "it must start with the name");
    check("Read Edit", "it must start with the name");
    check(
        "--dangerously-skip-permissions",
        "it must start with the name",
    );
    check("*", "it must start with the name");
    check("B*", "it must start with the name");
    check("(ls)", "it must start with the name");
    check(
        "bash(ls *)",
        "names of tools are case-sensitive; did you mean \"Bash\"?",
    );
    check(
        "webfetch",
        "names of tools are case-sensitive; did you mean \"WebFetch\"?",
    );
    check("Bash(ls", "its parentheses");
    check("Bash ls)", "its parentheses");
    check("Bash(ls))", "its parentheses");
    check("Bash((ls)", "its parentheses");
    check("Bash(a)(b)", "its parentheses");
    check("Bash(a) Read(b)", "its parentheses");
    check("Bash(a)b", "its parentheses");
    check("Bash()", "there is nothing");
    check("Bash( )", "there is nothing");
}

/// Splits as the CLI does: at commas and spaces outside parentheses.
fn split(list: &str) -> Vec<String> {
    let (mut rules, mut rule, mut open) = (Vec::new(), String::new(), 0_i32);
    for character in list.chars() {
        open += i32::from(character == '(') - i32::from(character == ')');
        if open == 0 && (character == ',' || character == ' ') {
            rules.push(std::mem::take(&mut rule));
        } else {
            rule.push(character);
        }
    }
    rules.push(rule);
    rules
}

proptest! {
    #[test]
    fn rules_that_pass_stay_apart_in_one_argument(rules in prop::collection::vec("[Ab(), *]{1,12}", 1..20)) {
        let good: Vec<String> = rules.into_iter().filter(|rule| check_rule(rule).is_ok()).collect();
        prop_assume!(!good.is_empty());
        prop_assert_eq!(split(&good.join(",")), good);
    }

    #[test]
    fn any_text_is_judged(rule in ".{0,40}") {
        prop_assert_eq!(check_rule(&rule).is_ok() && rule.contains('\n'), false);
    }
}
