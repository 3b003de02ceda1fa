//! The proxy that the environment names. The client is told of it, because an address with a password in it does not
//! stay in the process's own environment (see `cli::reexec`).

use reqwest::{NoProxy, Proxy};

use crate::config::Environment;

/// The proxy on the way to Discord, if one is named and its address can be read.
pub(super) fn proxy(environment: &Environment) -> Option<Proxy> {
    let value = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| environment.get(name)?.to_str())
    };
    let address = value(["https_proxy", "HTTPS_PROXY"])?;
    let direct = value(["no_proxy", "NO_PROXY"]).and_then(NoProxy::from_string);
    match Proxy::https(address) {
        Ok(proxy) => Some(proxy.no_proxy(direct)),
        Err(_) => {
            tracing::warn!("HTTPS_PROXY is no address: Discord is reached without a proxy");
            None
        }
    }
}

#[cfg(test)]
mod tests;
