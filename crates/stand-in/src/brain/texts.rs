//! The longer things that the brain says. Each fits into one Discord message (2,000 characters).

/// Who is speaking; added to the first answer of a session.
pub(super) const INTRODUCTION: &str = "\
_A word on who is on the line: I'm a **stand-in**, a small scripted program that keeps the chair \
warm while the real `claude` isn't on this machine. Everything else here is the real thing. Ask me \
\"who are you?\" for how to get Claude on the line._";

/// Who is speaking, at length.
pub(super) const WHO: &str = "\
I'm the **stand-in**: a scripted program with a handful of answers and no model behind them. I \
speak the same protocol as the `claude` CLI, so the bot can't tell us apart, but you should be \
able to: I'm not Claude, and I don't understand what you write the way Claude does.

To get the real one on this line:

1. `npm install -g @anthropic-ai/claude-code`
2. run `claude` once and log in
3. start the demo again: it looks for the CLI by itself";

/// What the bot is and can do.
pub(super) const SWITCHBOARD: &str = "\
**Switchboard** patches every Discord channel through to a Claude session of its own.

- **One channel, one conversation.** What's said here stays here, and it's still known after a restart.
- **Live sessions.** Each active channel keeps its own `claude` process, so the second answer comes quickly.
- **Tools.** Claude works in the channel's own folder, with the tools its owner allows and no others.
- **Commands.** `!help` lists them: `!status`, `!model`, `!usage`, `!stop`, `!clear`.

Things that work even with me on the line:

- \"my name is Ada\", and later \"what is my name?\"
- \"list files\" or \"read <file>\" (I really look)
- \"show me some code\"
- \"think slowly\", then `!stop`";

/// A code block.
pub(super) const CODE: &str = "\
Here's a small exchange, in Rust:

```rust
use std::collections::BTreeMap;

/// Which session each channel is patched through to.
#[derive(Default)]
struct Board {
    lines: BTreeMap<u64, String>,
}

impl Board {
    fn patch(&mut self, channel: u64, session: &str) -> Option<String> {
        self.lines.insert(channel, session.to_owned())
    }
}

fn main() {
    let mut board = Board::default();
    assert!(board.patch(7, \"first\").is_none());
    assert_eq!(board.patch(7, \"second\").as_deref(), Some(\"first\"));
}
```

It compiles, which is more than can be said for most small talk.";

/// Everything a message can show.
pub(super) const MARKDOWN: &str = "\
A tour of what this channel can show:

## A heading
**Bold**, _italic_, ~~struck~~ and `code`.

1. First, a numbered list
2. with a second entry

- and one with bullets
- for good measure

> A quotation, for gravity.

```json
{\"line\": 7, \"busy\": false}
```";

/// An answer that takes its time, piece by piece.
pub(super) const SLOW: [&str; 8] = [
    "Let me take my time. This is a good moment to try `!stop`.",
    "First I look at the board: every lamp is a channel, every cord a session.",
    "A lamp lights up. I note which one, because order matters.",
    "I pick the cord that belongs to it, and only to it.",
    "I listen whether the line is free. One turn at a time.",
    "I say \"go ahead\", and try not to listen in.",
    "I wait for the answer, and carry it back in pieces that fit.",
    "And then I pull the cord, and the lamp goes dark. You let me finish! Next time, try `!stop`.",
];

/// The one joke.
pub(super) const JOKE: &str = "\
Two telephone lines get married. The wedding was lovely, but the reception was *excellent*.

(I have exactly one joke. The real Claude has more.)";
