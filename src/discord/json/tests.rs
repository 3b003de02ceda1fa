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
