//! Ids of buttons, menus and forms, as a chat service returns them. Pure.
//!
//! ```text
//! id        =  "sb1:" name ":" revision
//! name      =  1 to 40 ASCII letters, digits and "-"
//! revision  =  the post's revision in decimal, without leading zeros
//! ```
//!
//! An id names a control and the version of the post that showed it, and nothing more. What the control does is on
//! record, so changing an id cannot change what it asks for. The digit is the version of this format.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const PREFIX: &str = "sb1:";

/// The longest name, in bytes. Discord takes ids of up to 100 characters.
const LONGEST_NAME: usize = 40;

/// The id of a control.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ControlId {
    /// Opaque; unguessable where that matters.
    pub name: String,
    /// The revision of the post that showed the control.
    pub revision: u32,
}

impl ControlId {
    /// `None` if the name is empty, too long or has other characters.
    pub fn new(name: &str, revision: u32) -> Option<Self> {
        let is_name = !name.is_empty()
            && name.len() <= LONGEST_NAME
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_name.then(|| Self {
            name: name.to_owned(),
            revision,
        })
    }

    /// Reads an id that the service returned; `None` if this version did not write it.
    pub fn parse(custom_id: &str) -> Option<Self> {
        let (name, revision) = custom_id.strip_prefix(PREFIX)?.split_once(':')?;
        // A number has one spelling: no sign, no leading zero.
        let is_plain = revision == "0"
            || (!revision.starts_with('0') && revision.bytes().all(|byte| byte.is_ascii_digit()));
        let revision = is_plain.then(|| revision.parse().ok()).flatten()?;
        Self::new(name, revision)
    }
}

impl fmt::Display for ControlId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}:{}", self.name, self.revision)
    }
}

impl Serialize for ControlId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ControlId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("not a control id"))
    }
}

#[cfg(test)]
mod tests;
