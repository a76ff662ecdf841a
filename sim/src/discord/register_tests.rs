//! What Discord takes of commands that are registered.

use serde_json::json;

use super::super::command;
use super::*;

fn wrong(commands: &Value) -> Value {
    let mut form = Form::default();
    read(&mut form, commands.as_array().unwrap());
    form.check().err().and_then(|refusal| refusal.errors).unwrap_or_default()
}

fn code(errors: &Value, place: &str) -> String {
    let code = errors.pointer(&format!("{place}/_errors/0/code"));
    code.and_then(Value::as_str).unwrap_or("none").to_owned()
}

fn with_options(options: &Value) -> Value {
    json!([{"name": "watch", "description": "d", "options": options}])
}

#[test]
fn names_are_small_letters_digits_and_a_few_marks() {
    for name in ["watch", "wat-ch_1", "größe", "見る", "กด"] {
        let errors = wrong(&json!([{"name": name, "description": "d"}]));
        assert_eq!(errors, Value::Null, "{name}");
    }
    for name in ["Watch", "a b", "a.b", "😀"] {
        let errors = wrong(&json!([{"name": name, "description": "d"}]));
        assert_eq!(code(&errors, "/0/name"), "APPLICATION_COMMAND_INVALID_NAME", "{name}");
    }
    let long = wrong(&json!([{"name": "x".repeat(33), "description": "d"}]));
    assert_eq!(code(&long, "/0/name"), "BASE_TYPE_BAD_LENGTH");
    assert_eq!(wrong(&json!([{"name": "Watch This", "type": 3}])), Value::Null);
}

#[test]
fn a_typed_command_needs_a_description_and_one_in_a_menu_has_none() {
    assert_eq!(code(&wrong(&json!([{"name": "a"}])), "/0/description"), "BASE_TYPE_REQUIRED");
    let long = wrong(&json!([{"name": "a", "description": "d".repeat(101)}]));
    assert_eq!(code(&long, "/0/description"), "BASE_TYPE_BAD_LENGTH");
    let menu = wrong(&json!([{"name": "a", "type": 3, "description": "d"}]));
    assert_eq!(code(&menu, "/0/description"), "BASE_TYPE_MAX_LENGTH");
    let twice =
        wrong(&json!([{"name": "a", "description": "d"}, {"name": "a", "description": "d"}]));
    assert_eq!(code(&twice, "/1/name"), "APPLICATION_COMMANDS_DUPLICATE_NAME");
    assert_eq!(
        wrong(&json!([{"name": "a", "description": "d"}, {"name": "a", "type": 3}])),
        Value::Null
    );
}

#[test]
fn what_is_required_stands_before_what_is_not() {
    let option = |name: &str, required: bool| json!({"type": 3, "name": name, "description": "d", "required": required});
    assert_eq!(wrong(&with_options(&json!([option("a", true), option("b", false)]))), Value::Null);
    let errors = wrong(&with_options(&json!([option("a", false), option("b", true)])));
    assert_eq!(code(&errors, "/0/options/1"), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID");
    let many: Vec<Value> = (0..26).map(|n| option(&format!("o{n}"), false)).collect();
    assert_eq!(code(&wrong(&with_options(&json!(many))), "/0/options"), "BASE_TYPE_MAX_LENGTH");
}

#[test]
fn choices_fit_their_option_and_exclude_suggestions() {
    let option = |fields: Value| {
        let mut option = json!({"type": 4, "name": "n", "description": "d"});
        option.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        with_options(&json!([option]))
    };
    let choice = json!([{"name": "one", "value": 1}]);
    assert_eq!(wrong(&option(json!({"choices": choice}))), Value::Null);
    let errors = wrong(&option(json!({"choices": [{"name": "one", "value": "1"}]})));
    assert_eq!(code(&errors, "/0/options/0/choices/0/value"), "UNION_TYPE_CHOICES");
    let both = wrong(&option(json!({"choices": choice, "autocomplete": true})));
    assert_eq!(code(&both, "/0/options/0"), "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID");
    let many: Vec<Value> = (0..26).map(|n| json!({"name": "x", "value": n})).collect();
    let errors = wrong(&option(json!({"choices": many})));
    assert_eq!(code(&errors, "/0/options/0/choices"), "BASE_TYPE_MAX_LENGTH");
}

#[test]
fn groups_hold_subcommands_and_these_hold_options() {
    let sub =
        |options: Value| json!({"type": 1, "name": "s", "description": "d", "options": options});
    let group =
        |options: Value| json!({"type": 2, "name": "g", "description": "d", "options": options});
    let text = json!({"type": 3, "name": "t", "description": "d"});
    assert_eq!(wrong(&with_options(&json!([group(json!([sub(json!([text]))]))]))), Value::Null);
    let errors = wrong(&with_options(&json!([group(json!([group(json!([]))]))])));
    assert_eq!(
        code(&errors, "/0/options/0/options/0/type"),
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"
    );
    let mixed = wrong(&with_options(&json!([sub(json!([])), text])));
    assert_eq!(code(&mixed, "/0/options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID");
}

#[test]
fn a_command_is_written_as_it_was_read() {
    let written = json!([{"name": "watch", "description": "d", "default_member_permissions": "32", "contexts": [0],
        "options": [{"type": 3, "name": "video", "description": "d", "required": true, "autocomplete": true, "max_length": 200},
                    {"type": 4, "name": "n", "description": "d", "min_value": 1, "choices": [{"name": "one", "value": 1}]}]}]);
    let mut form = Form::default();
    let commands = read(&mut form, written.as_array().unwrap());
    form.check().unwrap();
    let json = command::json(&commands[0], 7);
    for (name, value) in written[0].as_object().unwrap() {
        assert_eq!(&json[name], value, "{name}");
    }
    assert_eq!((&json["application_id"], &json["dm_permission"]), (&json!("7"), &json!(false)));
}
