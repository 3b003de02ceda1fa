//! The ids in paths and the parameters of queries: extractors that refuse as Discord does.

use axum::{
    extract::{FromRequestParts, Path as AnyPath, Query as AnyQuery, RawPathParams},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use super::{ApiError, error::invalid};
use crate::Snowflake;

/// What a path may hold beside ids.
const NO_IDS: [&str; 2] = ["token", "emoji"];

/// The parameters of a path.
#[derive(Debug)]
pub(super) struct Path<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if let Ok(AnyPath(found)) = AnyPath::from_request_parts(parts, state).await {
            return Ok(Self(found));
        }
        let all = RawPathParams::from_request_parts(parts, state).await;
        let all = all.map_err(|_| ApiError::not_found())?;
        let wrong = all
            .iter()
            .find(|(name, value)| !NO_IDS.contains(name) && value.parse::<Snowflake>().is_err());
        let (name, value) = wrong.ok_or_else(ApiError::not_found)?;
        let message = format!("Value \"{value}\" is not snowflake.");
        Err(invalid(
            &format!("{name}_id"),
            "NUMBER_TYPE_COERCE",
            &message,
        ))
    }
}

/// The parameters of a query.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let found = AnyQuery::from_request_parts(parts, state).await;
        let found =
            found.map_err(|error| invalid("_query", "NUMBER_TYPE_COERCE", &error.body_text()))?;
        Ok(Self(found.0))
    }
}
