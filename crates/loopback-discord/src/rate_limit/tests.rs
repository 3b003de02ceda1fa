use super::*;

fn limits() -> RateLimits {
    RateLimits::new(Duration::from_mins(10))
}

#[test]
fn each_channel_has_a_window_of_its_own() {
    let (mut limits, now) = (limits(), Instant::now());
    limits.add("POST /channels/*/messages", 2, Duration::from_secs(1));
    let mut count = |channel: u64, at| {
        let path = format!("/channels/{channel}/messages");
        limits.count("POST", &path, at, 0).wait
    };
    assert_eq!([count(1, now), count(1, now), count(2, now)], [None; 3]);
    let later = now + Duration::from_millis(400);
    assert_eq!(count(1, later), Some(Duration::from_millis(600)));
    assert_eq!(count(1, now + Duration::from_secs(1)), None);
}

#[test]
fn headers_describe_the_bucket() {
    let (mut limits, now) = (limits(), Instant::now());
    limits.add("POST /channels/*/messages", 2, Duration::from_millis(1500));
    let verdict = limits.count("POST", "/channels/1/messages", now, 2000);
    let headers = verdict.headers;
    let expected = [
        ("x-ratelimit-limit", "2"),
        ("x-ratelimit-remaining", "1"),
        ("x-ratelimit-reset", "3.500"),
        ("x-ratelimit-reset-after", "1.500"),
    ];
    for (name, value) in expected {
        assert_eq!(headers[name], value, "{name}");
    }
}

#[test]
fn a_channel_can_be_renamed_twice_in_a_window() {
    let (mut limits, now) = (limits(), Instant::now());
    let mut rename = |channel: u64, at| limits.count_rename(channel.into(), at);
    assert_eq!([rename(1, now), rename(1, now), rename(2, now)], [None; 3]);
    let later = now + Duration::from_mins(4);
    assert_eq!(rename(1, later), Some(Duration::from_mins(6)));
    assert_eq!(rename(1, now + Duration::from_mins(10)), None);
}

#[test]
fn every_route_has_a_bucket_of_its_own() {
    let limits = limits();
    let bucket = |method: &str, path: &str| limits.bucket(method, path);
    let messages = bucket("GET", "/channels/1/messages");
    assert_eq!(messages, bucket("GET", "/channels/2/messages"));
    assert_ne!(messages, bucket("POST", "/channels/1/messages"));
    assert_ne!(messages, bucket("GET", "/channels/1"));
    let callback = |token: &str| bucket("POST", &format!("/interactions/1/{token}/callback"));
    assert_eq!(callback("a"), callback("b"));
    let react = |emoji: &str| {
        bucket(
            "PUT",
            &format!("/channels/1/messages/2/reactions/{emoji}/@me"),
        )
    };
    assert_eq!(react("a"), react("b"));
}
