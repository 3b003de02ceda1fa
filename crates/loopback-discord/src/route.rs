//! Routes: patterns for the method and path of a call.

/// A method and a path after `/api/v10`: `POST /channels/*/messages`.
///
/// `*` matches one segment, a last `**` any number of them. Without a method, or with `*`, every
/// method matches.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Route {
    method: Option<String>,
    segments: Vec<String>,
}

impl Route {
    pub(crate) fn new(text: &str) -> Self {
        let (method, path) = text.trim().split_once(' ').unwrap_or(("*", text.trim()));
        Self {
            method: (method != "*").then(|| method.to_owned()),
            segments: segments(path).map(str::to_owned).collect(),
        }
    }

    pub(crate) fn matches(&self, method: &str, path: &str) -> bool {
        if self
            .method
            .as_deref()
            .is_some_and(|expected| expected != method)
        {
            return false;
        }
        let mut actual = segments(path);
        for expected in &self.segments {
            match (expected.as_str(), actual.next()) {
                ("**", _) => return true,
                ("*", Some(_)) => {}
                (expected, Some(actual)) if expected == actual => {}
                _ => return false,
            }
        }
        actual.next().is_none()
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.trim().split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests;
