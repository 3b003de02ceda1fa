//! The models that the CLI lists when a process starts. They belong to the program and the login, so all channels share them.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{claude::protocol::Model, config};

/// How many models are taken from the CLI.
const MOST: usize = 50;

/// How many bytes of a name.
const LONGEST: usize = 100;

/// Stands for whatever the login begins with, which says nothing to people.
const UNNAMED: &str = "default";

/// The newest list.
#[derive(Debug, Default)]
pub(crate) struct ListedModels(Mutex<Arc<[String]>>);

impl ListedModels {
    /// A process has told its list. An empty one says nothing.
    pub(super) fn heard(&self, listed: Vec<Model>) {
        let names = names(listed);
        if !names.is_empty() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = names;
        }
    }

    pub(super) fn now(&self) -> Arc<[String]> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The names in a list that can be passed to the CLI as a model, each once.
fn names(listed: Vec<Model>) -> Arc<[String]> {
    let mut names: Vec<String> = Vec::new();
    for Model { value: name, .. } in listed {
        let is_usable = name.len() <= LONGEST && name != UNNAMED && config::is_model_name(&name);
        if is_usable && !names.contains(&name) && names.len() < MOST {
            names.push(name);
        }
    }
    names.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(names: &[&str]) -> Vec<Model> {
        let names = names.iter().map(|name| (*name).to_owned());
        let model = |value| Model {
            value,
            ..Model::default()
        };
        names.map(model).collect()
    }

    #[test]
    fn only_names_that_the_cli_takes_are_kept_and_each_once() {
        let long = "x".repeat(LONGEST + 1);
        let listed = [
            "default",
            "opus[1m]",
            "haiku",
            "haiku",
            "",
            "-p",
            "two words",
            "a`b",
            &long,
        ];
        assert_eq!(*names(heard(&listed)), ["opus[1m]", "haiku"]);
        let many: Vec<String> = (0..99).map(|number| format!("model-{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(names(heard(&many)).len(), MOST);
    }

    #[test]
    fn a_list_replaces_the_one_before_unless_it_is_empty() {
        let models = ListedModels::default();
        models.heard(heard(&["haiku", "fable"]));
        models.heard(heard(&["haiku"]));
        models.heard(Vec::new());
        assert_eq!(*models.now(), ["haiku"]);
    }
}
