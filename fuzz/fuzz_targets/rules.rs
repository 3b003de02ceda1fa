//! Allow rules: accepted ones survive the CLI's splitting of its argument, and those that run programs are reported.

#![no_main]

use libfuzzer_sys::fuzz_target;
use switchboard::{
    allow_rules::{Capability, lint_rule},
    config::check_rule,
};

/// Splits a list as the CLI does: at commas and spaces outside parentheses.
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
        if let Some(risk) = lint_rule(rule) {
            assert!(!risk.reason.is_empty());
        }
        // An interpreter is reported whatever its arguments, a shell also after another command.
        let content = rule.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
        let argument = content.replace([';', '&', '|'], "-");
        for command in [format!("Bash(python3 {argument} *)"), format!("Bash({content} && sh -c *)")] {
            if check_rule(&command).is_ok() {
                let capability = lint_rule(&command).map(|risk| risk.capability);
                assert_eq!(capability, Some(Capability::Execute), "{command}");
            }
        }
    }
    if !good.is_empty() {
        assert_eq!(split(&good.join(",")), good);
    }
});
