//! The catalogue of vehicles.

use std::collections::HashSet;

use mazad::flows::catalogue;
use mazad::flows::catalogue::CatalogueError;
use mazad::persistence::catalog;
use reqwest::Method;
use serde_json::Value;
use serde_json::json;

use crate::support::app::START;
use crate::support::app::TestApp;

const CATALOG: &str = "/api/v1/catalog";

/// The address with a search word, percent-encoded.
fn found(path: &str, q: &str) -> String {
    let word: String = q.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("{path}?q={word}")
}

fn names(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|entry| entry["name_en"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn brands_are_found_however_they_are_spelled() {
    let app = TestApp::start().await;
    let all = app.get(None, &format!("{CATALOG}/brands")).await.expect(200);
    assert!(names(&all).len() >= 45 && all["next_cursor"].is_null(), "{}", names(&all).len());
    assert!(names(&all).is_sorted_by_key(|name| name.to_lowercase().replace([' ', '-'], "")));
    for (q, wanted) in [
        ("toy", "Toyota"),
        ("تويوتا", "Toyota"),
        ("تـويوتا", "Toyota"),
        ("إيسوزو", "Isuzu"),
        ("ايسوزو", "Isuzu"),
        ("هوندآ", "Honda"),
        ("كَيَا", "Kia"),
        ("mercedes benz", "Mercedes-Benz"),
        ("CITROËN", "Citroen"),
        ("škoda", "Skoda"),
    ] {
        let request = app.request(Method::GET, None, &found(&format!("{CATALOG}/brands"), q));
        assert_eq!(names(&app.send(request).await.expect(200)), [wanted], "{q}");
    }
    let arabic = app.request(Method::GET, None, &format!("{CATALOG}/brands?limit=7")).header("accept-language", "ar");
    let arabic = app.send(arabic).await.expect(200);
    let shown: Vec<_> =
        arabic["data"].as_array().unwrap().iter().map(|brand| brand["name"].as_str().unwrap()).collect();
    assert!(shown[0].starts_with(['أ', 'إ', 'ا']), "{shown:?}");
    let common = app.get(None, &format!("{CATALOG}/brands?sort=common&limit=3")).await.expect(200);
    assert_eq!(names(&common), ["Toyota", "Hyundai", "Kia"]);
    let common = app.get(None, &format!("{CATALOG}/brands?sort=common&limit=1&cursor=3")).await.expect(200);
    assert_eq!((names(&common), &common["next_cursor"]), (vec!["Nissan"], &json!("4")));
    for (query, field) in
        [("limit=0", "limit"), ("cursor=x", "cursor"), ("colour=red", "colour"), ("sort=price", "sort")]
    {
        assert_eq!(app.get(None, &format!("{CATALOG}/brands?{query}")).await.fields(), [field]);
    }
    app.stop().await;
}

#[actix_web::test]
async fn lists_are_paged_without_a_gap() {
    let app = TestApp::start().await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(None, &format!("{CATALOG}/brands/1/models?limit=7&cursor={cursor}")).await.expect(200);
        seen.extend(names(&page).into_iter().map(str::to_owned));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let whole = app.get(None, &format!("{CATALOG}/brands/1/models")).await.expect(200);
    assert_eq!(seen, names(&whole));
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len());
    assert!(seen.len() > 30, "{seen:?}");
    let searched = app.request(Method::GET, None, &found(&format!("{CATALOG}/brands/1/models"), "كامرى"));
    assert_eq!(names(&app.send(searched).await.expect(200)), ["Camry"]);
    let trims = app.get(None, &format!("{CATALOG}/models/101/trims")).await.expect(200);
    assert_eq!((&trims["data"][3]["id"], &trims["data"][3]["name"]), (&json!(10_104), &json!("GLE")));
    assert_eq!(app.get(None, &format!("{CATALOG}/models/1401/trims?q=x")).await.fields(), ["q"]);
    for (path, code) in [
        ("brands/9999/models", "unknown_brand"),
        ("brands/x/models", "unknown_brand"),
        ("models/9999/trims", "unknown_model"),
        ("models/-/trims", "unknown_model"),
    ] {
        assert_eq!(app.get(None, &format!("{CATALOG}/{path}")).await.problem(), code);
    }
    app.stop().await;
}

/// What the first step of the schema brought has kept its numbers.
#[actix_web::test]
async fn numbers_that_were_given_out_still_name_the_same() {
    let app = TestApp::start().await;
    let db = &app.running.app.db;
    let step = mazad::persistence::migrate::STEPS.iter().find(|step| step.name == "catalogue").unwrap();
    let mut checked = 0;
    for line in step.sqlite.lines().filter(|line| line.starts_with("    (")) {
        let (numbers, names) = line.trim().trim_start_matches('(').split_once(" '").unwrap();
        let id: i64 = numbers.split(',').next().unwrap().parse().unwrap();
        let (english, arabic) = names.split_once("', '").unwrap();
        let arabic = arabic.split('\'').next().unwrap();
        let found = if numbers.matches(',').count() == 1 {
            catalog::find_brand(db, id).await.unwrap().map(|row| (row.name_en, row.name_ar))
        } else if id < 10_000 {
            catalog::find_model(db, id).await.unwrap().map(|row| (row.name_en, row.name_ar))
        } else {
            let found = catalog::find_trim(db, id / 100, id).await.unwrap();
            found.map(|row| (row.name_en, row.name_ar))
        };
        assert_eq!(found, Some((english.to_owned(), arabic.to_owned())), "{line}");
        checked += 1;
    }
    assert!(checked > 90, "{checked}");
    let before = (catalog::list_models(db).await.unwrap(), catalog::list_trims(db).await.unwrap());
    assert!(before.0.len() >= 450);
    catalogue::load(db, START).await.unwrap();
    assert_eq!((catalog::list_models(db).await.unwrap(), catalog::list_trims(db).await.unwrap()), before);
    app.stop().await;
}

const PUBLIC: &str =
    "kind,make_slug,make_name,model_slug,model_name,body_types,countries,regions,global_popularity_decile,aliases
car,toyota,TOYOTA,camry,camry,sedan,sa|us,as,1,\"\"
car,toyota,Toyota,land-cruiser,Land-Cruiser,wagon,sa,as,1,\"\"
car,toyota,Toyota,starlet,Starlet,hatchback,gb,eu,3,\"Starlet|Glanza\"
motorcycle,royal,Royal Enfield,classic,\"Classic, 350\",,in,as,5,\"\"
car,lada,Lada,niva,Niva,wagon,ru,eu,4,\"\"
car,lada,LADA,niva,NIVA,wagon,ru,eu,4,\"\"
";

#[actix_web::test]
async fn a_public_catalogue_adds_what_is_new_and_nothing_twice() {
    let app = TestApp::start().await;
    let db = &app.running.app.db;
    let cars = ["car".to_owned()];
    let done = catalogue::import(db, PUBLIC.as_bytes(), &cars).await.unwrap();
    assert_eq!((done.rows, done.skipped, done.brands, done.models), (6, 1, 1, 2));
    let again = catalogue::import(db, PUBLIC.as_bytes(), &cars).await.unwrap();
    assert_eq!((again.rows, again.brands, again.models), (6, 0, 0));
    let rest = catalogue::import(db, PUBLIC.as_bytes(), &[]).await.unwrap();
    assert_eq!((rest.skipped, rest.brands, rest.models), (0, 1, 1));
    let models = app.get(None, &format!("{CATALOG}/brands/1/models?q=starlet")).await.expect(200);
    assert!(models["data"][0]["id"].as_i64().unwrap() >= catalogue::IMPORTED_FROM);
    let brands = catalog::list_brands(db).await.unwrap();
    let lada = brands.iter().find(|brand| brand.name_en == "Lada").unwrap();
    assert!(lada.id >= catalogue::IMPORTED_FROM);
    // A vehicle of an imported model is one like others.
    let owner = app.person("0501111111", "customer").await;
    let body = json!({"brand_id": 1, "model_id": models["data"][0]["id"], "year": 1996});
    let made = app.post(Some(&owner.token), "/api/v1/users/vehicles", &body).await.expect(201);
    assert_eq!(made["full_name"], "Toyota Starlet 1996");
    app.stop().await;
}

#[actix_web::test]
async fn a_wrong_file_is_told_by_line_and_column_and_adds_nothing() {
    let app = TestApp::start().await;
    let db = &app.running.app.db;
    let before = catalog::list_brands(db).await.unwrap().len();
    for (file, line, column) in [
        ("make,model\nA,B\n".to_owned(), 1, "make_name"),
        (format!("{PUBLIC}car,x,New Make,y,,,,,,\n"), 8, "model_name"),
        (format!("{PUBLIC}car,x,{},y,Model,,,,,\n", "M".repeat(65)), 8, "make_name"),
        (format!("{PUBLIC}car,x\n"), 8, ""),
        ("make_name,model_name,year_from,year_to\nNew,A,1990,1980\n".to_owned(), 2, "year_to"),
        ("make_name,model_name,year_from\nNew,A,soon\n".to_owned(), 2, "year_from"),
    ] {
        let refused = catalogue::import(db, file.as_bytes(), &[]).await;
        let Err(CatalogueError::File(fault)) = refused else { panic!("{file}: {refused:?}") };
        assert_eq!((fault.line, fault.column.as_str()), (line, column), "{fault}");
    }
    assert_eq!(catalog::list_brands(db).await.unwrap().len(), before);
    app.stop().await;
}

#[actix_web::test]
async fn a_vin_tells_its_maker_and_year_without_a_network() {
    let app = TestApp::start().await;
    let decoded = app.get(None, &format!("{CATALOG}/vin/1hgcm-82633a004352")).await.expect(200);
    assert_eq!((&decoded["vin"], &decoded["year"]), (&json!("1HGCM82633A004352"), &json!(2003)));
    assert_eq!(decoded["maker"], json!({"wmi": "1HG", "brands": ["Honda"], "brand_id": 8, "country": "US"}));
    assert_eq!(decoded["check_digit"], json!({"found": "3", "expected": "3", "right": true, "compulsory": true}));
    assert_eq!(decoded["warnings"], json!([]));
    let doubtful = app.get(None, &format!("{CATALOG}/vin/WP0ZZZ99ZTS392124")).await.expect(200);
    assert_eq!((&doubtful["warnings"], &doubtful["years"]), (&json!(["vin_check_digit"]), &json!([2026, 1996])));
    assert_eq!((&doubtful["check_digit"]["compulsory"], &doubtful["maker"]["brand_id"]), (&json!(false), &json!(26)));
    for (vin, code, part) in [
        ("1HGCM8263IA004352", "character", "character 10 is 'I'"),
        ("1M8GDM9AXKP04278", "length", "has 16"),
        ("%D8%A7", "character", "character 1"),
    ] {
        let answer = app.get(None, &format!("{CATALOG}/vin/{vin}")).await;
        assert_eq!(answer.fields(), ["vin"], "{vin}");
        assert_eq!(answer.body["errors"][0]["code"], code);
        assert!(answer.body["errors"][0]["message"].as_str().unwrap().contains(part), "{answer:?}");
    }
    app.stop().await;
}
