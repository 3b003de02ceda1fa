//! What systemd tells about the service, as findings.

use std::{collections::HashMap, path::Path};

use super::{
    systemctl::{Systemctl, log},
    unit::{Found, NAME},
};
use crate::cli::{
    exit::{Code, ExitError},
    finding::Finding,
};

const PROPERTIES: &str = "--property=FragmentPath,UnitFileState,ActiveState,SubState,Result,StatusText,ActiveEnterTimestamp,AssertResult,AssertTimestamp";

pub(super) fn findings(
    systemctl: &Systemctl<'_>,
    file: &Path,
    found: Found,
    is_root: bool,
) -> Result<Vec<Finding>, ExitError> {
    let shown = systemctl.run(&["show", NAME, PROPERTIES]);
    let (_, shown) = shown.map_err(|error| Code::Failed.exit(error))?;
    Ok(judged(file, found, &shown, systemctl.is_user, is_root))
}

/// `shown` is what `systemctl show` prints.
fn judged(file: &Path, found: Found, shown: &str, is_user: bool, is_root: bool) -> Vec<Finding> {
    let shown: HashMap<_, _> = shown
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let property = |name: &str| *shown.get(name).unwrap_or(&"");
    let path = file.display();
    let as_root = if is_root || is_user { "" } else { "as root, " };
    let install = format!("{as_root}`switchboard service install`");
    let user = if is_user { "--user " } else { "" };
    // The unit of a package or of somebody else stays as it is.
    let start = match found {
        Found::Nothing | Found::Foreign => {
            format!("{as_root}`systemctl {user}enable --now switchboard`")
        }
        _ => install.clone(),
    };
    let unit = match (found, property("FragmentPath")) {
        (Found::Nothing, "") => {
            return vec![
                Finding::error("unit", format!("not installed: there is no {path}"))
                    .why("systemd does not know the bot")
                    .mend(install),
            ];
        }
        (Found::Nothing, other) => Finding::ok("unit", format!("{other}, of a package")),
        (Found::Foreign, _) => Finding::warning(
            "unit",
            format!("{path}, which `switchboard service install` did not write"),
        )
        .why("this version does not know whether it fits")
        .mend("compare it with what `switchboard service install --print` shows"),
        (Found::Outdated, _) => Finding::warning(
            "unit",
            format!("{path} differs from what this version writes for this configuration"),
        )
        .why("the service may start another program or configuration")
        .mend(install),
        (Found::Own, _) => Finding::ok(
            "unit",
            format!(
                "{path}, not compared with what this version writes: that needs the bot's folder, and the account that installed it"
            ),
        ),
        (Found::Current, _) => Finding::ok("unit", path.to_string()),
    };
    let enabled = match property("UnitFileState") {
        "enabled" => Finding::ok("enabled", "starts by itself"),
        other => Finding::warning("enabled", format!("does not start by itself ({other})"))
            .why("after a restart of the machine, the bot does not answer")
            .mend(start.clone()),
    };
    let since = property("ActiveEnterTimestamp");
    let active = match (property("ActiveState"), property("StatusText")) {
        ("active", status) => Finding::ok("state", format!("active since {since}: {status}")),
        (state @ ("activating" | "reloading"), status) => {
            Finding::warning("state", format!("{state}: {status}"))
                .why("it does not answer yet")
                .mend("wait; `switchboard doctor` finds out what is wrong if it takes long")
        }
        // Before the first start there is no time.
        (state, _)
            if property("AssertResult") == "no" && !property("AssertTimestamp").is_empty() =>
        {
            Finding::error(
                "state",
                format!("{state}: the token's file was missing at the last start"),
            )
            .why("systemd does not start the bot without it, and does not try again")
            .mend(format!(
                "store the token with `switchboard init --token-file FILE`, then {start}"
            ))
        }
        (state, _) => Finding::error(
            "state",
            format!("{state} ({}, {})", property("SubState"), property("Result")),
        )
        .why("the bot does not answer")
        .mend(format!(
            "{start} starts it, `switchboard doctor` finds out what is wrong"
        )),
    };
    vec![
        unit,
        enabled,
        active,
        Finding::ok("log", format!("`{}`", log(is_user))),
    ]
}

#[cfg(test)]
mod tests;
