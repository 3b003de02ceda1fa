//! Well-known token formats. Such tokens are redacted, no matter whose they are.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

/// Names and formats. Words, paths and commit IDs are too short to match.
const SHAPES: &[(&str, &str)] = &[
    // The application's ID in base64, a time, a signature.
    (
        "a Discord bot token",
        r"(?:[MNO][DTjz][AEIMQUYcgk][w-z0-5]){5,6}[A-Za-z0-9]{0,3}\.[A-Za-z0-9_-]{5,7}\.[A-Za-z0-9_-]{27,}",
    ),
    (
        "a Discord webhook's address",
        r"discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks/[0-9]{15,20}/[A-Za-z0-9_-]{40,}",
    ),
    // "interaction:" in base64.
    (
        "a Discord interaction's token",
        r"aW50ZXJhY3Rpb246[A-Za-z0-9_-]{40,}",
    ),
    // The digits are part of a kind, such as `api03`. Without them, "task-ant-colony-..." would match.
    (
        "an Anthropic key",
        r"sk-ant-[a-z]{2,12}[0-9]{2}-[A-Za-z0-9_-]{24,}",
    ),
    // All have "OpenAI" in base64 in the middle.
    (
        "an OpenAI key",
        r"sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20})T3BlbkFJ[A-Za-z0-9_-]{20,}",
    ),
    (
        "a GitHub token",
        r"gh[oprsu]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59,}",
    ),
    ("a GitLab token", r"glpat-[A-Za-z0-9_-]{20,}"),
    ("an AWS key id", r"A(?:KIA|SIA)[A-Z2-7]{16,}"),
    // People also write "xoxo-". In a token, a number follows.
    (
        "a Slack token",
        r"xox(?:[abeprs]-|o-[0-9])[A-Za-z0-9-]{24,}|xapp-[0-9]-[A-Za-z0-9-]{24,}",
    ),
    (
        "a Slack webhook's address",
        r"hooks\.slack\.com/services/T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,}",
    ),
    (
        "a Google key",
        r"AIza[A-Za-z0-9_-]{35,}|GOCSPX-[A-Za-z0-9_-]{28,}|ya29\.[A-Za-z0-9_-]{40,}",
    ),
    ("a Stripe key", r"[rs]k_live_[A-Za-z0-9]{24,}"),
    ("an npm token", r"npm_[A-Za-z0-9]{36,}"),
    ("a PyPI token", r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}"),
    ("a Hugging Face token", r"hf_[A-Za-z0-9]{34,}"),
    (
        "a JSON web token",
        r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}",
    ),
    // PEM, possibly without the last line. Line breaks may be escaped.
    (
        "a private key",
        concat!(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----",
            r"(?:(?:[ \t\r\n]|\\[nr])*[A-Za-z0-9+/=]{16,})+",
            r"(?:(?:[ \t\r\n]|\\[nr])*[A-Za-z0-9+/=]{0,80}(?:[ \t\r\n]|\\[nr])*-----END [A-Z0-9 ]{0,40}-----)?",
        ),
    ),
];

#[expect(clippy::expect_used, reason = "constants, compiled by the tests")]
static COMPILED: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    let compile = |(name, shape): &(_, &str)| (*name, Regex::new(shape).expect("a valid shape"));
    SHAPES.iter().map(compile).collect()
});

/// The byte ranges of well-known tokens in `text`, and the names of their formats.
pub(super) fn find(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    COMPILED.iter().flat_map(move |(name, shape)| {
        let found = shape.find_iter(text);
        found.map(|found| (found.range(), *name))
    })
}

/// Where the part of `text` begins that more text may complete to such a token: its last word, or a private key.
pub(super) fn partial_start(text: &str) -> usize {
    const LONGEST_WORD: usize = 4096;
    /// How far the first line of a private key reaches.
    const HEADING: usize = 120;
    let back = |bytes: usize| text.floor_char_boundary(text.len().saturating_sub(bytes));
    let word = text.trim_end_matches(|c: char| c.is_ascii_graphic()).len();
    let heading = back(HEADING);
    let key = text[heading..].rfind("-----BEGIN").map(|at| heading + at);
    word.max(back(LONGEST_WORD)).min(key.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests;
