//! Accepts connections, so many at a time, each for so long.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore};

use super::{
    credentials::{note_address, page_address},
    desk::Desk,
    routes,
};

/// How many connections are open at a time. More wait.
const MOST_CONNECTIONS: usize = 64;

/// How long a request's head may take, and how long a connection may stay without a request.
const HEAD_WITHIN: Duration = Duration::from_secs(15);

/// How long one connection is served. A page connects again.
const LIFETIME: Duration = Duration::from_hours(1);

/// The longest head of a request, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// How long to wait when no connection can be accepted, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(500);

/// Listens on an address, and notes it for `switchboard dashboard`.
pub(crate) async fn bind(address: SocketAddr, sessions: &Path) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    note_address(sessions, address)?;
    let page = page_address(address);
    tracing::info!(%page, "dashboard; `switchboard dashboard` tells its address with the token");
    Ok(listener)
}

/// Serves the dashboard until it is dropped.
pub(crate) async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    let router = routes::router(desk);
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // It is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let served = serve_connection(TokioIo::new(stream), router.clone());
                tokio::spawn(async move {
                    served.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection to the dashboard");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn serve_connection(stream: TokioIo<tokio::net::TcpStream>, router: Router) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(stream, TowerToHyperService::new(router));
    // Whoever closes a connection early, or sends nonsense, is nothing to report.
    drop(tokio::time::timeout(LIFETIME, served).await);
}
