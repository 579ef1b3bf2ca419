//! Letters and pushes, against servers that are not ours.

mod deeds;
mod letters;
mod pushes;

use std::path::PathBuf;

/// A script of `tests/outside`.
fn script(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/outside");
    assert!(
        folder.join("node_modules/smtp-server").exists(),
        "the servers are not installed: run `npm ci --prefix tests/outside`, which `make test` does"
    );
    folder.join(name)
}
