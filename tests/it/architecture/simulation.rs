//! The simulation is the outside world: it knows nothing of the program that is tried on it.

use super::{code, files_in, root};

/// The crates that a manifest names, also under other names.
fn dependencies(manifest: &str) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let tables = manifest.iter().filter(|(name, _)| name.ends_with("dependencies"));
    let crates = tables.flat_map(|(_, table)| table.as_table().unwrap());
    let renamed = |(name, what): (&String, &toml::Value)| {
        let package = what.get("package").and_then(toml::Value::as_str);
        package.unwrap_or(name).to_owned()
    };
    crates.map(renamed).collect()
}

/// Whether code names something of the program.
fn names_the_program(text: &str) -> bool {
    code(text).contains("tubebell::")
}

#[test]
fn the_simulation_knows_nothing_of_the_program() {
    let manifest = std::fs::read_to_string(root().join("sim/Cargo.toml")).unwrap();
    let dependencies = dependencies(&manifest);
    assert!(dependencies.iter().any(|name| name == "axum"), "{dependencies:?}");
    assert!(!dependencies.iter().any(|name| name == "tubebell"), "{dependencies:?}");
    for (path, text) in files_in("sim/src", ".rs") {
        assert!(!names_the_program(&text), "sim/src/{path} names something of the program");
    }
}

#[test]
fn a_use_of_the_program_is_seen() {
    let manifest = "[dependencies]\na = \"1\"\n[dev-dependencies]\nb = { package = \"tubebell\", path = \"..\" }\n";
    assert_eq!(dependencies(manifest), ["a", "tubebell"]);
    assert!(names_the_program("use tubebell::model::VideoId;"));
    assert!(!names_the_program("// As tubebell::model has it.\nuse tubebell_sim::World;"));
}
