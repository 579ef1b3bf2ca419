//! The verbs of whoever works at the machine: the real program on a database of its own.

use std::io::Write as _;
use std::process::Output;
use std::process::Stdio;

use mazad::persistence::Db;
use mazad::persistence::StoreOptions;
use mazad::persistence::audit;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::support::server;
use crate::support::server::Server;
use crate::support::store::behind;
use crate::support::store::database_url;

fn run(dir: &TempDir, arguments: &[&str], input: &str) -> Output {
    let mut command = server::command(dir.path());
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[actix_web::test]
async fn the_first_administrator_signs_in_and_the_log_knows() {
    let dir = tempfile::tempdir().unwrap();
    let create = ["admin", "create", "--phone", "٠٥٠ ٩٩٩ ٩٩٩٩", "--name", "Mona"];
    for (input, wrong) in [("", "no password"), ("short\n", "at least 8 characters")] {
        let refused = run(&dir, &create, input);
        assert!(!refused.status.success() && said(&refused).contains(wrong), "{}", said(&refused));
    }
    let made = run(&dir, &create, "a long password\r\n");
    assert!(made.status.success(), "{}", said(&made));
    let twice = run(&dir, &create, "a long password\n");
    assert!(!twice.status.success() && said(&twice).contains("has an account"), "{}", said(&twice));

    let server = Server::start(dir.path(), &[("LOG_FORMAT", "json")]);
    let client = reqwest::Client::new();
    let body = json!({"phone": "0509999999", "password": "a long password"});
    let entered = client.post(format!("{}/api/v1/auth/login", server.url)).json(&body).send().await.unwrap();
    let entered: Value = entered.json().await.unwrap();
    let list = client.get(format!("{}/api/v1/users?type=admin", server.url));
    let list: Value =
        list.bearer_auth(entered["access_token"].as_str().unwrap()).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&list["data"][0]["name"], &list["data"][0]["phone"]),
        (&json!("Mona"), &json!("+966509999999")),
        "{entered}"
    );

    let whole = run(&dir, &["audit-log", "verify"], "");
    assert!(whole.status.success() && said(&whole).contains("whole: 1 entries"), "{}", said(&whole));
    let ends = |log: &str| {
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let lines = lines.filter(|line| line["message"] == "the audit log ends here");
        lines.map(|line| line["audit.hash"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let log = || std::fs::read_to_string(dir.path().join("server.log")).unwrap();
    assert!(ends(&log()).first().is_some_and(|hash| said(&whole).contains(hash)), "{}", log());
    // What is done while it runs stands there when it ends, at the latest.
    let id = list["data"][0]["id"].as_str().unwrap();
    let customer = json!({"name": "A", "phone": "0501111111", "password": "a long password", "type": "customer"});
    let customer = client.post(format!("{}/api/v1/auth/register", server.url)).json(&customer).send().await.unwrap();
    let customer = customer.json::<Value>().await.unwrap()["user_id"].as_str().unwrap().to_owned();
    let suspend = client.post(format!("{}/api/v1/users/{customer}/suspend", server.url));
    let suspend = suspend.bearer_auth(entered["access_token"].as_str().unwrap()).json(&json!({"reason": "fraud"}));
    assert_eq!(suspend.send().await.unwrap().status(), 200);
    server.end();
    let whole = run(&dir, &["audit-log", "verify"], "");
    assert!(said(&whole).contains("whole: 2 entries"), "{}", said(&whole));
    let told = ends(&log());
    assert!(told.len() == 2 && said(&whole).contains(&told[1]), "{told:?} {}", said(&whole));
    let db = Db::open(&StoreOptions { url: database_url(dir.path()), readers: 1 }).await.unwrap();
    assert_eq!(audit::list_of(&db, id).await.unwrap()[0].action, "admin_created");
    behind!(&db, pool => sqlx::query("UPDATE audit_log SET actor = 7").execute(pool).await.map(drop).unwrap());
    db.close().await;
    let damaged = run(&dir, &["audit-log", "verify"], "");
    assert!(!damaged.status.success() && said(&damaged).contains("entry 1"), "{}", said(&damaged));
}

#[test]
fn a_catalogue_is_imported_beside_our_own() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("makes.csv");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "kind,make_name,model_name\ncar,Toyota,Starlet\ncar,Lada,Niva\nbus,Lada,Big\n").unwrap();
    let done = run(&dir, &["catalog", "import", path, "--kinds", "car"], "");
    assert!(done.status.success(), "{}", said(&done));
    assert!(
        said(&done).contains("3 rows read") && said(&done).contains("1 brands and 2 models added"),
        "{}",
        said(&done)
    );
    std::fs::write(&file, "make_name,model_name\nToyota,\n").unwrap();
    let refused = run(&dir, &["catalog", "import", path], "");
    assert!(!refused.status.success() && said(&refused).contains("line 2, column model_name"), "{}", said(&refused));
    let missing = run(&dir, &["catalog", "import", "nowhere.csv"], "");
    assert!(!missing.status.success() && said(&missing).contains("nowhere.csv"), "{}", said(&missing));
}
