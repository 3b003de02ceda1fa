//! The scale of a proof and its result.

use std::{env, fs, path::Path, thread};

use serde_json::json;

/// The scale in percent of the long one, set by `cargo xtask prove`.
const SCALE: &str = "SWITCHBOARD_PROVE";

#[expect(clippy::disallowed_methods, reason = "a parameter of the test")]
fn percent() -> Option<usize> {
    env::var(SCALE).ok()?.parse().ok()
}

/// How often to try something: `short` among all tests, `long` when `cargo xtask prove` asks for the full scale. A
/// `long` that is less than `short` is the distance between two tries.
pub(crate) fn scaled(short: usize, long: usize) -> usize {
    match percent() {
        None => short,
        // `long` may be `usize::MAX`.
        Some(percent) if long >= short => {
            short.max(long / 100 * percent + long % 100 * percent / 100)
        }
        Some(percent) => (long * 100 / percent.max(1)).clamp(long, short),
    }
}

/// Reports a result, which becomes a row of `docs/trust.md` if `cargo xtask prove` runs the proof.
///
/// `tried` says what was done and how often, `found` what came of it; both in a few words, with numbers counted in
/// this run. A test may report several rows, each with its own `promise`.
pub(crate) fn figure(promise: &str, tried: &str, found: &str) {
    #[expect(clippy::print_stdout, reason = "the result for whoever runs the proof")]
    {
        println!("{promise}: {tried}: {found}");
    }
    if percent().is_none() {
        return;
    }
    let test = thread::current()
        .name()
        .expect("a test's thread is named after it")
        .to_owned();
    let measured = format!(
        "{}, {}",
        chrono::Utc::now().date_naive(),
        env!("CARGO_PKG_VERSION")
    );
    let row = json!({
        "test": test,
        "promise": promise,
        "tried": tried,
        "found": found,
        "measured": measured,
    });
    let name: String = format!("{test} {promise}")
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/prove");
    fs::create_dir_all(&folder).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    fs::write(folder.join(format!("{name}.json")), row.to_string()).unwrap();
}
