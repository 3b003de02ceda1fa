//! The configuration file: accepted as a whole, or rejected with every problem listed.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use switchboard::{
    allow_rules::lint,
    config::{Config, Environment, Machine, check_rule},
};

const MACHINE: Machine = Machine {
    memory_bytes: 4_000_000_000,
};

fuzz_target!(|text: &str| {
    let environment = Environment::from_iter([("HOME", "/home/bot")]);
    match Config::from_json(text, Path::new("/srv/bot"), &environment, &MACHINE) {
        Ok(config) => {
            assert!(config.models(&[]).contains(&config.model));
            assert!(!config.allowed_tools.is_empty() && config.claude.max_live > 0);
            let own = config.channels.keys().map(|id| config.allowed_tools_for(*id));
            for rule in own.chain([config.allowed_tools.as_slice()]).flatten() {
                assert_eq!(check_rule(rule), Ok(()));
            }
            for finding in lint(&config, config.claude.sandbox) {
                assert!(!finding.to_string().contains('\n'));
            }
            assert!(config.sessions_dir.is_absolute() && config.workspace_dir.is_absolute());
        }
        Err(problems) => {
            assert!(problems.iter().next().is_some(), "rejected without a problem");
            let told = problems.to_string();
            assert!(!told.is_empty() && told.lines().count() >= problems.iter().count());
        }
    }
});
