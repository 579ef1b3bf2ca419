//! The same files in a real S3 service, over loopback.

use std::time::Duration;
use std::time::SystemTime;

use serde_json::json;

use crate::files::FILES;
use crate::files::fetch;
use crate::files::jpeg;
use crate::files::objects;
use crate::files::pdf;
use crate::files::text;
use crate::files::upload;
use crate::files::upload_picture;
use crate::support::app::TestApp;
use crate::support::s3::S3;

#[actix_web::test]
async fn files_live_and_die_in_a_bucket() {
    let s3 = S3::start().await;
    let app = TestApp::configured(|config| s3.configure(config)).await;
    let who = app.person("0501111111", "customer").await;
    let id = upload_picture(&app, &who).await;
    assert_eq!(objects(&s3.bucket()).len(), 2, "{:?}", objects(&s3.bucket()));
    let (status, headers, bytes) = fetch(&app, &who, &format!("{FILES}/{id}")).await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "image/jpeg"));
    assert_eq!(image::load_from_memory(&bytes).unwrap().width(), 64);
    let (status, _, small) = fetch(&app, &who, &format!("{FILES}/{id}/thumbnail")).await;
    assert!(status == 200 && image::load_from_memory(&small).is_ok());
    assert_eq!(app.delete(Some(&who.token), &format!("{FILES}/{id}")).await.status, 204);
    assert_eq!(objects(&s3.bucket()).len(), 0);

    let id = upload_picture(&app, &who).await;
    s3.stop();
    let refused = upload(&app, &who, "a.jpg", jpeg(8, 8)).await;
    assert_eq!((refused.status, refused.problem()), (503, "unavailable"));
    assert_eq!(app.get(Some(&who.token), &format!("{FILES}/{id}")).await.problem(), "unavailable");
    app.stop().await;
}

#[actix_web::test]
async fn an_upload_goes_straight_to_the_bucket_and_is_looked_at_there() {
    let s3 = S3::start().await;
    let app = TestApp::configured(|config| s3.configure(config)).await;
    let who = app.person("0501111111", "customer").await;
    let client = reqwest::Client::new();
    let put = async |url: &str, bytes: Vec<u8>| client.put(url).body(bytes).send().await.unwrap().status();
    let announce = async |bytes: usize| {
        let body = json!({"name": "a.jpg", "bytes": bytes});
        let made = app.post(Some(&who.token), &format!("{FILES}/presign"), &body).await.expect(201);
        (text(&made["id"]), text(&made["url"]))
    };
    let complete = async |id: &str| app.post(Some(&who.token), &format!("{FILES}/{id}/complete"), &json!({})).await;

    let bytes = jpeg(100, 50);
    let (id, url) = announce(bytes.len()).await;
    assert!(!url.starts_with(&app.url("")), "{url}");
    assert_eq!(complete(&id).await.problem(), "file_not_uploaded");
    let elsewhere = url.replace("/quarantine/", "/files/");
    assert!(put(&elsewhere, bytes.clone()).await.is_client_error(), "signed for quarantine alone");
    let (path, _) = url.split_once('?').unwrap();
    assert!(put(path, bytes.clone()).await.is_client_error(), "not signed");
    assert_eq!(objects(&s3.bucket()).len(), 0);
    assert!(put(&url, bytes.clone()).await.is_success());
    let made = complete(&id).await.expect(200);
    assert_eq!((&made["status"], &made["width"]), (&json!("ready"), &json!(100)));
    let (status, _, handed) = fetch(&app, &who, &text(&made["url"])).await;
    assert!(status == 200 && handed != bytes, "made anew");
    assert_eq!(objects(&s3.bucket()).len(), 2);

    // The address is good until it expires: what comes by it later is nobody's file and is swept.
    assert!(put(&url, b"x".repeat(bytes.len())).await.is_success());
    assert_eq!(fetch(&app, &who, &text(&made["url"])).await.2, handed, "the file stays what it is");
    let stray = objects(&s3.bucket()).into_iter().find(|path| path.to_string_lossy().contains("quarantine")).unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    std::fs::File::options().write(true).open(&stray).unwrap().set_modified(long_ago).unwrap();
    app.running.app.files.sweep().await.unwrap();
    assert!(!stray.exists());

    let hostile = b"<html><script>alert(1)</script>".to_vec();
    let (id, url) = announce(hostile.len()).await;
    assert!(put(&url, hostile).await.is_success());
    assert_eq!(complete(&id).await.problem(), "file_type_refused");
    assert_eq!(complete(&id).await.problem(), "unknown_file");
    let (id, url) = announce(bytes.len()).await;
    assert!(put(&url, [&*bytes, b"x"].concat()).await.is_success());
    assert_eq!(complete(&id).await.problem(), "file_too_large", "more than was announced");
    assert_eq!(objects(&s3.bucket()).len(), 2);
    app.stop().await;
}

#[actix_web::test]
async fn what_is_put_in_place_of_an_upload_while_it_is_looked_at_changes_nothing() {
    let s3 = S3::start().await;
    let app = TestApp::configured(|config| s3.configure(config)).await;
    let who = app.person("0501111111", "customer").await;
    let client = reqwest::Client::new();
    let picture = jpeg(600, 600);
    for _ in 0..8 {
        let body = json!({"name": "a.jpg", "bytes": picture.len()});
        let made = app.post(Some(&who.token), &format!("{FILES}/presign"), &body).await.expect(201);
        let (id, url) = (text(&made["id"]), text(&made["url"]));
        let put = async |bytes: Vec<u8>| client.put(&url).body(bytes).send().await.unwrap();
        let complete = async || app.post(Some(&who.token), &format!("{FILES}/{id}/complete"), &json!({})).await;
        put(picture.clone()).await;
        tokio::join!(complete(), async {
            put(pdf()).await;
            complete().await;
        });
        let ready = complete().await.expect(200);
        let (_, headers, bytes) = fetch(&app, &who, &text(&ready["url"])).await;
        let is_pdf = bytes.starts_with(b"%PDF");
        assert_eq!(headers["content-type"] == "application/pdf", is_pdf, "of the kind that its bytes are");
        assert_eq!(ready["content_type"] == "application/pdf", is_pdf);
    }
    app.stop().await;
}
