//! The loop on one socket.

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
use crate::{server::Cut, shared::Shared};

/// How long a bot has to answer a close frame.
const FAREWELL: Duration = Duration::from_secs(2);

/// `GET /gateway`, upgraded.
pub(crate) async fn connect(
    State(shared): State<Shared>,
    Extension(cut): Extension<Cut>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if shared.read(|state| state.gateway.outages > 0) {
        cut.now();
        return ().into_response();
    }
    upgrade.on_upgrade(move |socket| run(socket, shared))
}

async fn run(mut socket: WebSocket, shared: Shared) {
    let (outlet, mut inlet) = mpsc::unbounded_channel();
    let Some(link) = shared.change(|state| state.gateway.open(outlet)) else {
        return;
    };
    loop {
        tokio::select! {
            outgoing = inlet.recv() => match outgoing {
                Some(Outgoing::Frames(frames)) => {
                    if send(&mut socket, frames).await.is_err() {
                        break;
                    }
                }
                Some(Outgoing::Close(why)) => {
                    farewell(&mut socket, why).await;
                    break;
                }
                Some(Outgoing::Drop) | None => break,
            },
            incoming = socket.recv() => match incoming {
                Some(Ok(Message::Text(text))) => receive(&shared, link, text.as_str()),
                Some(Ok(Message::Binary(bytes))) => {
                    receive(&shared, link, &String::from_utf8_lossy(&bytes));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.map(|frame| frame.code);
                    shared.change(|state| state.gateway.closed_by_bot(link, code));
                    // The answer to the close is sent by reading on.
                    while let Ok(Some(Ok(_))) = timeout(FAREWELL, socket.recv()).await {}
                    break;
                }
                Some(Err(_)) | None => break,
            },
        }
    }
    // The socket goes first, so that whoever sees the link gone can count on it.
    drop(socket);
    shared.change(|state| state.gateway.closed(link));
}

/// Sends frames in one flush.
async fn send(socket: &mut WebSocket, frames: Vec<String>) -> Result<(), axum::Error> {
    for frame in frames {
        socket.feed(Message::text(frame)).await?;
    }
    socket.flush().await
}

/// Closes with a code and reads on until the bot has closed too.
async fn farewell(socket: &mut WebSocket, why: Close) {
    let frame = CloseFrame {
        code: why.code,
        reason: why.reason.into(),
    };
    if socket.send(Message::Close(Some(frame))).await.is_ok() {
        while let Ok(Some(Ok(_))) = timeout(FAREWELL, socket.recv()).await {}
    }
}

fn receive(shared: &Shared, link: u64, text: &str) {
    shared.change(|state| {
        if let Ok(frame) = serde_json::from_str::<Value>(text) {
            state.record.frame(link, &frame);
            let terms = shared.terms();
            state.gateway.receive(&state.world, &terms, link, &frame);
        } else {
            state.gateway.close(link, Close::code(4002));
        }
    });
}
