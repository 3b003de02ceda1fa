//! Discord's error responses.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::fault::{rate_limited_body, seconds};

/// An error response: an HTTP status and one of Discord's own codes (its developer docs, "JSON error
/// codes").
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: u32,
    message: String,
    /// The tree of errors in a form body.
    errors: Option<Value>,
    /// After which time a rate limit is over.
    retry_after: Option<Duration>,
}

impl ApiError {
    fn new(status: StatusCode, code: u32, message: &str) -> Self {
        Self {
            status,
            code,
            message: message.to_owned(),
            errors: None,
            retry_after: None,
        }
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 0, "401: Unauthorized")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, 0, "404: Not Found")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, 0, "405: Method Not Allowed")
    }

    pub(crate) fn unknown_application() -> Self {
        Self::new(StatusCode::NOT_FOUND, 10002, "Unknown Application")
    }

    pub(crate) fn unknown_channel() -> Self {
        Self::new(StatusCode::NOT_FOUND, 10003, "Unknown Channel")
    }

    pub(crate) fn unknown_guild() -> Self {
        Self::new(StatusCode::NOT_FOUND, 10004, "Unknown Guild")
    }

    pub(crate) fn unknown_member() -> Self {
        Self::new(StatusCode::NOT_FOUND, 10007, "Unknown Member")
    }

    pub(crate) fn unknown_message() -> Self {
        Self::new(StatusCode::NOT_FOUND, 10008, "Unknown Message")
    }

    pub(crate) fn unknown_user() -> Self {
        Self::new(StatusCode::NOT_FOUND, 10013, "Unknown User")
    }

    pub(crate) fn unknown_emoji() -> Self {
        Self::new(StatusCode::BAD_REQUEST, 10014, "Unknown Emoji")
    }

    pub(crate) fn unknown_webhook() -> Self {
        Self::new(StatusCode::NOT_FOUND, 10015, "Unknown Webhook")
    }

    pub(crate) fn unknown_interaction() -> Self {
        Self::new(StatusCode::NOT_FOUND, 10062, "Unknown interaction")
    }

    pub(crate) fn too_many_reactions() -> Self {
        let message = "Maximum number of reactions reached (20)";
        Self::new(StatusCode::BAD_REQUEST, 30010, message)
    }

    pub(crate) fn too_large() -> Self {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        Self::new(status, 40005, "Request entity too large")
    }

    pub(crate) fn already_acknowledged() -> Self {
        let message = "Interaction has already been acknowledged.";
        Self::new(StatusCode::BAD_REQUEST, 40060, message)
    }

    pub(crate) fn missing_access() -> Self {
        Self::new(StatusCode::FORBIDDEN, 50001, "Missing Access")
    }

    pub(crate) fn direct_channel() -> Self {
        let message = "Cannot execute action on a DM channel";
        Self::new(StatusCode::FORBIDDEN, 50003, message)
    }

    pub(crate) fn another_author() -> Self {
        let message = "Cannot edit a message authored by another user";
        Self::new(StatusCode::FORBIDDEN, 50005, message)
    }

    pub(crate) fn empty_message() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            50006,
            "Cannot send an empty message",
        )
    }

    pub(crate) fn dms_closed() -> Self {
        let message = "Cannot send messages to this user";
        Self::new(StatusCode::FORBIDDEN, 50007, message)
    }

    pub(crate) fn missing_permissions() -> Self {
        Self::new(StatusCode::FORBIDDEN, 50013, "Missing Permissions")
    }

    pub(crate) fn system_message() -> Self {
        let message = "Cannot execute action on a system message";
        Self::new(StatusCode::FORBIDDEN, 50021, message)
    }

    pub(crate) fn wrong_channel_type() -> Self {
        let message = "Cannot execute action on this channel type";
        Self::new(StatusCode::BAD_REQUEST, 50024, message)
    }

    pub(crate) fn expired_webhook_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 50027, "Invalid Webhook Token")
    }

    pub(crate) fn forum() -> Self {
        let message = "Cannot send messages in a non-text channel";
        Self::new(StatusCode::BAD_REQUEST, 50008, message)
    }

    pub(crate) fn poll_expired() -> Self {
        Self::new(StatusCode::BAD_REQUEST, 520_001, "Poll expired")
    }

    pub(crate) fn poll_message() -> Self {
        let message = "Cannot edit a poll message";
        Self::new(StatusCode::BAD_REQUEST, 520_003, message)
    }

    pub(crate) fn not_a_poll() -> Self {
        let message = "Cannot expire a non-poll message";
        Self::new(StatusCode::BAD_REQUEST, 520_006, message)
    }

    pub(crate) fn forward_without_history() -> Self {
        let message = "Cannot reference a message without permission to read message history";
        Self::new(StatusCode::BAD_REQUEST, 160_009, message)
    }

    pub(crate) fn unreadable_forward() -> Self {
        let message = "Cannot forward a message whose content you cannot read";
        Self::new(StatusCode::BAD_REQUEST, 160_014, message)
    }

    pub(crate) fn thread_archived() -> Self {
        Self::new(StatusCode::BAD_REQUEST, 50083, "Thread is archived")
    }

    pub(crate) fn reply_without_history() -> Self {
        let message = "Cannot reply without permission to read message history";
        Self::new(StatusCode::BAD_REQUEST, 160_002, message)
    }

    pub(crate) fn thread_exists() -> Self {
        let message = "A thread has already been created for this message";
        Self::new(StatusCode::BAD_REQUEST, 160_004, message)
    }

    pub(crate) fn thread_locked() -> Self {
        Self::new(StatusCode::FORBIDDEN, 160_005, "Thread is locked")
    }

    /// A limit that the route's rate limit headers do not show.
    pub(crate) fn rate_limited(wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, 0, "")
        }
    }

    pub(crate) fn invalid_json() -> Self {
        let message = "The request body contains invalid JSON.";
        Self::new(StatusCode::BAD_REQUEST, 50109, message)
    }

    pub(crate) fn invalid_form(errors: Value) -> Self {
        Self {
            errors: Some(errors),
            ..Self::new(StatusCode::BAD_REQUEST, 50035, "Invalid Form Body")
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(wait) = self.retry_after {
            let headers = [
                (HeaderName::from_static("retry-after"), seconds(wait)),
                (
                    HeaderName::from_static("x-ratelimit-scope"),
                    HeaderValue::from_static("user"),
                ),
            ];
            return (self.status, headers, Json(rate_limited_body(wait, false))).into_response();
        }
        let mut body = json!({ "message": self.message, "code": self.code });
        if let Some(errors) = self.errors {
            body["errors"] = errors;
        }
        (self.status, Json(body)).into_response()
    }
}

/// The errors in a body, by field.
#[derive(Debug, Default)]
pub(crate) struct FormErrors {
    tree: Map<String, Value>,
}

impl FormErrors {
    /// Adds an error at a path: `embeds.0.title`.
    pub(crate) fn add(&mut self, path: &str, code: &str, message: &str) {
        let mut node = &mut self.tree;
        for part in path.split('.') {
            let child = node.entry(part).or_insert_with(|| json!({}));
            let Value::Object(map) = child else {
                return;
            };
            node = map;
        }
        let errors = node.entry("_errors").or_insert_with(|| json!([]));
        if let Value::Array(errors) = errors {
            errors.push(json!({ "code": code, "message": message }));
        }
    }

    /// An error if a text has more characters than `most`.
    pub(crate) fn max_length(&mut self, path: &str, text: &Value, most: usize) {
        if text
            .as_str()
            .is_some_and(|text| text.chars().count() > most)
        {
            self.too_long(path, most);
        }
    }

    pub(crate) fn too_long(&mut self, path: &str, most: usize) {
        let message = format!("Must be {most} or fewer in length.");
        self.add(path, "BASE_TYPE_MAX_LENGTH", &message);
    }

    pub(crate) fn bad_length(&mut self, path: &str, least: usize, most: usize) {
        let message = format!("Must be between {least} and {most} in length.");
        self.add(path, "BASE_TYPE_BAD_LENGTH", &message);
    }

    pub(crate) fn required(&mut self, path: &str) {
        self.add(path, "BASE_TYPE_REQUIRED", "This field is required");
    }

    pub(crate) fn wrong_type(&mut self, path: &str, kind: &str) {
        let code = format!("{}_TYPE_CONVERT", kind.to_uppercase());
        self.add(path, &code, &format!("Could not interpret as {kind}."));
    }

    /// An error response if there is any error.
    pub(crate) fn into_result(self) -> Result<(), ApiError> {
        if self.tree.is_empty() {
            return Ok(());
        }
        Err(ApiError::invalid_form(Value::Object(self.tree)))
    }
}

/// An error response for one field.
pub(crate) fn invalid(path: &str, code: &str, message: &str) -> ApiError {
    let mut errors = FormErrors::default();
    errors.add(path, code, message);
    ApiError::invalid_form(Value::Object(errors.tree))
}
