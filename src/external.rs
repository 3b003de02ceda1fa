//! A person's words, set between markers that they cannot forge.
//!
//! Each message goes to the model as three text blocks: who speaks and the opening marker, the words themselves,
//! the closing marker. The words stay as they are, byte for byte; what keeps them from passing for a marker is the
//! id, drawn anew for each message and never guessable. Being the middle block also keeps the CLI from acting on
//! them: it expands `@path` in the last text block only, and takes a leading `/` for a command in the first
//! (measured on CLI 2.1.197 and 2.1.329).
//!
//! All that this module writes itself is under its control: a display name, which its owner chose, is cleaned.
//! This module must not know Discord or the CLI's protocol.

use std::fmt;

use serde_json::Value;
use uuid::Uuid;

use crate::snowflake::UserId;

/// The most characters (Unicode scalar values) of a display name that are kept. Discord allows 32.
const LONGEST_NAME: usize = 64;

/// Who a message is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// The only part that nobody can choose.
    pub id: UserId,
    /// The display name, as Discord has it; cleaned where it is used.
    pub name: String,
    /// What this person may ask for.
    pub role: Role,
}

/// What a person may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The owner of the Discord application, or one of its team.
    Owner,
    /// Listed under `discord.admins`.
    Admin,
    /// Anyone else who may talk to the bot.
    Member,
}

impl Role {
    /// Whether this person may change models, clear sessions and see the usage of others.
    #[must_use]
    pub fn is_admin(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
        })
    }
}

/// The id of one message's markers: 64 random bits, written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MarkerId(u64);

impl MarkerId {
    /// Draws an id from the operating system's randomness.
    #[must_use]
    pub fn random() -> Self {
        // A version 4 UUID has six fixed bits, at places of one half where those of the other half are random.
        let (high, low) = Uuid::new_v4().as_u64_pair();
        Self(high ^ low)
    }

    /// Draws ids until there is one that `text` does not contain in any case.
    #[must_use]
    pub fn fresh_for(text: &str) -> Self {
        Self::fresh_among(std::iter::repeat_with(Self::random), text).unwrap_or_else(Self::random)
    }

    fn fresh_among(mut draws: impl Iterator<Item = Self>, text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        draws.find(|id| !text.contains(&id.to_string()))
    }
}

impl fmt::Display for MarkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The three text blocks of one message, in order. The middle one is `text`, byte for byte; the newlines that set
/// the markers on lines of their own belong to the outer ones.
///
/// `id` is [fresh](MarkerId::fresh_for) for `text`. The API refuses an empty text block: a message without words is
/// for the caller to sort out.
#[must_use]
pub fn wrap(speaker: &Speaker, text: &str, id: MarkerId) -> [String; 3] {
    let Speaker {
        id: user,
        name,
        role,
    } = speaker;
    let name = Value::from(clean_name(name));
    [
        format!(
            "Message from {name}, Discord user {user}, role: {role}.\n[EXTERNAL CONTENT id={id}]\n"
        ),
        text.to_owned(),
        format!("\n[END EXTERNAL CONTENT id={id}]"),
    ]
}

/// A display name on one line, in which nothing can pass for a marker, a mention of a file, or nothing at all.
///
/// Control and format characters go, every kind of bracket becomes `(`, `)` or `|`, an at sign its full-width twin
/// (which the CLI does not act on), and white space a single space.
fn clean_name(name: &str) -> String {
    let visible: String = name
        .chars()
        .filter(|&c| c.is_whitespace() || !is_unseen(c))
        .map(tame)
        .collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let kept: String = words.join(" ").chars().take(LONGEST_NAME).collect();
    match kept.trim_end() {
        "" => "unnamed".to_owned(),
        kept => kept.to_owned(),
    }
}

fn tame(character: char) -> char {
    match character {
        '[' | '{' | '<' => '(',
        ']' | '}' | '>' => ')',
        '@' | '\u{fe6b}' => '\u{ff20}',
        bracket if is_bracket(bracket) => '|',
        other => other,
    }
}

/// Control characters, format characters (general category Cf, Unicode 16), private use, and letters that show as
/// blanks.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}'
            | '\u{110cd}' | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
}

/// Brackets other than ASCII's and round ones: general categories Ps and Pe, the pieces that tall ones are built
/// from, angle quotation marks, and whatever folds to one of them under NFKC.
fn is_bracket(character: char) -> bool {
    matches!(character,
        '\u{ab}' | '\u{bb}' | '\u{f3a}'..='\u{f3d}' | '\u{169b}'..='\u{169c}' | '\u{2039}'..='\u{203a}'
        | '\u{2045}'..='\u{2046}' | '\u{2308}'..='\u{230b}' | '\u{231c}'..='\u{231f}'
        | '\u{2329}'..='\u{232a}' | '\u{239b}'..='\u{23b9}' | '\u{23cb}'..='\u{23cc}'
        | '\u{2768}'..='\u{2775}' | '\u{27c5}'..='\u{27c6}' | '\u{27e6}'..='\u{27ef}'
        | '\u{2983}'..='\u{2998}' | '\u{29d8}'..='\u{29db}' | '\u{29fc}'..='\u{29fd}'
        | '\u{2e02}'..='\u{2e05}' | '\u{2e09}'..='\u{2e0a}' | '\u{2e0c}'..='\u{2e0d}'
        | '\u{2e1c}'..='\u{2e1d}' | '\u{2e20}'..='\u{2e29}' | '\u{2e55}'..='\u{2e5c}'
        | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301b}' | '\u{fe17}'..='\u{fe18}'
        | '\u{fe35}'..='\u{fe44}' | '\u{fe47}'..='\u{fe48}' | '\u{fe59}'..='\u{fe5e}'
        | '\u{fe64}'..='\u{fe65}' | '\u{ff1c}' | '\u{ff1e}' | '\u{ff3b}' | '\u{ff3d}' | '\u{ff5b}'
        | '\u{ff5d}' | '\u{ff5f}'..='\u{ff60}' | '\u{ff62}'..='\u{ff63}')
}

#[cfg(test)]
mod tests;
