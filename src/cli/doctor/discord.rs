//! What Discord says: the token, the intent, the gateway, the clock, and the permissions in each channel.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use crate::{
    cli::finding::Finding,
    config::{Config, Environment, Token},
    discord::{
        permission::{Permission, invite_link},
        session_start::SessionStartLimit,
        survey::{BotAccount, Guild, Survey},
    },
    registry,
    snowflake::ChannelId,
};

/// How far this machine's clock may be off. Discord tells its time to the second.
const CLOCK: TimeDelta = TimeDelta::seconds(10);
/// From here on, certificates and days of budgets are judged wrongly.
const BAD_CLOCK: TimeDelta = TimeDelta::minutes(5);

/// An application in 100 guilds needs Discord's review for its intents, and may ask for it from 75 on (Discord developer
/// docs, "Privileged intents").
const REVIEW_FROM: u32 = 75;
const REVIEWED_FROM: u32 = 100;

const PORTAL: &str = "https://discord.com/developers/applications";

pub(super) async fn findings(
    config: &Config,
    token: &Token,
    environment: &Environment,
) -> Vec<Finding> {
    let survey = match Survey::new(token, config.discord.api_base.as_ref(), environment) {
        Ok(survey) => survey,
        Err(fatal) => {
            let finding = Finding::error("discord", fatal.to_string())
                .why("the bot cannot reach Discord")
                .mend("correct `discord.api_base`, or the variable HTTPS_PROXY");
            return vec![finding];
        }
    };
    let account = match survey.account().await {
        Ok(account) => account,
        Err(failed) if failed.status == Some(401) => return vec![refused_token()],
        Err(failed) => return vec![unreachable("discord", &failed.reason)],
    };
    let mut findings = account_findings(&account);
    findings.push(clock(survey.clock_difference()));
    findings.push(match survey.gateway().await {
        Ok(limit) => session_starts(limit),
        Err(reason) => unreachable("gateway", &reason),
    });
    match survey.guilds(account.bot).await {
        Ok(guilds) => {
            let guilds = guilds
                .into_iter()
                .map(|guild| guild.map_err(|failed| failed.reason));
            let (used, named) = (used(config), named(config));
            findings.extend(of_guilds(guilds.collect(), &used, &named, account.id));
        }
        Err(failed) => findings.push(unreachable(PERMISSIONS, &failed.reason)),
    }
    findings
}

/// What the bot lacks in the guilds that could be asked for, and which could not.
fn of_guilds(
    guilds: Vec<Result<Guild, String>>,
    used: &BTreeSet<ChannelId>,
    named: &BTreeSet<ChannelId>,
    application: u64,
) -> Vec<Finding> {
    let all = guilds.len();
    let mut failed = Vec::new();
    let seen: Vec<_> = guilds
        .into_iter()
        .filter_map(|guild| guild.map_err(|error| failed.push(error)).ok())
        .collect();
    let Some(first) = failed.first() else {
        return permissions(&seen, used, named, application);
    };
    let reason = format!("{} of {all} guilds: {}", failed.len(), first);
    let mut findings = vec![unreachable(PERMISSIONS, &reason)];
    if !seen.is_empty() {
        // A channel that is named may be in one of the others.
        findings.extend(permissions(&seen, used, &BTreeSet::new(), application));
    }
    findings
}

pub(in crate::cli) fn refused_token() -> Finding {
    Finding::error("discord", "Discord refuses the bot token")
        .why("the bot cannot log in")
        .mend(format!(
            "get a new token at {PORTAL} (your application, \"Bot\", \"Reset Token\") and put it in the place of the old one"
        ))
}

pub(in crate::cli) fn unreachable(check: &'static str, reason: &str) -> Finding {
    Finding::error(check, format!("Discord did not answer as it should: {reason}"))
        .why("the bot hears and says nothing without it")
        .mend(
            "see https://discordstatus.com, then this machine's network, its firewall and the variable HTTPS_PROXY",
        )
}

fn account_findings(account: &BotAccount) -> Vec<Finding> {
    let what = format!("the token is that of {} ({})", account.name, account.bot);
    let mut findings = vec![Finding::ok("discord", what)];
    findings.push(if account.reads_content {
        Finding::ok("intents", "the message content intent is ticked")
    } else {
        missing_intent(account.id)
    });
    if !account.is_reviewed && account.guilds >= REVIEW_FROM {
        let guilds = account.guilds;
        let finding = if guilds < REVIEWED_FROM {
            Finding::warning(
                "review",
                format!(
                    "the bot is in {guilds} guilds; from {REVIEWED_FROM} on, Discord must have reviewed it"
                ),
            )
        } else {
            Finding::error(
                "review",
                format!("the bot is in {guilds} guilds, and Discord has not reviewed it"),
            )
        };
        findings.push(
            finding
                .why("without the review, Discord takes the message content intent away and adds the bot to no more guilds")
                .mend(format!(
                    "apply for verification at {PORTAL}/{}/app-verification, or leave guilds",
                    account.id
                )),
        );
    }
    findings
}

pub(in crate::cli) fn missing_intent(application: u64) -> Finding {
    Finding::error("intents", "the message content intent is not ticked")
        .why("the bot can read only direct messages and messages that mention it")
        .mend(format!(
            "open {PORTAL}/{application}/bot, turn on \"Message Content Intent\" under \"Privileged Gateway Intents\", and save"
        ))
}

/// `ahead` is how far Discord's clock is ahead of this machine's.
fn clock(ahead: TimeDelta) -> Finding {
    const NAME: &str = "clock";
    let off = ahead.abs();
    if off <= CLOCK {
        return Finding::ok(NAME, "agrees with Discord's");
    }
    let direction = if ahead > TimeDelta::zero() {
        "slow"
    } else {
        "fast"
    };
    let what = format!(
        "this machine's clock is {} s {direction}",
        off.num_seconds()
    );
    let finding = if off > BAD_CLOCK {
        Finding::error(NAME, what)
    } else {
        Finding::warning(NAME, what)
    };
    finding
        .why("certificates are judged by it, and days of budgets and usage begin by it")
        .mend("let the system keep the time: `timedatectl set-ntp true`, or install chrony")
}

fn session_starts(limit: SessionStartLimit) -> Finding {
    let SessionStartLimit {
        total, remaining, ..
    } = limit;
    let what = format!("{remaining} of {total} connections are left for today");
    if remaining > total / 5 {
        return Finding::ok("gateway", format!("reachable; {what}"));
    }
    Finding::warning("gateway", what)
        .why("at the end, Discord resets the bot's token")
        .mend("find out why the bot starts so often; another program may use the same token")
}

/// The channels that the configuration names.
fn named(config: &Config) -> BTreeSet<ChannelId> {
    let listed = config.discord.allow.channels.ids.iter().copied();
    config.channels.keys().copied().chain(listed).collect()
}

/// Those, and the channels with a session.
fn used(config: &Config) -> BTreeSet<ChannelId> {
    let mut used = named(config);
    // `sessions` reports problems.
    if let Ok(document) = registry::read(&config.sessions_dir) {
        used.extend(document.records().map(|(channel, _)| channel));
    }
    used
}

const PERMISSIONS: &str = "permissions";

/// What the bot lacks, one finding for all channels of a guild that lack the same.
///
/// A channel that is not used may be hidden from the bot, and only counts if it sees it.
fn permissions(
    guilds: &[Guild],
    used: &BTreeSet<ChannelId>,
    named: &BTreeSet<ChannelId>,
    application: u64,
) -> Vec<Finding> {
    let link = invite_link(application);
    if guilds.is_empty() {
        return vec![
            Finding::warning(PERMISSIONS, "the bot is in no guild")
                .why("people can write to it only in direct messages")
                .mend(format!("invite it: open {link}")),
        ];
    }
    let mut findings = Vec::new();
    let mut seen = 0;
    for guild in guilds {
        let mut lacking: BTreeMap<Vec<&str>, Lacking<'_>> = BTreeMap::new();
        for channel in &guild.channels {
            let is_used = used.contains(&channel.id);
            seen += usize::from(channel.granted.sees());
            let missing: Vec<_> = channel.granted.missing().collect();
            if missing.is_empty() || !is_used && !channel.granted.sees() {
                continue;
            }
            let same = missing.iter().map(|it| it.name).collect();
            let entry = lacking.entry(same).or_insert_with(|| Lacking {
                missing,
                ..Lacking::default()
            });
            entry.channels.push(&channel.name);
            entry.is_used |= is_used;
        }
        if !guild.channels.iter().any(|channel| channel.granted.sees()) {
            lacking.clear();
            findings.push(
                Finding::error(
                    PERMISSIONS,
                    format!("the bot sees no channel of {:?}", guild.name),
                )
                .why("it hears and says nothing there")
                .mend(format!(
                    "allow \"View Channels\" for the bot's role, or open {link} again"
                )),
            );
        }
        findings.extend(
            lacking
                .into_values()
                .map(|it| it.finding(&guild.name, &link)),
        );
    }
    let known: BTreeSet<_> = guilds
        .iter()
        .flat_map(|guild| guild.channels.iter().map(|channel| channel.id))
        .collect();
    findings.extend(named.difference(&known).map(|channel| {
        Finding::warning(
            PERMISSIONS,
            format!("the configuration names {channel}, which is no channel of the bot's guilds"),
        )
        .why("nothing happens there, unless it is a thread")
        .mend("correct the ID, invite the bot to that guild, or remove it from the configuration")
    }));
    if findings.is_empty() {
        let guilds = guilds.len();
        findings.push(Finding::ok(
            PERMISSIONS,
            format!("complete in all {seen} channels that the bot sees, in {guilds} guilds"),
        ));
    }
    findings
}

/// Channels of a guild that lack the same permissions.
#[derive(Default)]
struct Lacking<'a> {
    missing: Vec<Permission>,
    channels: Vec<&'a str>,
    is_used: bool,
}

/// How many channels are named.
const NAMED: usize = 8;

impl Lacking<'_> {
    fn finding(&self, guild: &str, link: &str) -> Finding {
        let names = self.missing.iter().map(|it| it.name);
        let names = names.collect::<Vec<_>>().join(", ");
        let mut places: Vec<_> = self
            .channels
            .iter()
            .map(|name| format!("#{name}"))
            .collect();
        if let Some(more) = places.len().checked_sub(NAMED).filter(|more| *more > 0) {
            places.truncate(NAMED);
            places.push(format!("{more} more"));
        }
        let is_mute = self.missing.iter().any(|it| it.is_required);
        let without: Vec<_> = self.missing.iter().map(|it| it.without).collect();
        let what = format!("in {guild:?}, {}: {names} missing", places.join(", "));
        let finding = if is_mute && self.is_used {
            Finding::error(PERMISSIONS, what)
        } else {
            Finding::warning(PERMISSIONS, what)
        };
        finding.why(without.join("; ")).mend(format!(
            "in Discord, \"Edit Channel\", \"Permissions\", add the bot's role and allow {names}; \
             for all channels at once, open {link}"
        ))
    }
}

#[cfg(test)]
mod tests;
