//! Opening a page in the browser.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{dialogue, steps::Steps};
use crate::{
    claude::process,
    cli::{
        exit::{Code, ExitError},
        invocation::say,
        run,
    },
    config::{Environment, locate},
};

/// Where a window can be shown.
const DISPLAYS: [&str; 2] = ["WAYLAND_DISPLAY", "DISPLAY"];

/// What a browser needs to know of the desktop.
const OF_DESKTOP: [&str; 9] = [
    "BROWSER",
    "DBUS_SESSION_BUS_ADDRESS",
    "DESKTOP_SESSION",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CURRENT_DESKTOP",
    "XDG_DATA_DIRS",
    "XDG_RUNTIME_DIR",
];

/// How long the start may take.
const STARTING: Duration = Duration::from_secs(20);

/// Starts a program and does not wait for it: some browsers run until their last window is closed.
const START: &str = r#""$0" "$1" </dev/null >/dev/null 2>&1 &"#;

/// Asks whether to open a link, if a person is there and has a display.
pub(super) fn offer(steps: &Steps<'_>, question: &str, link: &str) -> Result<(), ExitError> {
    let environment = &steps.invocation.environment;
    let Some(opener) = opener(environment).filter(|_| steps.dialogue.is_person()) else {
        return Ok(());
    };
    if !dialogue::confirm(question, true)? {
        return Ok(());
    }
    let opener = opener
        .to_str()
        .ok_or_else(|| Code::Failed.exit("the path of xdg-open is not UTF-8"))?;
    let variables = OF_DESKTOP.map(str::to_owned);
    let arguments = ["-c", START, opener, link];
    let shell = Path::new("/bin/sh");
    let started = process::run_tool(STARTING, shell, &arguments, environment, &variables);
    match run::runtime()?.block_on(started) {
        Ok(_) => say("The browser opens it.\n"),
        Err(error) => say(&format!("Failed to open it: {error}\n")),
    }
}

/// The program that opens links, if they can be seen.
fn opener(environment: &Environment) -> Option<PathBuf> {
    let has_display = DISPLAYS.iter().any(|name| environment.get(name).is_some());
    has_display
        .then(|| locate::program("xdg-open", environment))
        .flatten()
}
