//! Well-known tokens, told by their shape: whoever holds them, they are nobody else's business.
//!
//! A shape is looked for in a run of the characters that tokens and addresses are made of, and the whole run goes. So
//! no shape needs to know what may stand beside it, and nothing is left of an address that holds one.

use std::{ops::Range, sync::LazyLock};

use regex::{Regex, RegexSet};

/// Each kind of token, and its shape. Long enough that no word, path or commit id has it.
const SHAPES: &[(&str, &str)] = &[
    // An application's id, in digits, in base64; a time; a signature.
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
    // Its kind with a number, `api03`: without it, a word that ends in "sk" and goes on about ants would be one.
    (
        "an Anthropic key",
        r"sk-ant-[a-z]{2,12}[0-9]{2}-[A-Za-z0-9_-]{24,}",
    ),
    // "OpenAI" in base64 stands in the middle of each.
    (
        "an OpenAI key",
        r"sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20})T3BlbkFJ[A-Za-z0-9_-]{20,}",
    ),
    (
        "a GitHub token",
        r"gh[oprsu]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    ),
    ("a GitLab token", r"glpat-[A-Za-z0-9_-]{20}"),
    ("an AWS key id", r"A(?:KIA|SIA)[A-Z2-7]{16}"),
    // Kisses and hugs begin one of them; what follows there is a number.
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
        r"AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{28}|ya29\.[A-Za-z0-9_-]{40,}",
    ),
    ("a Stripe key", r"[rs]k_live_[A-Za-z0-9]{24,}"),
    ("an npm token", r"npm_[A-Za-z0-9]{36}"),
    ("a PyPI token", r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}"),
    ("a Hugging Face token", r"hf_[A-Za-z0-9]{34}"),
    (
        "a JSON web token",
        r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}",
    ),
];

/// The shortest run that can have a shape.
const SHORTEST: usize = 20;

/// A longer run is searched in pieces of so many bytes.
const LONGEST_RUN: usize = 8192;

/// The longest private key, in bytes.
const LONGEST_KEY: usize = 16_384;

/// How a private key begins, in PEM's words.
const BEGIN: &str = "-----BEGIN ";

const PRIVATE_KEY: &str = "a private key";

static SET: LazyLock<Option<RegexSet>> =
    LazyLock::new(|| RegexSet::new(SHAPES.iter().map(|(_, shape)| *shape)).ok());

/// A private key from its first line on: its body, and its last line where it has one. Line breaks may be escaped.
static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let key = concat!(
        r"\A-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----",
        r"(?:(?:\s|\\[nr])*[A-Za-z0-9+/=]{16,})+",
        r"(?:(?:\s|\\[nr])*[A-Za-z0-9+/=]{0,80}(?:\s|\\[nr])*-----END [A-Z0-9 ]{0,40}-----)?",
    );
    Regex::new(key).ok()
});

/// Looks for every shape: ranges of bytes, in no order.
pub(super) fn find(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found = Vec::new();
    let mut begin = None;
    for (at, byte) in text.bytes().enumerate() {
        match begin {
            None if is_part(byte) => begin = Some(at),
            Some(first) if !is_part(byte) || at - first == LONGEST_RUN => {
                in_run(text, first..at, &mut found);
                begin = is_part(byte).then_some(at);
            }
            _ => {}
        }
    }
    if let Some(first) = begin {
        in_run(text, first..text.len(), &mut found);
    }
    for (begin, _) in text.match_indices(BEGIN) {
        let end = text.floor_char_boundary(begin + LONGEST_KEY);
        let rest = &text[begin..end];
        if let Some(key) = KEY.as_ref().and_then(|key| key.find(rest)) {
            found.push((begin..begin + key.end(), PRIVATE_KEY));
        }
    }
    found
}

fn in_run(text: &str, run: Range<usize>, found: &mut Vec<(Range<usize>, &'static str)>) {
    let word = &text[run.clone()];
    let Some(set) = SET.as_ref().filter(|_| word.len() >= SHORTEST) else {
        return;
    };
    for shape in set.matches(word) {
        found.push((run.clone(), SHAPES[shape].0));
    }
}

/// What tokens and addresses are made of. A colon, an equals sign and a quotation mark part a name from its value.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_./+~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<&'static str> {
        find(text).into_iter().map(|(_, kind)| kind).collect()
    }

    #[test]
    fn every_shape_can_be_read() {
        assert!(SET.is_some() && KEY.is_some());
    }

    #[test]
    fn tokens_are_known_by_their_shape() {
        #[track_caller]
        fn check(text: &str, kind: &str) {
            assert_eq!(kinds(text), [kind], "{text}");
            assert_eq!(kinds(&format!("it is \"{text}\".")), [kind], "{text}");
            assert_eq!(kinds(&text[..text.len() / 4]), [""; 0], "{text}");
        }
        let x = |count: usize| "aB3".repeat(count)[..count].to_owned();
        check(
            &format!("MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.{}", x(27)),
            "a Discord bot token",
        );
        check(
            &format!("MTEwMDAwMDAwMDAwMDAwMDAwMQ.GabcDE.{}", x(38)),
            "a Discord bot token",
        );
        let path = format!("api/webhooks/1100000000000000001/{}", x(68));
        check(
            &format!("https://discord.com/{path}"),
            "a Discord webhook's address",
        );
        check(
            &format!("https://ptb.discordapp.com/{path}"),
            "a Discord webhook's address",
        );
        check(
            &format!("aW50ZXJhY3Rpb246{}", x(120)),
            "a Discord interaction's token",
        );
        check(&format!("sk-ant-api03-{}-AA", x(90)), "an Anthropic key");
        check(&format!("sk-ant-oat01-{}", x(80)), "an Anthropic key");
        let key = format!("sk-proj-{}T3BlbkFJ{}", x(74), x(74));
        check(&key, "an OpenAI key");
        check(&format!("sk-{}T3BlbkFJ{}", x(20), x(20)), "an OpenAI key");
        check(&format!("ghp_{}", x(36)), "a GitHub token");
        check(&format!("github_pat_{}_{}", x(22), x(59)), "a GitHub token");
        check(&format!("glpat-{}", x(20)), "a GitLab token");
        check("AKIAQ6ZJVT4XWLDE7YBN", "an AWS key id");
        check(&format!("xoxb-123456789012-{}", x(24)), "a Slack token");
        check(&format!("xoxo-123456789012-{}", x(24)), "a Slack token");
        check(
            &format!(
                "https://hooks.slack.com/services/T0ABC1234/B0ABC1234/{}",
                x(24)
            ),
            "a Slack webhook's address",
        );
        check(&format!("AIza{}", x(35)), "a Google key");
        check(&format!("sk_live_{}", x(24)), "a Stripe key");
        check(&format!("npm_{}", x(36)), "an npm token");
        check(&format!("pypi-AgEIcHlwaS5vcmc{}", x(70)), "a PyPI token");
        check(&format!("hf_{}", x(34)), "a Hugging Face token");
        check(
            &format!("eyJ{}.eyJ{}.{}", x(20), x(40), x(43)),
            "a JSON web token",
        );
    }

    #[test]
    fn a_private_key_is_known_from_its_first_line_to_its_last() {
        let body = format!("{}\n", "Ab3+/xYz".repeat(8)).repeat(5);
        for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
            let key = format!(
                "-----BEGIN {kind}PRIVATE KEY-----\n{body}Ab==\n-----END {kind}PRIVATE KEY-----"
            );
            let text = format!("see:\n{key}\nthat was it");
            assert_eq!(find(&text), [(5..5 + key.len(), PRIVATE_KEY)], "{kind}");
            assert_eq!(kinds(&key.replace('\n', r"\n")), [PRIVATE_KEY]);
            assert_eq!(kinds(&key[..200]), [PRIVATE_KEY], "its beginning");
        }
    }

    #[test]
    fn what_people_write_has_none_of_the_shapes() {
        for text in include_str!("tests/benign.txt").lines() {
            assert_eq!(kinds(text), [""; 0], "{text}");
        }
    }
}
