//! The schema is one in two dialects, and every statement fits it.

use std::collections::BTreeMap;
use std::path::Path;

use mazad::persistence::migrate::STEPS;
use mazad::persistence::{Db, every_statement, group};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};

use crate::store::{mariadb, sqlite};

/// Columns, and constraints apart from them, of every table in a text.
fn tables(sql: &str) -> BTreeMap<String, (Vec<String>, Vec<String>)> {
    let code: String = sql.lines().map(|line| line.split("--").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let mut tables: BTreeMap<String, (Vec<String>, Vec<String>)> = BTreeMap::new();
    for statement in code.split(';').map(str::trim) {
        if let Some(rest) = statement.strip_prefix("CREATE TABLE ") {
            let (name, body) = rest.split_once('(').unwrap();
            let body = &body[..body.rfind("\n)").unwrap()];
            let mut columns = Vec::new();
            let mut constraints = Vec::new();
            for line in body.lines().map(|line| line.trim().trim_end_matches(',')).filter(|line| !line.is_empty()) {
                let words: Vec<&str> = line.split_whitespace().collect();
                if ["PRIMARY", "CONSTRAINT", "FOREIGN", "FULLTEXT"].contains(&words[0]) {
                    constraints.push(line.to_owned());
                } else if line.ends_with("INTEGER PRIMARY KEY") {
                    columns.push(format!("{} number NOT NULL", words[0]));
                    constraints.push(format!("PRIMARY KEY ({})", words[0]));
                } else {
                    columns.push(format!(
                        "{} {}{}",
                        words[0],
                        meaning(words[1]),
                        &line[words[0].len() + 1 + words[1].len()..]
                    ));
                }
            }
            constraints.sort();
            tables.insert(name.trim().to_owned(), (columns, constraints));
        } else if let Some(index) = statement.strip_prefix("CREATE INDEX ") {
            tables.entry("indexes".to_owned()).or_default().1.push(index.to_owned());
        }
    }
    tables
}

fn meaning(word: &str) -> &'static str {
    match word.split('(').next().unwrap() {
        "INTEGER" | "BIGINT" => "number",
        "TEXT" | "VARCHAR" | "LONGTEXT" => "text",
        "BLOB" | "BINARY" => "bytes",
        other => panic!("{other} is no type of this schema"),
    }
}

#[test]
fn both_dialects_have_the_same_tables_columns_and_keys() {
    let mut seen = 0;
    // The one table that is laid out differently: a file writes whole pages, a server has several writers.
    // And the full-text index: a table of its own there, an index of a table here.
    let (other, steps): (Vec<_>, Vec<_>) = STEPS.iter().partition(|step| ["arrival", "search"].contains(&step.name));
    assert_eq!(other.iter().map(|step| tables(step.mysql).len()).collect::<Vec<_>>(), [0, 1]);
    for step in steps {
        let (one, other) = (tables(step.sqlite), tables(step.mysql));
        assert_eq!(one, other, "{:04}_{}", step.number, step.name);
        seen += one.len();
    }
    assert!(seen > 18, "the parser found {seen}");
    let catalogue = STEPS.iter().find(|step| step.name == "catalogue").unwrap();
    assert_eq!(catalogue.sqlite, catalogue.mysql);
}

#[test]
fn tables_are_strict_here_and_binary_there() {
    for step in STEPS {
        let made = step.sqlite.matches("CREATE TABLE").count();
        assert_eq!(step.sqlite.matches(") STRICT").count(), made, "{}", step.name);
        let made = step.mysql.matches("CREATE TABLE").count();
        assert_eq!(step.mysql.matches("COLLATE utf8mb4_bin;").count(), made, "{}", step.name);
    }
}

#[test]
fn a_difference_between_the_dialects_would_be_seen() {
    let one = tables("CREATE TABLE a (\n    id INTEGER PRIMARY KEY,\n    b TEXT NOT NULL\n) STRICT;");
    for other in [
        "CREATE TABLE a (\n    id BIGINT NOT NULL,\n    b VARCHAR(9),\n    PRIMARY KEY (id)\n) ENGINE = InnoDB;",
        "CREATE TABLE a (\n    id BIGINT NOT NULL,\n    b BIGINT NOT NULL,\n    PRIMARY KEY (id)\n) ENGINE = InnoDB;",
        "CREATE TABLE a (\n    id BIGINT NOT NULL,\n    b VARCHAR(9) NOT NULL\n) ENGINE = InnoDB;",
    ] {
        assert_ne!(one, tables(other), "{other}");
    }
    let same = "CREATE TABLE a (\n    id BIGINT NOT NULL,\n    b VARCHAR(9) NOT NULL,\n    PRIMARY KEY (id)\n) ENGINE = InnoDB;";
    assert_eq!(one, tables(same));
}

#[tokio::test]
async fn every_statement_is_prepared() {
    let store = sqlite().await;
    let Db::Sqlite { w, .. } = &store.db else { panic!("a file") };
    let statements = every_statement();
    assert!(statements.len() > 25, "{}", statements.len());
    for (name, sql) in statements {
        let prepared = w.prepare(sql.sqlite.into_sql_str()).await;
        assert!(prepared.is_ok(), "{name}: {prepared:?}");
        for word in ["RETURNING", "ON CONFLICT", "->>", "IS NOT DISTINCT", "LAST_INSERT", "?1"] {
            assert!(!sql.mysql.contains(word), "{name} has {word}, which MySQL does not understand");
        }
    }
    let server = mariadb().await;
    let Db::MySql { pool, .. } = &server.db else { panic!("a server") };
    let mut connection = pool.acquire().await.unwrap();
    for (name, sql) in every_statement() {
        if !sql.mysql.starts_with("PRAGMA") {
            let prepared = connection.prepare(sql.mysql.into_sql_str()).await;
            assert!(prepared.is_ok(), "{name}: {prepared:?}");
        }
    }
    for text in group::insert_texts() {
        assert!(w.prepare(AssertSqlSafe(text).into_sql_str()).await.is_ok());
    }
}

#[test]
fn every_file_with_statements_is_listed() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/persistence"));
    let module = std::fs::read_to_string(folder.join("mod.rs")).unwrap();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        if name != "mod" && text.contains("statements! {") {
            assert!(module.contains(&format!("{name}::STATEMENTS")), "{name} is not in every_statement()");
        }
    }
}
