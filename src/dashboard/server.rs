//! Accepts connections, so many at a time, each for so long.

use std::{collections::VecDeque, io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, task::AbortHandle};

use super::{
    credentials::{note_address, page_address},
    desk::Desk,
    has_login::HasLogin,
    routes::{self, Peer},
};

/// How many connections are open at a time.
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

/// An open connection, oldest first in their list.
struct Connection {
    task: AbortHandle,
    has_login: HasLogin,
}

/// Serves the dashboard until it is dropped.
pub(crate) async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    let router = routes::router(desk);
    let mut open = VecDeque::new();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                make_room(&mut open);
                let has_login = HasLogin::default();
                let router = router
                    .clone()
                    .layer(Extension(has_login.clone()))
                    .layer(Extension(Peer(peer.ip())));
                let task = tokio::spawn(serve_connection(TokioIo::new(stream), router));
                open.push_back(Connection {
                    task: task.abort_handle(),
                    has_login,
                });
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection to the dashboard");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Closes a connection if as many as may be are open: the oldest without the token, so that whoever lacks it keeps nobody out.
fn make_room(open: &mut VecDeque<Connection>) {
    open.retain(|connection| !connection.task.is_finished());
    if open.len() < MOST_CONNECTIONS {
        return;
    }
    let oldest = open.iter().position(|it| !it.has_login.get());
    if let Some(closed) = open.remove(oldest.unwrap_or(0)) {
        closed.task.abort();
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
