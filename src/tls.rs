//! The one TLS connector of REST and files. Each loads all certificates of the system: about 1 MB.

use std::sync::LazyLock;

use native_tls::TlsConnector;
use reqwest::{Client, ClientBuilder};

static CONNECTOR: LazyLock<native_tls::Result<TlsConnector>> = LazyLock::new(TlsConnector::new);

/// A client with this connector.
pub(crate) fn client() -> ClientBuilder {
    match &*CONNECTOR {
        Ok(connector) => Client::builder().tls_backend_preconfigured(connector.clone()),
        // Building the client reports the same error.
        Err(_) => Client::builder(),
    }
}
