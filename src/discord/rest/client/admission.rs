//! Lets calls out when the limits allow it and it is their turn.

use std::{pin::pin, time::Instant};

use super::{Failed, Inner, Out, Patience, Rest, Route, Ticket, Traffic, Wait};
use crate::discord::rest::{Call, queue::QueuePosition};

/// What a call waits for, and when it must look again even so.
type Stopped = (Wait, Option<Instant>);

/// A call that waits. Dropping it gives the call's place in the queue up.
struct Waiting<'a> {
    inner: &'a Inner,
    place: Option<QueuePosition>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let place = self.place.take();
        if place.is_some_and(|place| self.inner.traffic().queue.leave(place)) {
            self.inner.ended.notify_waiters();
        }
    }
}

impl Rest {
    /// Waits until the limits of any of these routes allow a call.
    pub(crate) async fn until_any_may_send(&self, routes: &[Route]) {
        // Listening begins before the check, so that no end is missed in between.
        let mut ended = pin!(self.0.ended.notified());
        ended.as_mut().enable();
        let mut earliest: Option<Instant> = None;
        for route in routes {
            match self.0.traffic().limits.peek(route, Instant::now()) {
                Ok(()) => return,
                Err(Wait::Until(at)) => earliest = Some(earliest.map_or(at, |known| at.min(known))),
                Err(Wait::ForAnswer) => {}
            }
        }
        // Either may come first, and the caller looks again after both.
        drop(wait(ended, earliest).await);
    }
}

impl Inner {
    /// Waits until the rate limits allow the call, and it is its turn.
    pub(super) async fn admit_call(
        &self,
        call: &Call,
        patience: Patience,
    ) -> Result<Out<'_>, Failed> {
        let mut waiting = Waiting {
            inner: self,
            place: None,
        };
        loop {
            // Listening begins before the check, so that no end is missed in between.
            let mut ended = pin!(self.ended.notified());
            ended.as_mut().enable();
            let (wait_for, look_again) = match self.admit(call, &mut waiting.place)? {
                Ok(ticket) => {
                    let inner = self;
                    return Ok(Out { inner, ticket });
                }
                Err(stopped) => stopped,
            };
            match wait_for {
                Wait::Until(until) if patience.outlasts(until) => {
                    let until = look_again.map_or(until, |look| look.min(until));
                    drop(wait(ended, Some(until)).await);
                }
                Wait::Until(_) => return Err(Failed::unanswered("limited by Discord")),
                Wait::ForAnswer => {
                    let until = patience.until().into_iter().chain(look_again).min();
                    let waited = wait(ended, until).await;
                    let now = Instant::now();
                    if waited.is_err() && patience.until().is_some_and(|until| until <= now) {
                        return Err(Failed::unanswered("earlier requests took too long"));
                    }
                }
            }
        }
    }

    /// Lets the call go, or says what it waits for, and when it must look again even so. A call that only the global limit
    /// stops has a place in the queue.
    fn admit(
        &self,
        call: &Call,
        place: &mut Option<QueuePosition>,
    ) -> Result<Result<Ticket, Stopped>, Failed> {
        let mut traffic = self.traffic();
        if traffic.stopped {
            return Err(Failed {
                at_the_end: true,
                ..Failed::unanswered("nothing is sent any more").permanent()
            });
        }
        let Traffic { limits, queue, .. } = &mut *traffic;
        let now = Instant::now();
        let stopped = limits.peek(&call.route, now).err();
        if stopped.is_some() || !call.route.global {
            let was_waiting = place.take().is_some_and(|place| queue.leave(place));
            if was_waiting {
                self.ended.notify_waiters();
            }
            let admitted = limits.admit(&call.route, now);
            return Ok(admitted.map_err(|wait| (wait, None)));
        }
        let own = *place.get_or_insert_with(|| queue.enter(call.class, now));
        let look_again = queue.due(own, now);
        let Some(next) = queue.next(now).filter(|next| next.place == own) else {
            return Ok(Err((Wait::ForAnswer, look_again)));
        };
        let admitted = limits.admit_among(&call.route, next.needs, now);
        if admitted.is_ok() {
            queue.serve(own, now);
            *place = None;
            self.ended.notify_waiters();
        }
        Ok(admitted.map_err(|wait| (wait, look_again)))
    }
}

/// Waits until a call has ended, or until a time.
async fn wait(
    ended: impl Future<Output = ()>,
    until: Option<Instant>,
) -> Result<(), tokio::time::error::Elapsed> {
    match until {
        Some(until) => tokio::time::timeout_at(until.into(), ended).await,
        None => {
            ended.await;
            Ok(())
        }
    }
}
