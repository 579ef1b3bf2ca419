//! The house rules that grep can keep. Needs only `std`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// Which layers each layer may name, besides `std` and itself (ARCHITECTURE.md, "Layers").
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &["limits"]),
    ("persistence", &["domain", "limits", "clock", "mint"]),
    ("wire", &["domain", "limits"]),
    ("drivers", &["domain", "limits", "clock", "config", "high_water"]),
    ("actors", &["domain", "limits", "clock", "persistence", "wire", "drivers", "mint", "high_water", "trace"]),
    (
        "flows",
        &["domain", "limits", "clock", "persistence", "wire", "drivers", "actors", "mint", "config", "high_water"],
    ),
    (
        "http",
        &[
            "domain",
            "limits",
            "clock",
            "persistence",
            "wire",
            "actors",
            "flows",
            "mint",
            "config",
            "telemetry",
            "app",
            "high_water",
            "trace",
        ],
    ),
];

fn files(dir: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    files(&root.join("src"), "rs", &mut found);
    found.sort();
    found
        .into_iter()
        .map(|p| (p.strip_prefix(root).unwrap().display().to_string(), fs::read_to_string(&p).unwrap()))
        .collect()
}

/// Every line of every source with its place, tests inside the file included.
fn offenders(mut is_bad: impl FnMut(&str, &str) -> Option<String>) -> Vec<String> {
    let mut bad = Vec::new();
    for (path, text) in sources() {
        for (at, line) in text.lines().enumerate() {
            if let Some(why) = is_bad(&path, line) {
                bad.push(format!("{path}:{}: {why}: {}", at + 1, line.trim()));
            }
        }
    }
    bad
}

fn assert_none(bad: &[String]) {
    assert!(bad.is_empty(), "\n{}\n", bad.join("\n"));
}

#[test]
fn layers_import_only_what_lies_below_them() {
    let bad = offenders(|path, line| {
        let layer = path.strip_prefix("src/")?.split(['/', '.']).next()?;
        let (_, allowed) = LAYERS.iter().find(|(name, _)| *name == layer)?;
        if path.ends_with("/tests.rs") {
            return None; // Tests may stand on anything.
        }
        let rest = line.split("crate::").nth(1)?;
        let target = rest.split([':', ';', ' ', '(', ')', '<', '>', ',']).next()?;
        if line.trim_start().starts_with("//") || target == layer || allowed.contains(&target) {
            return None;
        }
        Some(format!("{layer} may not name {target}"))
    });
    assert_none(&bad);
}

#[test]
fn one_path_per_use_so_a_breach_has_a_line() {
    assert_none(&offenders(|_, line| line.contains("use crate::{").then(|| "grouped use of crate".to_owned())));
    assert_none(&offenders(|_, line| line.contains("super::super").then(|| "name the path from crate".to_owned())));
}

#[test]
fn every_file_says_what_it_is() {
    let bad: Vec<_> =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect();
    assert_none(&bad);
}

#[test]
fn the_time_is_read_in_one_place() {
    let bad = offenders(|path, line| {
        let reads = ["SystemTime::now", "Utc::now", "Local::now"].iter().any(|call| line.contains(call));
        (reads && path != "src/clock.rs").then(|| "reads the clock".to_owned())
    });
    assert_none(&bad);
}

#[test]
fn the_core_knows_no_floats_and_no_world() {
    let bad = offenders(|path, line| {
        let code = line.split("//").next()?;
        let words = ["f32", "f64", "async ", "serde", "tokio", "actix", "sqlx", "tracing::", "rand::"];
        let word = words.iter().find(|word| code.contains(**word))?;
        path.starts_with("src/domain/").then(|| format!("the domain names {}", word.trim()))
    });
    assert_none(&bad);
}

#[test]
fn sql_lives_in_persistence_alone() {
    let bad = offenders(|path, line| {
        let sql =
            ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM"].iter().any(|verb| line.contains(&format!("\"{verb}")));
        (sql && !path.starts_with("src/persistence/")).then(|| "SQL outside persistence".to_owned())
    });
    assert_none(&bad);
}

#[test]
fn one_module_names_the_deprecated_crate() {
    let mut naming: Vec<_> =
        sources().into_iter().filter(|(_, text)| text.contains("actix_web_actors")).map(|(path, _)| path).collect();
    naming.dedup();
    assert!(naming.len() <= 1, "{naming:?}");
}

#[test]
fn nobody_is_called_by_way_of_a_proxy() {
    let calls = sources().into_iter().flat_map(|(path, text)| {
        let builders =
            text.split("Client::builder()").skip(1).map(|rest| rest.split(".build()").next().unwrap().to_owned());
        builders.map(|options| (path.clone(), options)).collect::<Vec<_>>()
    });
    let bad: Vec<_> = calls.filter(|(_, options)| !options.contains(".no_proxy()")).collect();
    assert!(bad.is_empty(), "what the environment names would see every call: {bad:?}");
}

#[test]
fn a_panic_unwinds_so_that_actors_can_report_their_death() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    assert!(manifest.contains("panic = \"unwind\"") && !manifest.contains("panic = \"abort\""));
}

#[test]
fn nothing_is_left_to_do() {
    let words = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["unimpl", "emented!"].concat()];
    assert_none(&offenders(|_, line| words.iter().any(|word| line.contains(word)).then(|| "unfinished".to_owned())));
}

/// In the document a schema goes by its type's name alone: of two with one name the later takes the other's place.
#[test]
fn every_schema_has_a_name_of_its_own() {
    let (mut known, mut derived) = (std::collections::BTreeSet::new(), false);
    let bad = offenders(|_, line| {
        derived |= line.starts_with("#[derive(") && line.contains("ToSchema");
        let mut words = line.split(|letter: char| !letter.is_alphanumeric());
        if !derived || line.starts_with('#') || !words.any(|word| word == "struct" || word == "enum") {
            return None;
        }
        derived = false;
        let name = words.next()?.to_owned();
        (!known.insert(name)).then(|| "another schema has this name".to_owned())
    });
    assert!(known.len() > 100, "{known:?}");
    assert_none(&bad);
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |dialect: &str| {
        let mut found = Vec::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(dialect), "sql", &mut found);
        let mut names: Vec<_> = found.iter().map(|p| p.file_name().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("mysql"));
}
