use super::*;

fn names(is_loopback: bool) -> Names {
    Names {
        is_loopback,
        hosts: BTreeSet::from(["desk.example.org".to_owned()]),
    }
}

/// What becomes of a GET with these headers.
fn get(names: &Names, headers: &[(&'static str, &str)]) -> u16 {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(*name, value.parse().unwrap());
    }
    let admitted = names.admit(&Method::GET, &"/".parse().unwrap(), &map);
    admitted.map_or_else(|status| status.as_u16(), |()| 200)
}

#[test]
fn only_names_that_nobody_else_can_lead_here_are_taken() {
    for (host, own, anywhere) in [
        ("127.0.0.1:8090", 200, 200),
        ("127.0.0.1", 200, 200),
        ("[::1]:8090", 200, 200),
        ("localhost:8090", 200, 200),
        ("desk.example.org", 200, 200),
        ("desk.example.org:443", 200, 200),
        ("10.0.0.7:8090", 421, 200),
        ("evil.example", 421, 421),
        ("localhost.evil.example", 421, 421),
        ("127.0.0.1.evil.example:8090", 421, 421),
        ("[::1", 421, 421),
        ("", 421, 421),
    ] {
        assert_eq!(get(&names(true), &[("host", host)]), own, "{host}");
        assert_eq!(get(&names(false), &[("host", host)]), anywhere, "{host}");
    }
    assert_eq!(get(&names(true), &[]), 400);
    let twice = [("host", "localhost"), ("host", "evil.example")];
    assert_eq!(get(&names(true), &twice), 400);
}

#[test]
fn pages_of_others_get_nothing() {
    let host = ("host", "127.0.0.1:8090");
    for (origin, status) in [
        ("http://127.0.0.1:8090", 200),
        ("https://127.0.0.1:8090", 200),
        ("http://127.0.0.1:9000", 403),
        ("http://localhost:8090", 403),
        ("http://evil.example", 403),
        ("null", 403),
    ] {
        let headers = [host, ("origin", origin)];
        assert_eq!(get(&names(true), &headers), status, "{origin}");
    }
    for (site, mode, status) in [
        ("same-origin", "cors", 200),
        ("none", "navigate", 200),
        ("cross-site", "navigate", 200),
        ("same-site", "no-cors", 403),
        ("cross-site", "cors", 403),
    ] {
        let headers = [host, ("sec-fetch-site", site), ("sec-fetch-mode", mode)];
        assert_eq!(get(&names(true), &headers), status, "{site} {mode}");
    }
}

#[test]
fn an_absolute_address_names_the_same_host() {
    let mut headers = HeaderMap::new();
    headers.append(header::HOST, "localhost".parse().unwrap());
    let admit = |uri: &str| names(true).admit(&Method::GET, &uri.parse().unwrap(), &headers);
    assert_eq!(admit("http://localhost/"), Ok(()));
    assert_eq!(
        admit("http://evil.example/"),
        Err(StatusCode::MISDIRECTED_REQUEST)
    );
}
