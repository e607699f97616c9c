/*!
`mailtap schema`: the JSON Schema (2020-12) of the document and of the lines, made from the types of [`super::record`].
*/

use super::record::{Document, Line};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;

/// What mailtap writes: the document of `--format json`, or one line of `--format ndjson`.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, clippy::large_enum_variant)] // Made for its schema alone.
enum Output<'a> {
    Document(Document<'a>),
    Line(Line<'a>),
}

/// The schema, pretty-printed, with a line end.
pub fn schema() -> String {
    format!("{:#}\n", generated().as_value())
}

fn generated() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(RecursiveTransform(never_null))
        .into_generator()
        .into_root_schema_for::<Output<'static>>()
}

/// A field that may be absent is an `Option` in the types, for which the generator allows `null`; the contract does not.
fn never_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            object.extend(only);
        }
    }
    if let Some(Value::Array(words)) = object.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
}
