//! The longer texts of the responder. The constants fit into one Discord message (2,000 characters).

/// The introduction, which is added to the first answer of a session.
pub(super) const INTRODUCTION: &str = "\
_Note: I'm a **stand-in**, a small scripted program that answers in place of the real `claude`. \
Everything else here is the real bot. Ask me \"who are you?\" to learn how to talk to Claude \
instead._";

/// The introduction at length.
pub(super) const WHO: &str = "\
I'm the **stand-in**: a scripted program with a few answers and no model. I speak the same protocol \
as the `claude` CLI, so the bot can't tell us apart, but I'm not Claude, and I don't understand what \
you write the way Claude does.

To talk to Claude here:

1. `npm install -g @anthropic-ai/claude-code`
2. run `claude` once and log in
3. start the demo again, without `--claude stand-in`: it finds the CLI by itself";

/// What the bot is and can do.
pub(super) const SWITCHBOARD: &str = "\
**Switchboard** connects every Discord channel to its own Claude session.

- **One channel, one conversation.** Each channel has its own context, which survives restarts.
- **Live sessions.** Each active channel keeps its `claude` process running, so later answers start quickly.
- **Tools.** Claude works in the channel's own folder, with the tools that the owner allows.
- **Commands.** `!help` lists them: `!status`, `!model`, `!usage`, `!stop`, `!clear`.

What you can try with me:

- \"use some tools\", \"make a to-do list\" or \"ask a subagent\", and watch the steps
- \"draw a picture\", \"show me a diff\", \"a table\", \"some code\" or \"a log\"
- \"a long answer\", \"a report\" or \"a long file\", to see what becomes of long texts
- \"ask me a question\" or \"ask for permission\"
- \"my name is Ada\", and later \"what is my name?\"
- \"list files\" or \"read <file>\"
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

/// A table.
pub(super) const TABLE: &str = "\
Yesterday's calls:

| from | to | minutes | cost |
|---|---|--:|--:|
| Ada | Grace | 12 | $0.36 |
| Grace | Edsger | 48 | $1.44 |
| Barbara | Ada | 5 | $0.15 |
| Edsger | Barbara | 131 | $3.93 |

**Edsger** talked longest, as always.";

/// The output of a program in a terminal's colours.
pub(super) const LOG: &str = "\
The last lines of the log:

```ansi
\u{1b}[1;32m   Compiling\u{1b}[0m exchange v0.3.0
\u{1b}[1;33mwarning\u{1b}[0m: unused variable: `line`
\u{1b}[1;32m    Finished\u{1b}[0m in 2.41s
\u{1b}[1;32m     Running\u{1b}[0m tests
test patches_a_call ... \u{1b}[32mok\u{1b}[0m
test hangs_up ... \u{1b}[31mFAILED\u{1b}[0m
```

One test fails: `hangs_up`.";

/// The paragraphs of [`long`].
const PARAGRAPHS: [&str; 7] = [
    "Before telephone exchanges were automatic, every call went through a **switchboard**. An operator sat in front of it, asked whom the caller wanted, and joined the two lines with a cord.",
    "Each line ended in a small socket, the *jack*. Above it was a lamp, or in older boards a little shutter that fell when somebody called. The operator took a cord from a pair in front of her, plugged one end into the caller's jack, and said: \"Number, please?\"",
    "What followed took a few seconds:\n\n1. The caller named a number.\n2. The operator tested whether that line was free by touching its jack with the tip of the other plug. A click in her headset meant *busy*.\n3. If it was free, she plugged in and rang.\n4. When both lamps went out, both had hung up, and she pulled the cords.",
    "A city had more lines than one person could reach. So the same jacks were repeated, every few operators, along a *multiple*: thousands of them, all wired in parallel. That is why the busy test mattered: somebody three metres away might already have used another jack of the same line.",
    "Calls to another exchange went over *trunks*. The first operator called a second one there, gave her the number, and both stayed part of the connection. For long distances there could be five of them, and the caller was called back when the way was clear.",
    "The work was fast and exact. Good operators handled some two hundred calls in a busy hour, and knew many of their callers by voice.",
    "Automatic exchanges took over during the first half of the twentieth century, and manual boards became rare in the second. The word stayed, and so did the idea: many lines, one board, and somebody who remembers which is connected to which.",
];

/// An answer of several pages.
pub(super) fn long() -> String {
    format!("## How a switchboard worked\n\n{}", PARAGRAPHS.join("\n\n"))
}

/// An answer that is too long for messages: it comes as a file.
pub(super) fn report() -> String {
    let chapters = ["One", "Two", "Three", "Four"].map(|number| {
        let paragraphs = PARAGRAPHS.join("\n\n");
        format!("## Chapter {number}\n\n{paragraphs}")
    });
    format!(
        "# A report on switchboards\n\nIt tells the same four times, because it has to be long: answers of more than a few pages come as a file.\n\n{}",
        chapters.join("\n\n")
    )
}

/// A code block that is too long for messages: it comes as a file.
pub(super) fn long_code() -> String {
    let lines: Vec<String> = (1..=80)
        .map(|line| format!("    ({line:>2}, \"line {line}\"),"))
        .collect();
    format!(
        "The directory of all lines:\n\n```rust\npub const LINES: [(u8, &str); 80] = [\n{}\n];\n```\n\nIt has 82 lines, so it comes as a file.",
        lines.join("\n")
    )
}
