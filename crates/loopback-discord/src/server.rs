//! The HTTP server: connections that can be cut, and the routes.

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

use crate::{cdn, gateway, page, rest, shared::Shared};

/// More than Discord accepts in one call, so that the loopback's own check refuses first.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// All routes of the loopback.
pub(crate) fn router(shared: &Shared) -> Router {
    Router::new()
        .nest("/api/v10", rest::router(shared))
        .route("/gateway", get(gateway::connect))
        .route("/gateway/", get(gateway::connect))
        .merge(page::router(shared))
        .merge(cdn::router())
        .layer(middleware::from_fn(attach_kill_switch))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(shared.clone())
}

/// Makes the connection's kill switch available to handlers and to the gateway.
async fn attach_kill_switch(
    ConnectInfo(kill_switch): ConnectInfo<KillSwitch>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(kill_switch);
    next.run(request).await
}

/// Cuts one TCP connection at any moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct KillSwitch(Arc<CutState>);

#[derive(Debug, Default)]
struct CutState {
    cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl KillSwitch {
    pub(crate) fn cut(&self) {
        self.0.cut.store(true, Ordering::Release);
        self.0.reader.wake();
        self.0.writer.wake();
    }

    /// An error if the connection is cut; otherwise the caller is woken when it is.
    fn check(&self, waker: &AtomicWaker, context: &Context<'_>) -> io::Result<()> {
        waker.register(context.waker());
        if self.0.cut.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl Connected<IncomingStream<'_, KillableListener>> for KillSwitch {
    fn connect_info(stream: IncomingStream<'_, KillableListener>) -> Self {
        stream.remote_addr().clone()
    }
}

/// The kill switches of all open connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct KillSwitches(Arc<Mutex<Vec<Weak<CutState>>>>);

impl KillSwitches {
    pub(crate) fn cut_all(&self) {
        for state in self.open().drain(..).filter_map(|state| state.upgrade()) {
            KillSwitch(state).cut();
        }
    }

    fn add(&self, kill_switch: &KillSwitch) {
        let mut open = self.open();
        open.retain(|state| state.strong_count() > 0);
        open.push(Arc::downgrade(&kill_switch.0));
    }

    fn open(&self) -> std::sync::MutexGuard<'_, Vec<Weak<CutState>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A listener whose connections can be cut. They have no Nagle delay.
pub(crate) struct KillableListener {
    pub(crate) listener: TcpListener,
    pub(crate) kill_switches: KillSwitches,
}

impl Listener for KillableListener {
    type Io = Stream;
    type Addr = KillSwitch;

    async fn accept(&mut self) -> (Stream, KillSwitch) {
        loop {
            match self.listener.accept().await {
                // With Nagle's algorithm the second of two small frames would wait 40 ms.
                Ok((stream, _)) if stream.set_nodelay(true).is_ok() => {
                    let kill_switch = KillSwitch::default();
                    self.kill_switches.add(&kill_switch);
                    let stream = Stream {
                        stream,
                        kill_switch: kill_switch.clone(),
                    };
                    return (stream, kill_switch);
                }
                // The peer has closed already.
                Ok(_) => {}
                // Most likely out of file descriptors: some may be free soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<KillSwitch> {
        Ok(KillSwitch::default())
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
    kill_switch: KillSwitch,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.kill_switch
            .check(&self.kill_switch.0.reader, context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.kill_switch
            .check(&self.kill_switch.0.writer, context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.kill_switch
            .check(&self.kill_switch.0.writer, context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
