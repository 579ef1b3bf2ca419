//! Hostile uploads, made here: each is refused by its own code or comes back harmless.

use image::ImageFormat;

use crate::files::FILES;
use crate::files::fetch;
use crate::files::folder;
use crate::files::form;
use crate::files::jpeg;
use crate::files::objects;
use crate::files::packed;
use crate::files::pdf;
use crate::files::picture;
use crate::files::text;
use crate::files::upload;
use crate::support::app::TestApp;

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// A PNG of a few bytes whose head promises so many points.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = packed(&picture(1, 1), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

/// A PNG with a comment.
fn commented(comment: &[u8]) -> Vec<u8> {
    let bytes = packed(&picture(8, 8), ImageFormat::Png);
    let chunk = [b"tEXt", comment].concat();
    let length = u32::try_from(comment.len()).unwrap().to_be_bytes();
    [&bytes[..33], &length, &chunk, &crc32(&chunk).to_be_bytes(), &bytes[33..]].concat()
}

/// A photograph that says where it was taken, by what, and which side is up (6: turned by a quarter).
fn with_exif(jpeg: &[u8]) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend(3_u16.to_le_bytes());
    for (tag, kind, count, value) in [(0x010f_u16, 2_u16, 12_u32, 50_u32), (0x0112, 3, 1, 6), (0x8825, 4, 1, 62)] {
        tiff.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        tiff.extend([count.to_le_bytes(), value.to_le_bytes()].concat());
    }
    tiff.extend(0_u32.to_le_bytes());
    tiff.extend(b"SecretMaker\0");
    // The GPS directory: the reference to the north and the latitude.
    tiff.extend(2_u16.to_le_bytes());
    tiff.extend([&1_u16.to_le_bytes()[..], &2_u16.to_le_bytes(), &2_u32.to_le_bytes(), b"N\0\0\0"].concat());
    tiff.extend([&2_u16.to_le_bytes()[..], &5_u16.to_le_bytes(), &3_u32.to_le_bytes(), &92_u32.to_le_bytes()].concat());
    tiff.extend(0_u32.to_le_bytes());
    for part in [24_u32, 1, 42, 1, 49, 1] {
        tiff.extend(part.to_le_bytes());
    }
    let segment = [b"Exif\0\0", &*tiff].concat();
    let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &segment, &jpeg[2..]].concat()
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

#[actix_web::test]
async fn what_is_not_taken_is_refused_by_its_own_code_and_leaves_nothing() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    let (photo, drawing, document) = (jpeg(200, 100), packed(&picture(200, 100), ImageFormat::Png), pdf());
    let cut = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(), 415, "file_type_refused"),
        ("a.png", b"<?xml version='1.0'?><svg><script>alert(1)</script></svg>".to_vec(), 415, "file_type_refused"),
        ("a.jpg", b"<!doctype html><script>alert(1)</script>".to_vec(), 415, "file_type_refused"),
        ("a.jpg", b"\xef\xbb\xbf \r\n<html><body onload=alert(1)>".to_vec(), 415, "file_type_refused"),
        ("a.gif", b"GIF89a/*\x01\x00*/=1;alert(document.domain)//".to_vec(), 415, "file_type_refused"),
        ("a.png", b"PK\x03\x04\x14\0\0\0\0\0".to_vec(), 415, "file_type_refused"),
        ("a.pdf", b"\x7fELF\x02\x01\x01".to_vec(), 415, "file_type_refused"),
        ("a.pdf", b"MZ\x90\0%PDF-1.4".to_vec(), 415, "file_type_refused"),
        ("a.pdf", [b"<html>", &*document].concat(), 415, "file_type_refused"),
        ("a.jpg", Vec::new(), 415, "file_type_refused"),
        ("a.jpg", b"alert(1)".to_vec(), 415, "file_type_refused"),
        ("a.png", bomb(50_000, 50_000), 422, "image_too_large"),
        ("a.png", bomb(8_000, 5_001), 422, "image_too_large"),
        ("a.png", bomb(u32::MAX >> 1, 1), 422, "image_too_large"),
        ("a.png", bomb(2_000, 2_000), 422, "file_damaged"),
        ("a.png", cut(&drawing), 422, "file_damaged"),
        ("a.jpg", photo[..300].to_vec(), 422, "file_damaged"),
        ("a.png", [b"\x89PNG\r\n\x1a\n", &b"<script>alert(1)</script>".repeat(9)[..]].concat(), 422, "file_damaged"),
        ("a.pdf", cut(&document), 422, "file_damaged"),
        ("a.pdf", [&*document, b"PK\x03\x04\x14\0"].concat(), 422, "file_damaged"),
        ("a.pdf", [&*document, b"<script>alert(1)</script>"].concat(), 422, "file_damaged"),
        ("../../../etc/passwd", photo.clone(), 422, "file_name_refused"),
        ("..\\..\\windows\\system.ini", photo.clone(), 422, "file_name_refused"),
        ("/etc/cron.d/a.jpg", photo.clone(), 422, "file_name_refused"),
        (".htaccess", photo.clone(), 422, "file_name_refused"),
        ("gpj.\u{202e}exe.jpg", photo.clone(), 422, "file_name_refused"),
        ("", photo.clone(), 422, "file_name_refused"),
        ("a.pdf", b"%PDF-1.4".iter().copied().chain(vec![b'x'; 11 << 20]).collect(), 413, "file_too_large"),
    ];
    for (name, bytes, status, code) in cases {
        let size = bytes.len();
        let answer = upload(&app, &who, name, bytes).await;
        assert_eq!((answer.status, answer.problem()), (status, code), "{name}, {size} bytes");
    }
    let list = app.get(Some(&who.token), FILES).await.expect(200);
    assert_eq!((list["used_files"].as_i64(), list["used_bytes"].as_i64()), (Some(0), Some(0)), "{list}");
    assert_eq!(objects(&folder(&app)), Vec::<std::path::PathBuf>::new());
    let looks = upload(&app, &who, "a.gif", b"GIF89a".to_vec()).await;
    assert_eq!(looks.body["looks_like"], "gif");
    app.stop().await;
}

#[actix_web::test]
async fn a_form_is_one_file_and_nothing_else() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    let send = async |form| app.send(app.request(reqwest::Method::POST, Some(&who.token), FILES).multipart(form)).await;
    let twice = form("a.jpg", jpeg(8, 8)).text("note", "and this");
    assert_eq!(send(twice).await.fields(), ["note"]);
    assert_eq!(send(reqwest::multipart::Form::new().text("other", "x")).await.fields(), ["other"]);
    assert_eq!(send(reqwest::multipart::Form::new()).await.status / 100, 4);
    let plain = app.post(Some(&who.token), FILES, &serde_json::json!({"file": "x"})).await;
    assert_eq!((plain.status, plain.problem()), (415, "multipart_required"));
    app.stop().await;
}

#[actix_web::test]
async fn what_was_hidden_in_a_picture_does_not_come_back() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    let hidden = [&*with_exif(&jpeg(40, 20)), b"<script>alert(1)</script>PK\x03\x04"].concat();
    assert!(contains(&hidden, b"SecretMaker") && contains(&hidden, b"Exif"));
    let made = upload(&app, &who, "beach.jpg", hidden).await.expect(201);
    // Turned as it was held.
    assert_eq!((made["width"].as_i64(), made["height"].as_i64()), (Some(20), Some(40)), "{made}");
    let url = text(&made["url"]);
    for path in [url.clone(), format!("{url}/thumbnail")] {
        let (status, headers, bytes) = fetch(&app, &who, &path).await;
        assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "image/jpeg"));
        for word in [&b"Exif"[..], b"SecretMaker", b"<script>", b"PK\x03\x04"] {
            assert!(!contains(&bytes, word), "{path}: {}", String::from_utf8_lossy(word));
        }
        assert_eq!(image::load_from_memory(&bytes).unwrap().width(), 20);
    }
    let made = upload(&app, &who, "plan.png", commented(b"Comment\0GPS 24.42,49.1 <script>")).await.expect(201);
    let (_, _, bytes) = fetch(&app, &who, &text(&made["url"])).await;
    assert!(!contains(&bytes, b"GPS 24") && !contains(&bytes, b"tEXt"));
    app.stop().await;
}

#[actix_web::test]
async fn a_file_is_an_attachment_in_a_sandbox() {
    let app = TestApp::start().await;
    let who = app.person("0501111111", "customer").await;
    for (name, bytes, kind, ending) in
        [("a.html", pdf(), "application/pdf", "pdf"), ("a.svg", jpeg(400, 10), "image/jpeg", "jpg")]
    {
        let made = upload(&app, &who, name, bytes.clone()).await.expect(201);
        let (status, headers, handed) = fetch(&app, &who, &text(&made["url"])).await;
        let header = |name: &str| headers[name].to_str().unwrap().to_owned();
        assert_eq!((status, header("content-type")), (200, kind.to_owned()), "the name decides nothing");
        assert_eq!(header("content-disposition"), format!("attachment; filename=\"{}.{ending}\"", text(&made["id"])));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(header("content-security-policy").contains("default-src 'none'; sandbox"), "{headers:?}");
        assert!(header("cache-control").starts_with("private, max-age="), "{headers:?}");
        assert_eq!(header("content-length"), handed.len().to_string());
        let request = app.request(reqwest::Method::GET, Some(&who.token), &text(&made["url"]));
        let again = app.send(request.header("if-none-match", header("etag"))).await;
        assert_eq!(again.status, 304);
        if kind == "application/pdf" {
            assert_eq!(handed, bytes, "a document is kept as it is");
            assert_eq!(made["thumbnail_url"], serde_json::Value::Null);
            let (status, ..) = fetch(&app, &who, &format!("{}/thumbnail", text(&made["url"]))).await;
            assert_eq!(status, 404);
        } else {
            let (_, _, small) = fetch(&app, &who, &text(&made["thumbnail_url"])).await;
            assert_eq!(image::load_from_memory(&small).unwrap().width(), 320);
        }
    }
    app.stop().await;
}
