//! Uploads through a real socket, into a folder and into a real S3 service.

mod corpus;
mod lives;
mod s3;

use std::io::Cursor;
use std::path::Path;
use std::path::PathBuf;

use image::DynamicImage;
use image::ImageFormat;
use image::RgbImage;
use reqwest::Method;
use reqwest::multipart::Form;
use reqwest::multipart::Part;
use serde_json::Value;

use crate::support::app::Answer;
use crate::support::app::Person;
use crate::support::app::TestApp;

const FILES: &str = "/api/v1/files";

/// A picture that does not pack to nothing.
fn picture(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([x, y, x ^ y].map(|value| u8::try_from(value.wrapping_mul(37) & 0xff).unwrap()))
    })
    .into()
}

fn packed(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    packed(&picture(width, height), ImageFormat::Jpeg)
}

fn pdf() -> Vec<u8> {
    let body = "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj";
    format!("%PDF-1.4\n{body}\nxref\n0 1\n0000000000 65535 f \ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n").into()
}

fn form(name: &str, bytes: Vec<u8>) -> Form {
    // What the sender says it is counts for nothing.
    Form::new().part("file", Part::bytes(bytes).file_name(name.to_owned()).mime_str("image/png").unwrap())
}

async fn upload(app: &TestApp, who: &Person, name: &str, bytes: Vec<u8>) -> Answer {
    app.send(app.request(Method::POST, Some(&who.token), FILES).multipart(form(name, bytes))).await
}

/// The id of a picture of one's own.
async fn upload_picture(app: &TestApp, who: &Person) -> String {
    let made = upload(app, who, "bumper.jpg", jpeg(64, 48)).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

/// What a file is handed out as.
async fn fetch(app: &TestApp, who: &Person, path: &str) -> (u16, reqwest::header::HeaderMap, Vec<u8>) {
    let answer = app.request(Method::GET, Some(&who.token), path).send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.bytes().await.unwrap().to_vec())
}

/// All objects below a folder.
fn objects(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(objects(&path));
        } else if !entry.file_name().to_string_lossy().starts_with('.') {
            found.push(path);
        }
    }
    found
}

fn folder(app: &TestApp) -> PathBuf {
    app.running.app.config.files.path.clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
