//! From the file's text to a checked [`Config`].
//!
//! What violates the schema is removed from the parsed text, so that the rest can still be checked and all problems
//! are reported at once.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    Config, DEFAULT_FILE, Environment, Machine, Problem, Problems, json,
    problem::{WHOLE_FILE, did_you_mean, one_of},
    schema::{unescape, violations},
};

impl Config {
    /// Reads the text of a configuration file. Relative paths are relative to `folder`, and `~/` is the `HOME` in `env`.
    /// Fails with all problems of the text, or its first syntax error.
    pub fn from_json(
        text: &str,
        folder: &Path,
        env: &Environment,
        machine: &Machine,
    ) -> Result<Self, Problems> {
        let (mut file, mut problems) = json::parse(text)?;
        let mut broken = BTreeSet::new();
        for (pointer, problem) in violations(&file) {
            // A value may violate several rules with the same message.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
            broken.insert(pointer);
        }
        for pointer in &broken {
            remove(&mut file, pointer);
        }
        let read = serde_json::from_value::<Self>(file);
        let mut config = read.map_err(|error| Problem::new(WHOLE_FILE, error.to_string()))?;
        if !broken.iter().any(|pointer| is_in_models(pointer)) {
            problems.extend(unknown_models(&config));
        }
        problems.extend(stray_argument(&config));
        let unsafe_address = config.dashboard.problem();
        problems.extend(unsafe_address.map(|why| Problem::new("dashboard.address", why)));
        problems.extend(config.resolve_paths(folder, env.home().as_deref()));
        if !problems.is_empty() {
            return Err(Problems(problems));
        }
        if let Some(bin) = env.get("CLAUDE_BIN") {
            config.claude.bin = bin.into();
        }
        if config.claude.max_live == 0 {
            config.claude.max_live = machine.live_processes();
        }
        let attachments = &mut config.discord.attachments;
        // Larger files could not be kept.
        attachments.max_bytes = attachments.max_bytes.min(attachments.keep_bytes);
        config.file = folder.join(DEFAULT_FILE);
        config.schema = None;
        Ok(config)
    }

    /// Makes all paths absolute. Returns those that cannot be resolved.
    fn resolve_paths(&mut self, folder: &Path, home: Option<&Path>) -> Vec<Problem> {
        folder.clone_into(&mut self.folder);
        let fixed = [
            ("personality_dir", &mut self.personality_dir),
            ("sessions_dir", &mut self.sessions_dir),
            ("workspace_dir", &mut self.workspace_dir),
        ];
        let mut paths: Vec<(String, &mut PathBuf)> =
            fixed.map(|(key, path)| (key.to_owned(), path)).into();
        let claude = &mut self.claude;
        // A bare name is looked up later.
        if claude.bin.as_os_str().as_encoded_bytes().contains(&b'/') || claude.bin == Path::new("~")
        {
            paths.push(("claude.bin".to_owned(), &mut claude.bin));
        }
        for path in &mut claude.sandbox_read {
            paths.push(("claude.sandbox_read".to_owned(), path));
        }
        for path in &mut claude.add_dirs {
            paths.push(("claude.add_dirs".to_owned(), path));
        }
        if let Some(path) = &mut self.discord.token_file {
            paths.push(("discord.token_file".to_owned(), path));
        }
        if let Some(path) = &mut self.dashboard.password_file {
            paths.push(("dashboard.password_file".to_owned(), path));
        }
        for (id, channel) in &mut self.channels {
            if let Some(path) = &mut channel.workspace {
                paths.push((format!("channels.{id}.workspace"), path));
            }
            for path in channel.add_dirs.iter_mut().flatten() {
                paths.push((format!("channels.{id}.add_dirs"), path));
            }
        }
        let resolve = |(key, path): (String, &mut PathBuf)| {
            *path = match (path.strip_prefix("~"), home) {
                (Err(_), _) => folder.join(&*path),
                (Ok(rest), Some(home)) => home.components().chain(rest.components()).collect(),
                (Ok(_), None) => {
                    let message = format!("cannot resolve `{}`: HOME is not set", path.display());
                    return Some(Problem::new(key, message));
                }
            };
            None
        };
        paths.into_iter().filter_map(resolve).collect()
    }
}

/// Removes the value at `pointer`. For an element of a list, removes the whole list.
fn remove(file: &mut Value, pointer: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        *file = Value::Object(serde_json::Map::new());
        return;
    };
    match file.pointer_mut(parent) {
        Some(Value::Object(object)) => {
            object.shift_remove(&unescape(key));
        }
        Some(Value::Array(_)) => remove(file, parent),
        _ => {} // Removed already, with its parent.
    }
}

fn is_in_models(pointer: &str) -> bool {
    pointer == "/models" || pointer.starts_with("/models/")
}

/// The models that are used but not listed in `models`.
fn unknown_models(config: &Config) -> Vec<Problem> {
    let models = config.models(&[]);
    let known = || models.iter().map(String::as_str);
    let of_channels = config.channels.iter().filter_map(|(id, channel)| {
        let model = channel.model.as_ref()?;
        Some((format!("channels.{id}.model"), model))
    });
    std::iter::once(("model".to_owned(), &config.model))
        .chain(of_channels)
        .filter(|(_, model)| !models.contains(model))
        .map(|(key, model)| {
            let hint = if *model == Config::default().model {
                Some("it is the default, so set `model` too".to_owned())
            } else {
                did_you_mean(model, known())
            };
            let expected = format!("one of `models` ({})", one_of(known()));
            Problem::expected(key, &expected, &Value::from(model.as_str()), hint)
        })
        .collect()
}

/// The CLI would take a first argument without a flag for a message.
fn stray_argument(config: &Config) -> Option<Problem> {
    let first = config.claude.extra_args.first()?;
    (!first.starts_with("--")).then(|| {
        let found = Value::from(first.as_str());
        Problem::expected("claude.extra_args[0]", "a long flag first", &found, None)
    })
}

#[cfg(test)]
mod tests;
