//! The URLs of attachments, which expire (Discord developer docs, "Signed attachment CDN URLs").
//!
//! Pure: the time is passed in.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

/// A path with the parameters that make it valid from `now` on for `life`.
pub(crate) fn signed(path: &str, now: u64, life: Duration) -> String {
    let from = now / 1000;
    let until = from + life.as_secs();
    let signature = signature(path, until);
    format!("{path}?ex={until:x}&is={from:x}&hm={signature}&")
}

/// Whether a path may be fetched. Without parameters it may, since the page uses it so.
pub(crate) fn is_valid(path: &str, query: Option<&str>, now: u64) -> bool {
    let Some(query) = query.filter(|query| !query.is_empty()) else {
        return true;
    };
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|pair| pair.0 == name).map(|pair| pair.1)
    };
    let until = value("ex").and_then(|until| u64::from_str_radix(until, 16).ok());
    until.is_some_and(|until| {
        now / 1000 < until && value("hm") == Some(signature(path, until).as_str())
    })
}

/// 64 hexadecimal digits, as on Discord.
fn signature(path: &str, until: u64) -> String {
    let part = |salt: u64| {
        let mut hasher = DefaultHasher::new();
        (path, until, salt).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    };
    (0..4).map(part).collect()
}

#[cfg(test)]
mod tests;
