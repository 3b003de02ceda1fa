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
    fn check(rule: &str, expected: &RuleError) {
        assert_eq!(check_rule(rule).as_ref(), Err(expected), "{rule}");
    }
    check("", &RuleError::Empty);
    check("  ", &RuleError::Empty);
    check("Bash(ls\n)", &RuleError::Control);
    check("Bash(ls\0)", &RuleError::Control);
    check(" Read", &RuleError::Padded);
    check("Read ", &RuleError::Padded);
    check("Read,Edit", &RuleError::Name);
    check("Read Edit", &RuleError::Name);
    check("--dangerously-skip-permissions", &RuleError::Name);
    check("*", &RuleError::Name);
    check("B*", &RuleError::Name);
    check("(ls)", &RuleError::Name);
    check("bash(ls *)", &RuleError::Case("Bash"));
    check("webfetch", &RuleError::Case("WebFetch"));
    check("Bash(ls", &RuleError::Parentheses);
    check("Bash ls)", &RuleError::Parentheses);
    check("Bash(ls))", &RuleError::Parentheses);
    check("Bash((ls)", &RuleError::Parentheses);
    check("Bash(a)(b)", &RuleError::Parentheses);
    check("Bash(a) Read(b)", &RuleError::Parentheses);
    check("Bash(a)b", &RuleError::Parentheses);
    check("Bash()", &RuleError::NoContent);
    check("Bash( )", &RuleError::NoContent);
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
