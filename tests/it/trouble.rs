//! A machine that does not play along: a taken port, files that are no database, settings that contradict
//! themselves. Each is said in one line. What goes wrong under a running server is in `disk`.

use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use crate::support::server::command;

/// The one line on standard error of a server that did not start.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("mazad: ")).collect();
    assert_eq!(lines.len(), 1, "one line for people: {text}");
    assert!(!output.status.success(), "a server that cannot start exits non-zero");
    lines[0].to_owned()
}

fn refused(dir: &Path, env: &[(&str, &str)]) -> String {
    complaint(&command(dir).arg("serve").envs(env.iter().copied()).output().unwrap())
}

#[test]
fn a_taken_port_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = refused(dir.path(), &[("MAZAD__HTTP__ADDRESS", &address)]);
    assert!(line.contains(&address), "{line}");
    assert!(!dir.path().join("mazad.sqlite").exists(), "the database is not touched by a server that cannot serve");
}

#[test]
fn a_file_that_is_no_database_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mazad.sqlite");
    std::fs::write(&file, b"my holiday photographs, all of them, in one file").unwrap();
    let line = refused(dir.path(), &[]);
    assert!(line.contains("mazad.sqlite"), "{line}");
    assert_eq!(std::fs::read(&file).unwrap(), b"my holiday photographs, all of them, in one file");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), b"").unwrap();
    let url = format!("sqlite://{}/file/below/mazad.sqlite", dir.path().display());
    let line = refused(dir.path(), &[("MAZAD__DATABASE__URL", &url)]);
    assert!(line.contains("file/below"), "{line}");
}

#[test]
fn settings_that_contradict_themselves_are_all_named_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let env = [
        ("MAZAD__ENVIRONMENT", "production"),
        ("MAZAD__DATABASE__URL", "oracle://x"),
        ("MAZAD__DATABASE__READERS", "0"),
    ];
    let output = command(dir.path()).arg("serve").envs(env).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    for fault in ["sms.driver", "email.driver", "push.driver", "database.url", "database.readers"] {
        assert!(text.contains(fault), "{text}");
    }
}

#[test]
fn an_unknown_setting_in_the_environment_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let output = command(dir.path()).arg("serve").env("MAZAD__HTTP__ADRESS", "127.0.0.1:0").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains("adress"), "{text}");
}

#[test]
fn values_that_cannot_be_read_are_told_with_those_that_contradict_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mazad.toml");
    std::fs::write(&file, "[http]\nworkers = \"many\"\n[log]\nformat = \"prose\"\n").unwrap();
    let env = [("MAZAD__ENVIRONMENT", "production"), ("MAZAD__METRICS__TOKEN", "hunter2"), ("JWT_TTL", "a day")];
    for verb in ["serve", "config"] {
        let mut run = command(dir.path());
        run.env_remove("MAZAD__HTTP__WORKERS").arg(verb).arg("--config").arg(&file).envs(env);
        let text = String::from_utf8_lossy(&run.output().unwrap().stderr).into_owned();
        let faults = text.lines().filter(|line| line.starts_with("  - ")).count();
        assert_eq!(faults, 7, "{verb}: {text}");
        for words in [
            ["http.workers", "\"many\"", "mazad.toml"],
            ["log.format", "\"prose\"", "`json`"],
            ["auth.access_minutes", "\"a day\"", "JWT_TTL"],
            ["metrics.token", "\"***\"", "MAZAD__METRICS__TOKEN"],
            ["sms.driver", "\"log\"", "the default"],
        ] {
            assert!(text.lines().any(|line| words.iter().all(|word| line.contains(word))), "{words:?}: {text}");
        }
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn the_settings_in_force_are_shown_without_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let env = [("SMS_API_KEY", "hunter2"), ("WEBSOCKET_HOST", "ws.example"), ("JWT_TTL", "30")];
    let output = command(dir.path()).arg("config").envs(env).output().unwrap();
    let (shown, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    let has = |words: [&str; 2]| shown.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(has(["access_minutes = \"30\"", "# JWT_TTL"]) && has(["api_key = \"***\"", "# SMS_API_KEY"]), "{shown}");
    assert!(has(["user_bytes = 300000000", "# the default"]), "{shown}");
    assert!(!shown.contains("hunter2") && told.contains("WEBSOCKET_HOST"), "{shown}{told}");
}
