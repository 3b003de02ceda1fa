use super::*;

const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const TWO: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

/// Some address, another one for each number.
fn address(number: u128) -> IpAddr {
    Ipv6Addr::from(number << 64).into()
}

#[test]
fn wrong_passwords_take_longer_and_longer() {
    let mut now = Instant::now();
    let mut guesses = Guesses::default();
    let mut pauses = Vec::new();
    for _ in 0..9 {
        guesses.note(ONE, false, now);
        let pause = guesses.pause(ONE, now).unwrap_or_default();
        pauses.push(pause.as_secs());
        assert_eq!(guesses.pause(TWO, now), None, "of another address");
        now += pause;
        assert_eq!(guesses.pause(ONE, now), None);
    }
    assert_eq!(pauses, [0, 0, 1, 2, 4, 8, 16, 30, 30]);
    guesses.note(ONE, true, now);
    guesses.note(ONE, false, now);
    assert_eq!(guesses.pause(ONE, now), None);
}

#[test]
fn wrong_passwords_are_forgotten() {
    let mut now = Instant::now();
    let mut guesses = Guesses::default();
    for _ in 0..2 {
        guesses.note(ONE, false, now);
        guesses.note(ONE, false, now);
        assert_eq!(guesses.pause(ONE, now), None);
        now += FORGOTTEN_AFTER;
    }
}

#[test]
fn all_addresses_together_guess_slowly() {
    let now = Instant::now();
    let mut guesses = Guesses::default();
    let mut peers = (1..).map(address);
    let tried = peers.by_ref().take_while(|peer| {
        let may = guesses.pause(*peer, now).is_none();
        guesses.note(*peer, false, now);
        may
    });
    assert_eq!(tried.count(), MOST_IN_A_MINUTE as usize);
    let pause = guesses.pause(ONE, now + Duration::from_secs(10));
    assert_eq!(pause, Some(Duration::from_secs(50)));
    assert_eq!(guesses.pause(ONE, now + MINUTE), None);
}

#[test]
fn so_many_addresses_are_known() {
    let now = Instant::now();
    let mut guesses = Guesses::default();
    for _ in 0..5 {
        guesses.note(ONE, false, now);
    }
    for number in 1..=MOST_PEERS as u128 {
        guesses.note(address(number), false, now);
    }
    assert_eq!(guesses.by_peer.len(), MOST_PEERS);
    assert!(
        guesses.by_peer.contains_key(&ONE),
        "who guesses stays known"
    );
}

#[test]
fn whoever_has_many_addresses_is_one() {
    let of = |text: &str| network(text.parse().unwrap());
    assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:0:0:2"));
    assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
    assert_eq!(of("::ffff:192.0.2.1"), ONE);
}
