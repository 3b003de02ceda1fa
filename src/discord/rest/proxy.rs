//! The proxy that the environment names. reqwest cannot read it there itself: addresses with passwords are removed from
//! the process's own environment (see `cli::reexec`).

use reqwest::{NoProxy, Proxy};

use crate::config::Environment;

/// `None` if there is no proxy, or its address cannot be read.
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
            tracing::warn!(
                "HTTPS_PROXY is not a valid address; connecting to Discord without a proxy"
            );
            None
        }
    }
}

#[cfg(test)]
mod tests;
