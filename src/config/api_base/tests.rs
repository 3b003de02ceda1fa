use super::*;

#[test]
fn loopback_addresses_are_taken() {
    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(text.parse::<ApiBase>().unwrap().as_str(), expected);
    }
    check("http://127.0.0.1:8080", "http://127.0.0.1:8080");
    check("http://127.8.9.10:1/", "http://127.8.9.10:1");
    check("http://[::1]:65535", "http://[::1]:65535");
    check("http://[::1%3]:80", "http://[::1]:80");
    check("http://localhost:8080", "http://localhost:8080");
}

#[test]
fn everything_else_is_refused() {
    #[track_caller]
    fn check(text: &str) {
        assert_eq!(text.parse::<ApiBase>(), Err(NotLoopback), "{text}");
    }
    check("");
    check("127.0.0.1:8080");
    check("https://127.0.0.1:8080");
    check("http://127.0.0.1");
    check("http://127.0.0.1:0");
    check("http://127.0.0.1:99999");
    check("http://127.1:8080");
    check("http://127.0.0.1:8080/api");
    check("http://127.0.0.1:8080//");
    check("http://127.0.0.1:8080?x");
    check("http://127.0.0.1:8080#x");
    check("http://127.0.0.1:8080@evil.example");
    check("http://user@127.0.0.1:8080");
    check("http://localhost:+80");
    check("http://localhost:80:80");
    check("http://localhost.evil.example:80");
    check("http://10.0.0.1:8080");
    check("http://[::2]:8080");
    check("http://[::ffff:127.0.0.1]:8080");
    check("http://0.0.0.0:8080");
    check("https://discord.com");
}
