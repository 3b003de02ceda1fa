//! Three sets of allow rules to choose from.

use crate::config::BUILTIN_RULES;

pub(super) struct Preset {
    pub(super) name: &'static str,
    pub(super) explained: &'static str,
    rules: &'static [&'static str],
}

pub(super) const PRESETS: [Preset; 3] = [
    Preset {
        name: "talk",
        explained: "answers and searches the web; asks before anything else",
        rules: &["WebFetch", "WebSearch", "react", "read_channel"],
    },
    Preset {
        name: "read",
        explained: "also reads the files of the channel's folder and sends them; asks before it changes one",
        rules: &[
            "Read(./**)",
            "Grep(./**)",
            "WebFetch",
            "WebSearch",
            "send_file",
            "react",
            "read_channel",
        ],
    },
    Preset {
        name: "work",
        explained: "also writes files in the channel's folder; asks before it runs commands that change something (the default)",
        rules: &BUILTIN_RULES,
    },
];

impl Preset {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    pub(super) fn rules(&self) -> serde_json::Value {
        self.rules.into()
    }
}
