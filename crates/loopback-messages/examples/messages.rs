//! Serves until Ctrl-C. Prints the URL, then a line for each request with its outcome.
//!
//! ```text
//! cargo run -p loopback-messages --example messages
//! ANTHROPIC_BASE_URL=http://127.0.0.1:PORT ANTHROPIC_API_KEY=any claude -p '[[long 300]]'
//! ```

use std::error::Error;
use std::time::Duration;

use loopback_messages::{LoopbackMessages, Outcome};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "the example's output")]
async fn main() -> Result<(), Box<dyn Error>> {
    const FOREVER: Duration = Duration::MAX;
    let api = LoopbackMessages::start().await?;
    println!("{}", api.url());
    for index in 0.. {
        let ended = |outcome: Outcome| outcome != Outcome::Open;
        let calls = api
            .wait_until(FOREVER, |calls| {
                calls.get(index).is_some_and(|call| ended(call.outcome))
            })
            .await?;
        let call = &calls[index];
        let (request, bill) = (&call.request, api.billed());
        println!(
            "{index} {} stream={} {:?} {:?} ${:.6} (all ${:.6}) {:?}",
            request.model(),
            request.is_stream(),
            request.auth,
            call.outcome,
            bill.calls[index],
            bill.total(),
            request.person(),
        );
    }
    Ok(())
}
