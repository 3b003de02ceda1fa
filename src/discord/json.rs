//! JSON into serenity's types.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;

/// Reads a value. serenity panics on some that Discord has no reason to send (0.12.5: a picture's hash that is not
/// ASCII); here that is an error like others.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    let parsed = catch_unwind(AssertUnwindSafe(|| serde_json::from_slice(json)));
    match parsed {
        Ok(parsed) => parsed.map_err(|error| error.to_string()),
        Err(_) => Err("reading it panicked".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serenity::all::User;

    use super::*;

    #[test]
    fn what_serenity_panics_on_is_refused() {
        let user = |avatar: &str| {
            let json = serde_json::json!({ "id": "1", "username": "ada", "avatar": avatar });
            parse::<User>(json.to_string().as_bytes()).map(|user| user.name)
        };
        assert_eq!(user(&"a".repeat(32)).as_deref(), Ok("ada"));
        assert!(user("too short").unwrap_err().contains("Invalid length"));
        let hash = format!("{}éa", "a".repeat(29));
        assert!(user(&hash).unwrap_err().contains("panicked"));
    }
}
