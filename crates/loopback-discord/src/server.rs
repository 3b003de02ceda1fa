//! Listening: connections that can be cut, and which door leads where.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request, connect_info::Connected},
    middleware::{self, Next},
    response::Response,
    routing::get,
    serve::{IncomingStream, Listener},
};
use futures_util::task::AtomicWaker;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

use crate::{gateway, hosted, page, rest, shared::Shared};

/// More than Discord takes in one call, so that it is the loopback's own check that says no.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Every door of the loopback.
pub(crate) fn router(shared: &Shared) -> Router {
    Router::new()
        .nest("/api/v10", rest::router(shared))
        .route("/gateway", get(gateway::connect))
        .route("/gateway/", get(gateway::connect))
        .merge(page::router(shared))
        .merge(hosted::router())
        .layer(middleware::from_fn(carry_cut))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(shared.clone())
}

/// Makes the connection's cut an extension of its own, for handlers and for the gateway.
async fn carry_cut(
    ConnectInfo(cut): ConnectInfo<Cut>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(cut);
    next.run(request).await
}

/// Cuts one TCP connection in the middle of whatever it does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut(Arc<Wire>);

#[derive(Debug, Default)]
struct Wire {
    cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Cut {
    pub(crate) fn now(&self) {
        self.0.cut.store(true, Ordering::Release);
        self.0.reader.wake();
        self.0.writer.wake();
    }

    /// An error if the connection is cut; otherwise whoever asks is woken when it is.
    fn check(&self, waker: &AtomicWaker, context: &Context<'_>) -> io::Result<()> {
        waker.register(context.waker());
        if self.0.cut.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl Connected<IncomingStream<'_, Door>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.remote_addr().clone()
    }
}

/// The connections that are open, so that all of them can be cut.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cuts(Arc<Mutex<Vec<Weak<Wire>>>>);

impl Cuts {
    pub(crate) fn all_now(&self) {
        for wire in self.open().drain(..).filter_map(|wire| wire.upgrade()) {
            Cut(wire).now();
        }
    }

    fn add(&self, cut: &Cut) {
        let mut open = self.open();
        open.retain(|wire| wire.strong_count() > 0);
        open.push(Arc::downgrade(&cut.0));
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Wire>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A listener whose connections can be cut, without Nagle's delay.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) cuts: Cuts,
}

impl Listener for Door {
    type Io = Stream;
    type Addr = Cut;

    async fn accept(&mut self) -> (Stream, Cut) {
        loop {
            match self.listener.accept().await {
                // Two small frames in a row would else wait 40 ms for each other.
                Ok((stream, _)) if stream.set_nodelay(true).is_ok() => {
                    let cut = Cut::default();
                    self.cuts.add(&cut);
                    let stream = Stream {
                        stream,
                        cut: cut.clone(),
                    };
                    return (stream, cut);
                }
                // It was gone before it was here.
                Ok(_) => {}
                // Out of file descriptors, most likely: some may be free in a moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Cut> {
        Ok(Cut::default())
    }
}

/// Binds a port of 127.0.0.1; 0 takes a free one.
pub(crate) async fn bind(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// A connection that can be cut.
pub(crate) struct Stream {
    stream: TcpStream,
    cut: Cut,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.cut.check(&self.cut.0.reader, context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.cut.check(&self.cut.0.writer, context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.cut.check(&self.cut.0.writer, context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
