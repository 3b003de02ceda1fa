//! Allow rules: those that pass stay apart in one argument of the CLI, and whatever runs programs is named.

#![no_main]

use libfuzzer_sys::fuzz_target;
use switchboard::config::{Way, check_rule, judge_rule};

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
    for rule in &good {
        if let Some((_, why)) = judge_rule(rule) {
            assert!(!why.is_empty());
        }
        // Whatever follows it, an interpreter is one; a shell also beside something else.
        let content = rule.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
        let argument = content.replace([';', '&', '|'], "-");
        for command in [format!("Bash(python3 {argument} *)"), format!("Bash({content} && sh -c *)")] {
            if check_rule(&command).is_ok() {
                assert_eq!(judge_rule(&command).map(|(way, _)| way), Some(Way::Runs), "{command}");
            }
        }
    }
    if !good.is_empty() {
        assert_eq!(split(&good.join(",")), good);
    }
});
