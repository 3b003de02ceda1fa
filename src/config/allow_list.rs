//! Lists of IDs in `discord.allow`.

use std::{collections::BTreeSet, fmt::Display, str::FromStr};

use serde::{Deserialize, Serialize};

const EVERYONE: &str = "*";

/// A list of IDs. `"*"` in the file stands for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
#[serde(bound = "T: Clone + Display + FromStr + Ord")]
pub struct AllowList<T> {
    /// Whether `"*"` is listed.
    pub everyone: bool,
    /// The IDs that are listed themselves.
    pub ids: BTreeSet<T>,
}

impl<T: Ord> AllowList<T> {
    pub fn is_empty(&self) -> bool {
        !self.everyone && self.ids.is_empty()
    }

    pub fn contains(&self, id: &T) -> bool {
        self.everyone || self.ids.contains(id)
    }
}

impl<T> Default for AllowList<T> {
    fn default() -> Self {
        Self {
            everyone: false,
            ids: BTreeSet::new(),
        }
    }
}

/// Skips entries that are not IDs. The schema rejects them.
impl<T: FromStr + Ord> From<Vec<String>> for AllowList<T> {
    fn from(entries: Vec<String>) -> Self {
        Self {
            everyone: entries.iter().any(|entry| entry == EVERYONE),
            ids: entries.iter().flat_map(|entry| entry.parse()).collect(),
        }
    }
}

impl<T: Display> From<AllowList<T>> for Vec<String> {
    fn from(list: AllowList<T>) -> Self {
        let everyone = list.everyone.then(|| EVERYONE.to_owned());
        let ids = list.ids.iter().map(ToString::to_string);
        everyone.into_iter().chain(ids).collect()
    }
}
