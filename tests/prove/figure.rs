//! The scale of a proof, and what it counted.

use std::{env, fs, path::Path, thread};

use serde_json::json;

/// Set to `long` by `cargo xtask prove`.
const SCALE: &str = "SWITCHBOARD_PROVE";

#[expect(clippy::disallowed_methods, reason = "a test's own scale")]
fn is_long() -> bool {
    env::var(SCALE).is_ok_and(|scale| scale == "long")
}

/// How often to try: `short` among all tests, `long` when `cargo xtask prove` asks.
pub(crate) fn scaled(short: usize, long: usize) -> usize {
    if is_long() { long } else { short }
}

/// Hands over what a proof counted: a row of `docs/trust.md` where the proof ran at its long scale.
///
/// `tried` says what was done and how often, `found` what came of it; both in a few words, with numbers that this
/// run counted. A test may hand over several rows, each with a `promise` of its own.
pub(crate) fn figure(promise: &str, tried: &str, found: &str) {
    #[expect(clippy::print_stdout, reason = "this is what a proof tells its reader")]
    {
        println!("{promise}: {tried}: {found}");
    }
    if !is_long() {
        return;
    }
    let test = thread::current()
        .name()
        .expect("a test's thread is named after it")
        .to_owned();
    let row = json!({ "test": test, "promise": promise, "tried": tried, "found": found });
    let name: String = format!("{test} {promise}")
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '-' })
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/prove");
    fs::create_dir_all(&folder).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    fs::write(folder.join(format!("{name}.json")), row.to_string()).unwrap();
}
