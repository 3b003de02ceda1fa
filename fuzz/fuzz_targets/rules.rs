//! Allow rules: those that pass stay apart in one argument of the CLI, and none is left unjudged.

#![no_main]

use libfuzzer_sys::fuzz_target;
use switchboard::config::check_rule;

/// Splits as the CLI does: at commas and spaces outside parentheses.
fn split(list: &str) -> Vec<String> {
    let (mut rules, mut rule, mut open) = (Vec::new(), String::new(), 0_i64);
    for character in list.chars() {
        open += i64::from(character == '(') - i64::from(character == ')');
        if open == 0 && (character == ',' || character == ' ') {
            rules.push(std::mem::take(&mut rule));
        } else {
            rule.push(character);
        }
    }
    rules.push(rule);
    rules
}

fuzz_target!(|text: &str| {
    let good: Vec<&str> = text.split('\n').filter(|rule| check_rule(rule).is_ok()).collect();
    if !good.is_empty() {
        assert_eq!(split(&good.join(",")), good);
    }
});
