//! The longer texts of the responder. Each fits into one Discord message (2,000 characters).

/// The introduction, which is added to the first answer of a session.
pub(super) const INTRODUCTION: &str = "\
_Note: I'm a **stand-in**, a small scripted program that answers because the real `claude` isn't \
available on this machine. Everything else here is the real bot. Ask me \"who are you?\" to learn how \
to talk to Claude instead._";

/// The introduction at length.
pub(super) const WHO: &str = "\
I'm the **stand-in**: a scripted program with a few answers and no model. I speak the same protocol \
as the `claude` CLI, so the bot can't tell us apart, but I'm not Claude, and I don't understand what \
you write the way Claude does.

To talk to Claude here:

1. `npm install -g @anthropic-ai/claude-code`
2. run `claude` once and log in
3. start the demo again: it finds the CLI by itself";

/// What the bot is and can do.
pub(super) const SWITCHBOARD: &str = "\
**Switchboard** connects every Discord channel to its own Claude session.

- **One channel, one conversation.** Each channel has its own context, which survives restarts.
- **Live sessions.** Each active channel keeps its `claude` process running, so later answers start quickly.
- **Tools.** Claude works in the channel's own folder, with the tools that the owner allows.
- **Commands.** `!help` lists them: `!status`, `!model`, `!usage`, `!stop`, `!clear`.

What you can try with me:

- \"my name is Ada\", and later \"what is my name?\"
- \"list files\" or \"read <file>\" (with real tool calls)
- \"show me some code\"
- \"think slowly\", then `!stop`";

/// A code block.
pub(super) const CODE: &str = "\
Here's a small example in Rust:

```rust
use std::collections::BTreeMap;

/// The session of each channel.
#[derive(Default)]
struct Sessions {
    by_channel: BTreeMap<u64, String>,
}

impl Sessions {
    fn assign(&mut self, channel: u64, session: &str) -> Option<String> {
        self.by_channel.insert(channel, session.to_owned())
    }
}

fn main() {
    let mut sessions = Sessions::default();
    assert!(sessions.assign(7, \"first\").is_none());
    assert_eq!(sessions.assign(7, \"second\").as_deref(), Some(\"first\"));
}
```";

/// A sample of Discord's Markdown.
pub(super) const MARKDOWN: &str = "\
A sample of the formatting in this channel:

## A heading
**Bold**, _italic_, ~~struck~~ and `code`.

1. A numbered list
2. with a second entry

- A list
- with bullets

> A quotation

```json
{\"channel\": 7, \"busy\": false}
```";

/// A slow answer, piece by piece.
pub(super) const SLOW: [&str; 8] = [
    "I'll take my time. You can try `!stop` now.",
    "First I read your message again.",
    "Then I look at the earlier ones.",
    "I consider which tools could help.",
    "I decide that none is needed.",
    "I compare a few possible answers.",
    "I choose one and write it down.",
    "Done. You let me finish! Next time, try `!stop`.",
];

/// The only joke.
pub(super) const JOKE: &str = "\
Two telephone lines get married. The wedding was lovely, but the reception was *excellent*.

(I have only one joke. The real Claude has more.)";
