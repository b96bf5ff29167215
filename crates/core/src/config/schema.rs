//! The JSON Schema of a configuration, for editors.

use serde_json::{Map, Value, json};

use super::keys::{Key, Kind, Table};

/// The JSON Schema of a configuration, in TOML and in JSON. It describes the form of each value;
/// what depends on other values, such as a name that two bindings have, only `writerlink check`
/// sees. Its dialect is draft 7, which the editors' TOML extensions know.
pub fn schema() -> Value {
    let mut schema = table(Table::Top);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("Writerlink's configuration");
    // What discovery needs, and where `allow` can be.
    let own = json!({"properties": {"binding": {"items": {"required": ["allow"]}}}});
    schema["anyOf"] = json!([{"required": ["allow"]}, own]);
    schema["allOf"] = json!([
        {"anyOf": [
            {"required": ["discover"]},
            {"required": ["binding"], "properties": {"binding": {"minItems": 1}}},
        ]},
        {"if": {"required": ["discover"]}, "then": {"required": ["allow"]}},
    ]);
    schema
}

fn table(table: Table) -> Value {
    let written = table.keys();
    let properties: Map<String, Value> =
        written.map(|key| (key.name.to_owned(), property(key))).collect();
    let mut schema = json!({
        "type": "object", "properties": properties, "additionalProperties": false,
    });
    let required: Vec<_> = table.keys().filter(|key| key.required).map(|key| key.name).collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = match key.kind {
        Kind::Text(pattern) => json!({"type": "string", "pattern": pattern}),
        Kind::Texts(pattern) => {
            let mut list = json!({
                "type": "array", "items": {"type": "string", "pattern": pattern},
            });
            if key.table != Table::Dns {
                list["minItems"] = json!(1);
            }
            list
        }
        Kind::Number { least, most, .. } => {
            let mut number = json!({"type": "integer", "minimum": least});
            if let Some(most) = most {
                number["maximum"] = json!(most);
            }
            number
        }
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Word(words) => {
            let words: Vec<Value> = words.iter().map(|(word, _)| json!(word)).collect();
            json!({"type": "string", "enum": words})
        }
        Kind::OneTable(inner) => table(inner),
        Kind::Tables(inner) => json!({"type": "array", "items": table(inner)}),
    };
    schema["description"] = json!(description(key));
    for (name, written) in [("default", key.default), ("examples", key.example)] {
        // A default in words is no value.
        if let Ok(value) = serde_json::from_str::<Value>(written) {
            schema[name] = if name == "examples" { json!([value]) } else { value };
        }
    }
    if key.takes_null() {
        schema["type"] = json!([schema["type"].clone(), "null"]);
        if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            words.push(Value::Null);
        }
    }
    schema
}

/// What a person reads beside the key in an editor: no Markdown of links, and the unit.
fn description(key: &Key) -> String {
    let mut text = plain(key.says);
    if let Kind::Number { unit, .. } = key.kind
        && !unit.is_empty()
    {
        text.push_str(&format!(" In {unit}."));
    }
    if let Kind::Word(words) = key.kind {
        for (word, says) in words {
            text.push_str(&format!(" \"{word}\": {says}."));
        }
    }
    let is_value = serde_json::from_str::<Value>(key.default).is_ok();
    if !key.default.is_empty() && !is_value {
        text.push_str(&format!(" Default: {}.", key.default));
    }
    text
}

/// The text without the targets of its links.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once("](") {
        out.push_str(&before.replacen('[', "docs/", 1));
        rest = link.split_once(')').map_or("", |(_, after)| after);
    }
    out + rest
}
