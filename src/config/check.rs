//! From the file's text to a checked [`Config`]: the one way in.
//!
//! What the schema refuses is taken out of the parsed text first, so that what is left can still be read and held
//! against itself: an owner sees every problem at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use serde_json::Value;

use super::{
    Allow, AttachmentSettings, CatchUp, ChannelOverride, Claude, Config, Discord, Environment,
    Limit, LimitSettings, Listed, Machine, Problem, Problems, TokenSource, json,
    problem::{WHOLE_FILE, below, did_you_mean, one_of, show},
    raw::{Raw, RawAllow, RawAttachments, RawChannel, RawClaude, RawDiscord, RawLimit, RawLimits},
    schema::{breaches, unescape},
};
use crate::money::Usd;

impl Config {
    /// Reads the text of a configuration file.
    ///
    /// Relative paths are taken from `folder`; `~/` is `HOME` of `env`, whose `CLAUDE_BIN` wins over `claude.bin`;
    /// `machine` settles how many live processes are kept where the file does not.
    ///
    /// # Errors
    ///
    /// All that is wrong with the text, or its first slip in syntax.
    pub fn from_json(
        text: &str,
        folder: &Path,
        env: &Environment,
        machine: &Machine,
    ) -> Result<Self, Problems> {
        let (mut file, mut problems) = json::parse(text)?;
        let breaches = breaches(&file)?;
        let mut broken = BTreeSet::new();
        for breach in breaches {
            // One value may break several rules of the schema, which all read the same.
            if !problems.contains(&breach.problem) {
                problems.push(breach.problem);
            }
            broken.insert(breach.pointer);
        }
        for pointer in &broken {
            take_out(&mut file, pointer);
        }
        let raw: Raw = match serde_json::from_value(file) {
            Ok(raw) => raw,
            Err(error) => {
                problems.push(Problem {
                    key: WHOLE_FILE.to_owned(),
                    found: error.to_string(),
                    allowed: "what the schema describes".to_owned(),
                    hint: None,
                });
                return Err(Problems(problems));
            }
        };
        problems.extend(unknown_models(&raw, &broken));
        problems.extend(stray_argument(&raw.claude));
        let mut paths = Paths {
            folder,
            home: env.home(),
            problems: Vec::new(),
        };
        let config = build(raw, &mut paths, env, *machine);
        problems.extend(paths.problems);
        if problems.is_empty() {
            Ok(config)
        } else {
            Err(Problems(problems))
        }
    }
}

/// Takes the value at `pointer` out of `file`; a broken entry takes its whole list along.
fn take_out(file: &mut Value, pointer: &str) {
    let Some((parent, key)) = pointer.rsplit_once('/') else {
        *file = Value::Object(serde_json::Map::new());
        return;
    };
    match file.pointer_mut(parent) {
        Some(Value::Object(object)) => {
            object.shift_remove(&unescape(key));
        }
        Some(Value::Array(_)) => take_out(file, parent),
        _ => {} // Gone already, with something that holds it.
    }
}

/// Models that are named somewhere but are none of `models`.
///
/// Nothing is said where the list itself is broken: its owner has that to mend first.
fn unknown_models(raw: &Raw, broken: &BTreeSet<String>) -> Vec<Problem> {
    if broken
        .iter()
        .any(|pointer| pointer == "/models" || pointer.starts_with("/models/"))
    {
        return Vec::new();
    }
    let known = || raw.models.iter().map(String::as_str);
    let of_channels = raw.channels.iter().filter_map(|(id, channel)| {
        Some((
            below(&below("channels", id), "model"),
            channel.model.as_deref()?,
        ))
    });
    std::iter::once(("model".to_owned(), raw.model.as_str()))
        .chain(of_channels)
        .filter(|(_, model)| !known().any(|known| known == *model))
        .map(|(key, model)| Problem {
            key,
            found: show(&model.into()),
            allowed: format!("one of `models`: {}", one_of(known())),
            hint: if model == Raw::default().model {
                Some("it is the default: set `model` as well".to_owned())
            } else {
                did_you_mean(model, known())
            },
        })
        .collect()
}

/// A first extra argument that belongs to no flag: the CLI would take it for a message.
fn stray_argument(claude: &RawClaude) -> Option<Problem> {
    let first = claude
        .extra_args
        .first()
        .filter(|first| !first.starts_with("--"))?;
    Some(Problem {
        key: "claude.extra_args[0]".to_owned(),
        found: show(&first.as_str().into()),
        allowed: "a long flag first; a value follows its flag".to_owned(),
        hint: None,
    })
}

/// Turns paths as they are written into ones that hold from anywhere.
struct Paths<'a> {
    folder: &'a Path,
    home: Option<PathBuf>,
    problems: Vec<Problem>,
}

impl Paths<'_> {
    fn resolve(&mut self, key: &str, path: &str) -> PathBuf {
        let rest = if path == "~" {
            Some("")
        } else {
            path.strip_prefix("~/")
        };
        let Some(rest) = rest else {
            return self.folder.join(path);
        };
        if let Some(home) = &self.home {
            return if rest.is_empty() {
                home.clone()
            } else {
                home.join(rest)
            };
        }
        self.problems.push(Problem {
            key: key.to_owned(),
            found: show(&path.into()),
            allowed: "a path without `~`, as long as the variable HOME is not set".to_owned(),
            hint: None,
        });
        self.folder.join(rest)
    }
}

fn build(raw: Raw, paths: &mut Paths<'_>, env: &Environment, machine: Machine) -> Config {
    Config {
        model: raw.model,
        models: raw.models,
        allowed_tools: raw.allowed_tools,
        personality_dir: paths.resolve("personality_dir", &raw.personality_dir),
        file: paths.folder.join(super::DEFAULT_FILE),
        folder: paths.folder.to_owned(),
        sessions_dir: paths.resolve("sessions_dir", &raw.sessions_dir),
        workspace_dir: paths.resolve("workspace_dir", &raw.workspace_dir),
        claude: build_claude(raw.claude, paths, env, machine),
        discord: build_discord(raw.discord, paths),
        limits: build_limits(&raw.limits),
        channels: raw
            .channels
            .into_iter()
            .filter_map(|(id, channel)| {
                let key = below("channels", &id);
                Some((id.parse().ok()?, build_channel(&key, channel, paths)))
            })
            .collect::<BTreeMap<_, _>>(),
    }
}

fn build_claude(
    raw: RawClaude,
    paths: &mut Paths<'_>,
    env: &Environment,
    machine: Machine,
) -> Claude {
    // A bare name is looked for, a path is a path.
    let bin = if raw.bin.contains('/') || raw.bin == "~" {
        paths.resolve("claude.bin", &raw.bin).into_os_string()
    } else {
        OsString::from(raw.bin)
    };
    let readable = raw.sandbox_read.iter();
    let readable = readable.map(|path| paths.resolve("claude.sandbox_read", path));
    Claude {
        sandbox_read: readable.collect(),
        bin: env.get("CLAUDE_BIN").map_or(bin, OsString::from),
        turn_timeout: Duration::from_secs(raw.turn_timeout_secs),
        pass_env: raw.pass_env,
        system_prompt: raw.system_prompt,
        extra_args: raw.extra_args,
        max_live: raw.max_live.unwrap_or_else(|| machine.live_processes()),
        max_starting: raw.max_starting,
        silence: Duration::from_secs(raw.silence_secs),
        background: Duration::from_secs(raw.background_secs),
        idle: Duration::from_secs(raw.idle_secs),
        sandbox: raw.sandbox,
        run_as: raw.run_as,
    }
}

fn build_discord(raw: RawDiscord, paths: &mut Paths<'_>) -> Discord {
    Discord {
        token: match raw.token_file {
            Some(file) => TokenSource::File(paths.resolve("discord.token_file", &file)),
            None => TokenSource::Environment,
        },
        respond: raw.respond,
        allow: build_allow(&raw.allow),
        admins: ids(&raw.admins),
        catch_up: CatchUp {
            max_age: Duration::from_secs(raw.catch_up.max_age_secs),
            max_messages: raw.catch_up.max_messages,
        },
        deaf_after: Duration::from_secs(raw.deaf_after_secs),
        attachments: build_attachments(&raw.attachments),
        api_base: raw.api_base.and_then(|address| address.parse().ok()),
    }
}

fn build_allow(raw: &RawAllow) -> Allow {
    Allow {
        users: listed(&raw.users),
        roles: listed(&raw.roles),
        channels: listed(&raw.channels),
        guilds: listed(&raw.guilds),
        bots: ids(&raw.bots),
        webhooks: ids(&raw.webhooks),
    }
}

fn build_attachments(raw: &RawAttachments) -> AttachmentSettings {
    AttachmentSettings {
        max_files: raw.max_files,
        // What is not kept need not be fetched.
        max_bytes: raw.max_bytes.min(raw.keep_bytes),
        keep_bytes: raw.keep_bytes,
        timeout: Duration::from_secs(raw.timeout_secs),
    }
}

fn build_limits(raw: &RawLimits) -> LimitSettings {
    LimitSettings {
        user: build_limit(&raw.user),
        channel: build_limit(&raw.channel),
        bots_in_a_row: raw.bots_in_a_row,
    }
}

fn build_limit(raw: &RawLimit) -> Limit {
    Limit {
        messages_per_hour: raw.messages_per_hour,
        usd_per_day: raw.usd_per_day.map(Usd::from_dollars),
    }
}

fn build_channel(key: &str, raw: RawChannel, paths: &mut Paths<'_>) -> ChannelOverride {
    ChannelOverride {
        model: raw.model,
        workspace: raw
            .workspace
            .map(|path| paths.resolve(&below(key, "workspace"), &path)),
        allowed_tools: raw.allowed_tools,
        respond: raw.respond,
    }
}

/// A list of ids and perhaps `"*"`.
fn listed<T: Ord + FromStr>(entries: &[String]) -> Listed<T> {
    Listed {
        everyone: entries.iter().any(|entry| entry == "*"),
        ids: ids(entries),
    }
}

/// The ids among `entries`. The schema has seen to it that they are ids.
fn ids<T: Ord + FromStr>(entries: &[String]) -> BTreeSet<T> {
    entries
        .iter()
        .filter_map(|entry| entry.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests;
