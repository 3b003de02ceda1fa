use super::*;

#[test]
fn the_notice_says_who_pays() {
    let notice = |status: &str| cost(Some(parse_login(status)));
    assert!(notice(r#"{"loggedIn": true, "authMethod": "api_key"}"#).contains("API key"));
    assert!(notice(r#"{"loggedIn": true, "authMethod": "claude.ai"}"#).contains("plan"));
    assert!(notice(r#"{"authMethod": "oauth_token"}"#).contains("plan"));
    assert!(notice("{\"authMethod\": \"api_key\"}\nwarning: old").contains("API key"));
    assert!(cost(None).contains("not logged in"));
}
