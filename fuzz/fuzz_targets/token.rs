//! What stands in the token's file, and the address of a loopback Discord.

#![no_main]

use libfuzzer_sys::fuzz_target;
use switchboard::config::{ApiBase, Token};

fuzz_target!(|text: &str| {
    match Token::parse(text) {
        Ok(token) => {
            assert_eq!(token.expose().split('.').count(), 3);
            assert!(token.expose().bytes().all(|byte| byte.is_ascii_graphic()));
            assert!(!format!("{token:?}").contains(token.expose()));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(address) = text.parse::<ApiBase>() {
        let rest = address.as_str().strip_prefix("http://").expect("plain HTTP");
        assert!(["127.", "[::1]", "localhost"].iter().any(|start| rest.starts_with(start)), "{rest}");
        assert!(!rest.contains('@'), "{rest}");
    }
});
