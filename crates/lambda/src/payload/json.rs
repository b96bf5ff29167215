//! Parses JSON into a tree of bounded size, and finds duplicate keys.
//!
//! Both checks need a parser of our own. A tree takes many times the memory of its text: 6 MB of
//! `[{"":0},…]` took 573 MB, and the function has 256 MB. And serde_json drops the first of two
//! equal keys, so that `{"mode": "plan", "mode": "reconcile"}` would write.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The memory that all trees of one payload may take together, counted as in [`Tree::weight`]. The
/// largest batch that SQS delivers, 6 MB in some eight thousand messages, takes less.
pub(super) const MEMORY_LIMIT: usize = 64 << 20;

/// A value takes 32 bytes, and a growing list can have capacity for twice as many values.
const VALUE: usize = 64;
/// An object with a key takes one node of a B-tree map, which has room for eleven keys.
const OBJECT: usize = 640;
/// A key takes its text and, if nodes are half full, a sixth of a node.
const KEY: usize = 160;

#[derive(Debug)]
pub(super) struct Tree {
    pub(super) value: Value,
    /// The most memory that the tree can take, in bytes.
    pub(super) weight: usize,
    /// A key that is twice in the top object, or in an object of the top list.
    pub(super) duplicate_key: Option<String>,
}

impl Tree {
    /// Parses a text whose tree may take at most `limit` bytes.
    pub(super) fn read(text: &str, limit: usize) -> Result<Self, String> {
        let left = Cell::new(Some(limit));
        let duplicate_key = RefCell::new(None);
        let branch = Branch { left: &left, duplicate_key: &duplicate_key, depth: Depth::Top };
        let mut reader = serde_json::Deserializer::from_str(text);
        // Without `end`, whatever follows the first value would be ignored.
        let value = branch.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
        match (value, left.get()) {
            (Ok(value), Some(left)) => {
                Ok(Self { value, weight: limit - left, duplicate_key: duplicate_key.into_inner() })
            }
            // Before the parser's own error, which is then only a consequence.
            (_, None) => Err(format!(
                "it has too many values: it would take more than the {} MB of memory that a \
                 payload may take",
                MEMORY_LIMIT >> 20
            )),
            (Err(_), _) if text.trim().is_empty() => Err("it is empty".to_owned()),
            (Err(error), _) => Err(format!("it is not JSON: {error}")),
        }
    }
}

/// How deep a value is. Duplicate keys matter only where a call by hand can have keys.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    /// The payload itself.
    Top,
    /// An item of a list that is the payload.
    TopList,
    Deeper,
}

#[derive(Clone, Copy)]
struct Branch<'a> {
    /// The memory that is left; `None` once the limit is exceeded.
    left: &'a Cell<Option<usize>>,
    duplicate_key: &'a RefCell<Option<String>>,
    depth: Depth,
}

impl Branch<'_> {
    fn take<E: Error>(self, weight: usize) -> Result<(), E> {
        let left = self.left.get().and_then(|left| left.checked_sub(weight));
        self.left.set(left);
        left.map(|_| ()).ok_or_else(|| E::custom("too large"))
    }

    fn deeper(self) -> Self {
        Self { depth: Depth::Deeper, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Branch<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        // Before it is parsed. Afterwards the memory would be in use.
        self.take(VALUE)?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Branch<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
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

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.take(text.len())?;
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        self.take(text.len())?;
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let depth = if self.depth == Depth::Top { Depth::TopList } else { Depth::Deeper };
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Branch { depth, ..self })? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        self.take(OBJECT)?;
        let mut values = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            self.take(KEY + key.len())?;
            let value = object.next_value_seed(self.deeper())?;
            if self.depth != Depth::Deeper && values.contains_key(&key) {
                self.duplicate_key.borrow_mut().get_or_insert(key.clone());
            }
            values.insert(key, value);
        }
        Ok(Value::Object(values))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_tree_is_what_serde_json_makes_of_the_text() {
        let text = r#"{"a": [1, -2, 3.5, "x", null, true, {"b": {}}], "é\n": "é"}"#;
        let tree = Tree::read(text, MEMORY_LIMIT).unwrap();
        assert_eq!(tree.value, serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(tree.duplicate_key, None);
    }

    #[test]
    fn a_duplicate_key_is_found_at_the_top_however_it_is_escaped() {
        for (text, duplicate) in [
            (r#"{"mode":"plan","mode":"reconcile"}"#, Some("mode")),
            (r#"{"mode":"plan","mod\u0065":"reconcile"}"#, Some("mode")),
            (r#"{"mode":"plan","bindings":["a"],"mode":"plan"}"#, Some("mode")),
            (r#"[{"a":1},{"mode":1,"mode":2}]"#, Some("mode")),
            (r#"{"a":{"x":1,"x":2}}"#, None),
            (r#"[{"a":1},{"a":1}]"#, None),
        ] {
            let tree = Tree::read(text, MEMORY_LIMIT).unwrap();
            assert_eq!(tree.duplicate_key.as_deref(), duplicate, "{text}");
        }
    }

    #[test]
    fn text_that_is_not_json_to_its_end_is_refused() {
        for text in ["", " \n", "{", "{} {}", "{}x", "plan", "\u{feff}{}", "[1e999]"] {
            assert!(Tree::read(text, MEMORY_LIMIT).is_err(), "{text:?}");
        }
        let deep = "[".repeat(100_000);
        assert!(Tree::read(&deep, MEMORY_LIMIT).unwrap_err().contains("recursion"));
    }

    #[test]
    fn a_tree_that_would_be_too_large_is_refused_before_it_is_built() {
        for text in [
            format!("[{}0]", "0,".repeat(3_000_000)),
            format!("[{}0]", r#"{"":0},"#.repeat(800_000)),
            format!(
                "{{{}\"\":0}}",
                (0..700_000).map(|n| format!("\"{n}\":0,")).collect::<String>()
            ),
            format!("[{}0]", "[[]],".repeat(1_000_000)),
        ] {
            let error = Tree::read(&text, MEMORY_LIMIT).unwrap_err();
            assert!(error.contains("64 MB"), "{error}");
        }
    }

    #[test]
    fn the_largest_batch_of_a_queue_is_read() {
        let record = format!(
            "{{\"messageId\":\"19dd0b57-b21e-4ac1-bd88-01bbb068cb78\",\"receiptHandle\":\"{}\",\
             \"body\":\"{}\",\"attributes\":{{\"ApproximateReceiveCount\":\"1\",\
             \"SentTimestamp\":\"1545082649183\",\"SenderId\":\"AIDAIENQZJOLO23YVJ4VO\",\
             \"ApproximateFirstReceiveTimestamp\":\"1545082649185\"}},\"messageAttributes\":{{}},\
             \"md5OfBody\":\"e4e68fb7bd0e697a0ae8f1bb342846b3\",\"eventSource\":\"aws:sqs\",\
             \"eventSourceARN\":\"arn:aws:sqs:eu-west-1:111122223333:q\",\
             \"awsRegion\":\"eu-west-1\"}}",
            "x".repeat(180),
            "y".repeat(60)
        );
        let records = 6_000_000 / (record.len() + 1);
        let text = format!(r#"{{"Records":[{}]}}"#, vec![record; records].join(","));
        assert!(records > 8000 && Tree::read(&text, MEMORY_LIMIT).is_ok(), "{records}");
    }
}
