//! Reads what was entered in a form, from its JSON: serenity knows text fields in rows alone, which Discord has replaced by
//! labels.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json};
use serenity::all as discord;

use super::json::without_components;

/// An interaction as the gateway sends it.
pub(super) struct AnyInteraction {
    pub(super) interaction: discord::Interaction,
    /// Ids and values, if it is a form.
    pub(super) fields: Vec<(String, String)>,
}

impl<'de> Deserialize<'de> for AnyInteraction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut json = Value::deserialize(deserializer)?;
        let is_form = json.get("type").is_some_and(|kind| *kind == 5);
        let components = json.pointer_mut("/data/components");
        let components = components.filter(|_| is_form);
        let components = components.map(|components| std::mem::replace(components, json!([])));
        Ok(Self {
            fields: entered(&components.unwrap_or_default()),
            // It may hold messages.
            interaction: discord::Interaction::deserialize(&json)
                .or_else(|_| without_components(json))
                .map_err(D::Error::custom)?,
        })
    }
}

/// Ids and values of the fields, in their order. A field comes once for each option that is chosen in it.
fn entered(components: &Value) -> Vec<(String, String)> {
    let rows = components.as_array().into_iter().flatten();
    let fields = rows.flat_map(|row| {
        let in_row = row.get("components").and_then(Value::as_array);
        in_row.into_iter().flatten().chain(row.get("component"))
    });
    let values = fields.filter_map(|field| {
        let id = field.get("custom_id")?.as_str()?;
        let values = values(field).into_iter();
        Some(values.map(|value| (id.to_owned(), value.to_owned())))
    });
    values.flatten().collect()
}

/// What a field holds (Discord developer docs, "Component reference": the structures of interaction responses).
fn values(field: &Value) -> Vec<&str> {
    let one = field.get("value");
    let several = field.get("values").and_then(Value::as_array);
    match field.get("type").and_then(Value::as_u64) {
        // A text field.
        Some(4) => vec![one.and_then(Value::as_str).unwrap_or_default()],
        // Radio buttons.
        Some(21) => one.and_then(Value::as_str).into_iter().collect(),
        // A menu, or checkboxes.
        Some(3 | 22) => {
            let several = several.into_iter().flatten();
            several.filter_map(Value::as_str).collect()
        }
        // A single checkbox.
        Some(23) => vec![if one == Some(&Value::Bool(true)) {
            "true"
        } else {
            "false"
        }],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
