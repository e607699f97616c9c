/*!
`mailtap schema`: the JSON Schema (2020-12) of the document and of the lines, generated from the types of
[`super::record`].
*/

use super::compare::Record;
use super::explain::Record as Explained;
use super::record::{Document, Line};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;

/// The output of mailtap: the document of `--format json`, one line of `--format ndjson`, or that of
/// `mailtap compare --format json` or `mailtap explain --format json`.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, clippy::large_enum_variant)] // Used only to generate the schema.
enum Output<'a> {
    Document(Document<'a>),
    Line(Line<'a>),
    Comparison(Record<'a>),
    Explanation(Explained<'a>),
}

/// The schema, pretty-printed, with a line end.
pub fn schema() -> String {
    format!("{:#}\n", generated().as_value())
}

/// The tables of `--format csv` and their columns, as Markdown: the second half of `docs/tables.md`.
pub fn tables() -> String {
    super::columns::page(super::Lang::En)
}

fn generated() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(RecursiveTransform(never_null))
        .into_generator()
        .into_root_schema_for::<Output<'static>>()
}

/// Removes `null`: the generator allows it for every `Option`, but a field of the JSON is absent instead.
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

#[cfg(test)]
mod tests {
    use super::{generated, schema};
    use crate::view::json::{Json, NdJson};
    use crate::view::record::Options;
    use crate::view::testing::{everything, lab_pop3, lab_smtp, report};
    use crate::view::{Lang, View};
    use serde_json::Value;

    /// The schema, changed so that a field that it does not name is an error.
    fn strict() -> jsonschema::Validator {
        let mut schema = generated().to_value();
        close(&mut schema);
        jsonschema::draft202012::new(&schema).expect("a valid schema")
    }

    fn close(schema: &mut Value) {
        match schema {
            Value::Object(object) => {
                for (key, value) in object.iter_mut() {
                    match (key.as_str(), value) {
                        // A definition is closed where it is referred to: a `$ref` may have a `type` beside it.
                        ("$defs", Value::Object(definitions)) => definitions.values_mut().for_each(|definition| {
                            close(definition);
                            definition.as_object_mut().unwrap().remove("unevaluatedProperties");
                        }),
                        (_, value) => close(value),
                    }
                }
                if object.contains_key("properties") || object.contains_key("$ref") {
                    object.insert("unevaluatedProperties".to_owned(), false.into());
                }
            }
            Value::Array(list) => list.iter_mut().for_each(close),
            _ => {}
        }
    }

    fn written(mut view: impl View) {
        let sessions = [lab_smtp(), lab_pop3(), everything()];
        let report = report(&sessions);
        sessions.into_iter().try_for_each(|session| view.session(session)).unwrap();
        view.finish(&report).unwrap();
    }

    fn check(validator: &jsonschema::Validator, json: &Value) {
        let errors: Vec<String> =
            validator.iter_errors(json).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{json:#}");
        assert!(!json.to_string().contains("null"), "{json:#}");
    }

    #[test]
    fn document_and_lines_are_as_the_schema_says() {
        let validator = strict();
        for lang in [Lang::En, Lang::Zh] {
            let options = Options { lang, ..Options::default() };
            let (mut document, mut lines) = (Vec::new(), Vec::new());
            written(Json::new(&mut document, options));
            written(NdJson::new(&mut lines, options));
            check(&validator, &serde_json::from_slice(&document).unwrap());
            let lines: Vec<Value> = lines
                .split(|&byte| byte == b'\n')
                .filter(|line| !line.is_empty())
                .map(|line| serde_json::from_slice(line).unwrap())
                .collect();
            assert_eq!(lines.len(), 4);
            lines.iter().for_each(|line| check(&validator, line));
        }
    }

    #[test]
    fn a_document_that_breaks_the_contract_is_invalid() {
        let validator = strict();
        let mut document = Vec::new();
        written(Json::new(&mut document, Options::default()));
        let whole: Value = serde_json::from_slice(&document).unwrap();
        let broken = |break_it: &dyn Fn(&mut Value)| {
            let mut document = whole.clone();
            break_it(&mut document);
            !validator.is_valid(&document)
        };
        assert!(!broken(&|_| ()));
        assert!(broken(&|document| document["version"] = 2.into()));
        assert!(broken(&|document| document["sessions"][0]["banner"] = Value::Null));
        assert!(broken(&|document| document["sessions"][0]["steps"][0]["kind"] = "hello".into()));
        assert!(broken(&|document| document["sessions"][0]["steps"][0]["packets"][0] = "4".into()));
        assert!(broken(&|document| _ = document["sessions"][0].as_object_mut().unwrap().remove("transport")));
        assert!(
            broken(&|document| document["sessions"][0]["messages"][0]["mime"]["parts"][0]["colour"] = "red".into())
        );
    }

    #[test]
    fn fields_are_described() {
        let text = schema();
        assert!(text.contains("https://json-schema.org/draft/2020-12/schema"));
        assert!(text.contains("Numbers of the packets that carry it"));
        assert!(!text.contains("null"), "{text}");
    }
}
