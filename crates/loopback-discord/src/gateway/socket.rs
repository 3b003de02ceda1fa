//! The task that owns one socket.

use std::time::Duration;

use axum::{
    Extension,
    extract::{
        State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    response::{IntoResponse, Response},
};
use futures_util::SinkExt;
use serde_json::Value;
use tokio::{sync::mpsc, time::timeout};

use super::{Close, Outgoing};
use crate::{server::KillSwitch, shared::Shared};

/// How long a bot has to answer a close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// `GET /gateway`, upgraded.
pub(crate) async fn connect(
    State(shared): State<Shared>,
    Extension(kill_switch): Extension<KillSwitch>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if shared.read(|state| state.gateway.outages > 0) {
        kill_switch.cut();
        return ().into_response();
    }
    upgrade.on_upgrade(move |socket| run(socket, shared))
}

async fn run(mut socket: WebSocket, shared: Shared) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let Some(connection) = shared.change(|state| state.gateway.open(sender)) else {
        return;
    };
    loop {
        tokio::select! {
            outgoing = receiver.recv() => match outgoing {
                Some(Outgoing::Frames(frames)) => {
                    if send(&mut socket, frames).await.is_err() {
                        break;
                    }
                }
                Some(Outgoing::Close(why)) => {
                    close(&mut socket, why).await;
                    break;
                }
                Some(Outgoing::Drop) | None => break,
            },
            incoming = socket.recv() => match incoming {
                Some(Ok(Message::Text(text))) => receive(&shared, connection, text.as_str()),
                Some(Ok(Message::Binary(bytes))) => {
                    receive(&shared, connection, &String::from_utf8_lossy(&bytes));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.map(|frame| frame.code);
                    shared.change(|state| state.gateway.closed_by_bot(connection, code));
                    // Reading on sends the answer to the close frame.
                    while let Ok(Some(Ok(_))) = timeout(CLOSE_TIMEOUT, socket.recv()).await {}
                    break;
                }
                Some(Err(_)) | None => break,
            },
        }
    }
    // The socket is dropped first, so that a connection that is gone is also closed.
    drop(socket);
    shared.change(|state| state.gateway.closed(connection));
}

/// Sends frames in one flush.
async fn send(socket: &mut WebSocket, frames: Vec<String>) -> Result<(), axum::Error> {
    for frame in frames {
        socket.feed(Message::text(frame)).await?;
    }
    socket.flush().await
}

/// Sends a close frame and reads on until the bot has closed, too.
async fn close(socket: &mut WebSocket, why: Close) {
    let frame = CloseFrame {
        code: why.code,
        reason: why.reason.into(),
    };
    if socket.send(Message::Close(Some(frame))).await.is_ok() {
        while let Ok(Some(Ok(_))) = timeout(CLOSE_TIMEOUT, socket.recv()).await {}
    }
}

fn receive(shared: &Shared, connection: u64, text: &str) {
    shared.change(|state| {
        if let Ok(frame) = serde_json::from_str::<Value>(text) {
            state.record.frame(connection, &frame);
            let credentials = shared.credentials();
            state
                .gateway
                .receive(&state.world, &credentials, connection, &frame);
        } else {
            state.gateway.close(connection, Close::code(4002));
        }
    });
}
