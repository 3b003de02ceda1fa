//! The file's text as JSON: where its syntax slips, and which keys it has twice.
//!
//! A byte order mark at the start is skipped, since some editors write one unasked. A key that is written twice is
//! a problem, since JSON readers differ in which of the two they take.

use std::{cell::RefCell, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

use super::problem::{Problem, below};

/// Parses `text`. Of a key that is there twice the first value is kept, and a problem is returned beside the value.
///
/// # Errors
///
/// Where the text is not JSON: line, column and what was expected.
pub(super) fn parse(text: &str) -> Result<(Value, Vec<Problem>), Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let twice = RefCell::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Node {
        path: String::new(),
        twice: &twice,
    }
    .deserialize(&mut json)
    .and_then(|value| json.end().map(|()| value))
    .map_err(|error| slip(text, &error))?;
    Ok((value, twice.into_inner()))
}

/// A slip in syntax, in words.
fn slip(text: &str, error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let rest = text
        .lines()
        .nth(error.line().saturating_sub(1))
        .and_then(|line| line.get(error.column().saturating_sub(1)..))
        .unwrap_or_default();
    let at_end = error.is_eof();
    let found = match rest.chars().next() {
        _ if at_end => "the end of the file".to_owned(),
        Some(character) => format!("`{character}`"),
        None => "the end of the line".to_owned(),
    };
    let allowed = match message {
        "trailing comma" => "no comma after the last entry".to_owned(),
        "key must be a string" => "a key in double quotes".to_owned(),
        "trailing characters" => "nothing after the end of the object".to_owned(),
        _ if at_end => {
            "the rest of the file: a bracket or a quote is still open, or it is empty".to_owned()
        }
        _ => message
            .strip_prefix("expected ")
            .unwrap_or(message)
            .to_owned(),
    };
    let comment = !at_end && (rest.starts_with('/') || rest.starts_with('#'));
    Problem {
        key: format!("line {}, column {}", error.line(), error.column().max(1)),
        found,
        allowed,
        hint: comment.then(|| "JSON has no comments".to_owned()),
    }
}

/// Reads one value and everything below it, and notes keys that come twice.
struct Node<'a> {
    path: String,
    twice: &'a RefCell<Vec<Problem>>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    /// `300.0` is the whole number 300, as JSON Schema has it too.
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        if value.fract() == 0.0
            && let Ok(whole) = value.to_string().parse::<i64>()
        {
            return Ok(whole.into());
        }
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let path = format!("{}[{}]", self.path, items.len());
            match seq.next_element_seed(Node {
                path,
                twice: self.twice,
            })? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let path = below(&self.path, &key);
            let value = map.next_value_seed(Node {
                path: path.clone(),
                twice: self.twice,
            })?;
            if object.contains_key(&key) {
                self.twice.borrow_mut().push(Problem {
                    key: path,
                    found: "the key a second time".to_owned(),
                    allowed: "each key once".to_owned(),
                    hint: None,
                });
            } else {
                object.insert(key, value);
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn slips_in_syntax_are_placed_and_explained() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(parse(text).unwrap_err().to_string(), expected);
        }
        let open = "found the end of the file; allowed: \
                    the rest of the file: a bracket or a quote is still open, or it is empty";
        check("", &format!("line 1, column 1: {open}"));
        check("{\n  \"a\": [1", &format!("line 2, column 9: {open}"));
        check(
            "{\n  \"a\": 1,\n}",
            "line 3, column 1: found `}`; allowed: no comma after the last entry",
        );
        check(
            "{a: 1}",
            "line 1, column 2: found `a`; allowed: a key in double quotes",
        );
        check("{\"a\" 1}", "line 1, column 6: found `1`; allowed: `:`");
        check(
            "{\"a\": 1 \"b\": 2}",
            "line 1, column 9: found `\"`; allowed: `,` or `}`",
        );
        check(
            "{\"a\": yes}",
            "line 1, column 7: found `y`; allowed: value",
        );
        check(
            "{} {}",
            "line 1, column 4: found `{`; allowed: nothing after the end of the object",
        );
        check(
            "{\n  // mine\n}",
            "line 2, column 3: found `/`; allowed: a key in double quotes (JSON has no comments)",
        );
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        assert_eq!(parse("\u{feff}{}").unwrap(), (json!({}), vec![]));
    }

    #[test]
    fn keys_that_come_twice_are_named_with_their_path() {
        let (value, twice) =
            parse(r#"{"a": {"b c": [{"d": 1, "d": 2}]}, "e": 1, "e": 2, "e": 3}"#).unwrap();
        assert_eq!(value, json!({"a": {"b c": [{"d": 1}]}, "e": 1}));
        let keys: Vec<&str> = twice.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, [r#"a."b c"[0].d"#, "e", "e"]);
    }

    #[test]
    fn whole_numbers_are_whole_however_written() {
        assert_eq!(
            parse("[300.0, 3e2, 0.5, -1.0]").unwrap().0,
            json!([300, 300, 0.5, -1])
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in r#"[\[\]{}",:0-9a-e\\/ \n\u{feff}ä]{0,40}"#) {
            let ours = parse(&text).map(|(value, _)| value);
            let theirs = serde_json::from_str::<Value>(text.strip_prefix('\u{feff}').unwrap_or(&text));
            prop_assert_eq!(ours.is_ok(), theirs.is_ok());
        }
    }
}
