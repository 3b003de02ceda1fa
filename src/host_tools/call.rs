//! A call as a value, checked: the model may pass anything.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::{claude::mcp::ToolCall, config::HOST_TOOLS, external::is_blank};

/// The longest caption of a file, in characters. It fits into one message.
pub(super) const LONGEST_CAPTION: usize = 1_500;

/// How many messages `read_channel` returns at most, and if no number is given.
pub(super) const MOST_MESSAGES: u8 = 100;
pub(super) const DEFAULT_MESSAGES: u8 = 20;

/// The longest emoji, in bytes: a family with skin tones has 41.
const LONGEST_EMOJI: usize = 64;

/// What Claude wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostCall {
    SendFile { path: String, caption: String },
    React { emoji: String },
    ReadChannel { count: u8 },
}

impl HostCall {
    /// The error is for the model.
    pub(crate) fn parse(call: &ToolCall) -> Result<Self, String> {
        let [send_file, react, read_channel] = HOST_TOOLS;
        let argument = |name: &str| call.arguments.get(name);
        match call.tool.as_str() {
            tool if tool == send_file => {
                let path = argument("path").text().unwrap_or_default();
                if path.is_empty() {
                    return Err("`path` must be the path of a file".into());
                }
                let caption: String = argument("caption").read();
                if caption.chars().count() > LONGEST_CAPTION {
                    return Err(format!(
                        "`caption` must have at most {LONGEST_CAPTION} characters"
                    ));
                }
                let caption = if is_blank(&caption) {
                    String::new()
                } else {
                    caption
                };
                Ok(Self::SendFile { path, caption })
            }
            tool if tool == react => {
                let emoji: String = argument("emoji").read();
                let emoji = emoji.trim();
                if !is_emoji(emoji) {
                    return Err("`emoji` must be one Unicode emoji, such as 👍".into());
                }
                Ok(Self::React {
                    emoji: emoji.to_owned(),
                })
            }
            tool if tool == read_channel => {
                let count = argument("count");
                let number = count.u64().and_then(|count| u8::try_from(count).ok());
                match number {
                    None if count.is_null() => Ok(Self::ReadChannel {
                        count: DEFAULT_MESSAGES,
                    }),
                    Some(count @ 1..=MOST_MESSAGES) => Ok(Self::ReadChannel { count }),
                    _ => Err(format!(
                        "`count` must be a number from 1 to {MOST_MESSAGES}"
                    )),
                }
            }
            _ => Err("there is no such tool".into()),
        }
    }
}

/// Whether a text may be one emoji. Discord knows which ones there are.
fn is_emoji(text: &str) -> bool {
    let is_symbol =
        |c: char| !c.is_ascii() && !c.is_alphanumeric() && !c.is_whitespace() && !c.is_control();
    text.len() <= LONGEST_EMOJI && text.graphemes(true).count() == 1 && text.contains(is_symbol)
}
