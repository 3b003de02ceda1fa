use super::*;

fn kinds(text: &str) -> Vec<&'static str> {
    find(text).map(|(_, kind)| kind).collect()
}

#[test]
fn tokens_are_found_by_their_shape() {
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
fn a_private_key_is_found_as_a_whole() {
    let body = format!("{}\n", "Ab3+/xYz".repeat(8)).repeat(5);
    for kind in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
        let key = format!(
            "-----BEGIN {kind}PRIVATE KEY-----\n{body}Ab==\n-----END {kind}PRIVATE KEY-----"
        );
        let text = format!("see:\n{key}\nthat was it");
        let expected = (5..5 + key.len(), "a private key");
        assert!(find(&text).eq([expected]), "{kind}");
        assert_eq!(kinds(&key.replace('\n', r"\n")), ["a private key"]);
        assert_eq!(kinds(&key[..200]), ["a private key"], "{kind}");
    }
}

#[test]
fn ordinary_text_matches_no_shape() {
    for text in include_str!("../tests/benign.txt").lines() {
        assert_eq!(kinds(text), [""; 0], "{text}");
    }
}
