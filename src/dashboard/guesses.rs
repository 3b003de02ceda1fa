//! Slows down whoever guesses the password: each address by itself, so that one that guesses keeps no other out. Pure: the
//! time is passed in.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

use crate::backoff::Backoff;

/// How long an address can't try again after a wrong guess.
const PAUSES: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(30));

/// How many wrong guesses in a row cause no pause, because people mistype.
const FREE: u32 = 2;

/// How long wrong guesses count.
const FORGOTTEN_AFTER: Duration = Duration::from_hours(1);

/// How many wrong guesses all addresses together may make in a minute, and of how many addresses guesses are remembered. At
/// this rate it takes too long to guess the shortest password that is allowed, unless it is a common one.
const MOST_IN_A_MINUTE: u32 = 60;
const MOST_PEERS: usize = 1_024;

const MINUTE: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub(super) struct Guesses {
    by_peer: BTreeMap<IpAddr, Tally>,
    /// When the present minute began, and how many were wrong in it.
    minute: Option<(Instant, u32)>,
}

/// What an address has tried.
#[derive(Debug)]
struct Tally {
    /// How many wrong ones in a row.
    wrong: u32,
    not_before: Instant,
}

impl Guesses {
    /// How long this address can't try, if so.
    pub(super) fn pause(&self, peer: IpAddr, now: Instant) -> Option<Duration> {
        let own = self.by_peer.get(&network(peer)).map(|it| it.not_before);
        let of_all = self
            .minute
            .filter(|(_, wrong)| *wrong >= MOST_IN_A_MINUTE)
            .map(|(began, _)| began + MINUTE);
        let left = own.max(of_all)?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    pub(super) fn note(&mut self, peer: IpAddr, is_right: bool, now: Instant) {
        let peer = network(peer);
        if is_right {
            self.by_peer.remove(&peer);
            return;
        }
        self.by_peer
            .retain(|_, it| now < it.not_before + FORGOTTEN_AFTER);
        if self.by_peer.len() >= MOST_PEERS && !self.by_peer.contains_key(&peer) {
            let first = self.by_peer.iter().min_by_key(|(_, it)| it.not_before);
            if let Some(free) = first.map(|(peer, _)| *peer) {
                self.by_peer.remove(&free);
            }
        }
        let tally = self.by_peer.entry(peer).or_insert(Tally {
            wrong: 0,
            not_before: now,
        });
        tally.wrong = tally.wrong.saturating_add(1);
        tally.not_before = now + PAUSES.delay(tally.wrong.saturating_sub(FREE));
        self.minute = match self.minute {
            Some((began, wrong)) if now < began + MINUTE => Some((began, wrong.saturating_add(1))),
            _ => Some((now, 1)),
        };
    }
}

/// Whose address it is: somebody with IPv6 has a whole `/64` of them.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests;
