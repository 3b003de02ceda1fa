//! Where everything is.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::Result;

/// The version of the CLI that is measured.
pub(crate) const CLI: &str = "2.1.332";

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// The page.
pub(crate) fn page() -> PathBuf {
    root().join("docs/performance.md")
}

/// The folder with each figure's numbers and plots.
pub(crate) fn figures() -> PathBuf {
    root().join("docs/performance")
}

/// The bot, as `cargo build --release` makes it.
pub(crate) fn bot() -> PathBuf {
    root().join("target/release/switchboard")
}

/// The stand-in for the CLI, which is built beside this program.
pub(crate) fn stand_in() -> Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("claude-stand-in"))
}

/// The real CLI that scripts/install-claude has installed.
pub(crate) fn real_cli() -> Result<PathBuf> {
    let path = root().join(format!("target/claude/{CLI}/node_modules/.bin/claude"));
    if path.exists() {
        Ok(path)
    } else {
        Err(format!("the CLI {CLI} is missing: run scripts/install-claude").into())
    }
}

/// Writes a file of the measurement's own.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "a chore, not the bot")]
    fs::write(path, text)?;
    Ok(())
}
