//! The catalogue of vehicles: taken over from the program at start, enlarged from files, searched.
//!
//! The program's own catalogue (`config/catalogue.csv`) has fixed numbers below [`IMPORTED_FROM`]; what is imported is
//! numbered from there on. A name keeps its number whoever brought it first.

use std::collections::HashMap;
use std::collections::HashSet;
use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use csv::StringRecord;

use crate::domain::text;
use crate::domain::time::UnixMicros;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::catalog;
use crate::persistence::catalog::Brand;
use crate::persistence::catalog::Model;
use crate::persistence::catalog::Trim;
use crate::persistence::error::StoreError;
use crate::persistence::search;

/// The program's own catalogue.
pub const OWN: &str = include_str!("../../config/catalogue.csv");
/// Numbers of imported brands and models begin here.
pub const IMPORTED_FROM: i64 = 1_000_000;
/// Years that an import says nothing about begin here.
const FIRST_YEAR: i64 = 1980;
/// Models written in one transaction: a server that runs beside waits for milliseconds, not for the whole file.
const MODELS_AT_ONCE: usize = 2_000;
/// How old the searched list of brands may be: an import is another process.
const BRANDS_FOR: Duration = Duration::from_secs(10);

/// Why a catalogue's file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Something in it is wrong.
    #[error("{0}")]
    File(FileFault),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// From 1; 0 for the whole file.
    pub line: u64,
    /// The column's name; empty for the whole line.
    pub column: String,
    /// What.
    pub what: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(out, "line {}", self.line)?;
            if !self.column.is_empty() {
                write!(out, ", column {}", self.column)?;
            }
            out.write_str(": ")?;
        }
        out.write_str(&self.what)
    }
}

impl From<csv::Error> for CatalogueError {
    fn from(error: csv::Error) -> Self {
        let line = error.position().map_or(0, csv::Position::line);
        let what = if let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = error.kind() {
            format!("it has {len} columns where the first line has {expected_len}")
        } else if let csv::ErrorKind::Utf8 { .. } = error.kind() {
            "it is not UTF-8".to_owned()
        } else {
            error.to_string()
        };
        Self::File(FileFault { line, column: String::new(), what })
    }
}

/// What a file had and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Lines below the first.
    pub rows: usize,
    /// Lines of kinds that were not asked for.
    pub skipped: usize,
    /// Brands that were new.
    pub brands: usize,
    /// Models that were new.
    pub models: usize,
}

/// A line of a file with the names of its columns.
struct Line<'a> {
    columns: &'a HashMap<String, usize>,
    record: &'a StringRecord,
}

impl Line<'_> {
    fn fault(&self, column: &str, what: impl Into<String>) -> CatalogueError {
        let line = self.record.position().map_or(0, csv::Position::line);
        CatalogueError::File(FileFault { line, column: column.to_owned(), what: what.into() })
    }

    /// A text, tidied; empty where there is no such column.
    fn text(&self, column: &str) -> String {
        self.columns.get(column).and_then(|at| self.record.get(*at)).map(text::tidy).unwrap_or_default()
    }

    fn name(&self, column: &str) -> Result<String, CatalogueError> {
        match self.text(column) {
            name if name.is_empty() => Err(self.fault(column, "it is empty")),
            name if name.chars().count() > limits::CATALOGUE_NAME_CHARS_MAX => {
                let what = format!("it is longer than {} characters", limits::CATALOGUE_NAME_CHARS_MAX);
                Err(self.fault(column, what))
            }
            name => Ok(name),
        }
    }

    fn number(&self, column: &str) -> Result<Option<i64>, CatalogueError> {
        let text = self.text(column);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.fault(column, format!("{text:?} is no number")))
    }

    /// The years of a model.
    fn years(&self) -> Result<(Option<i64>, Option<i64>), CatalogueError> {
        let year = |column| match self.number(column)? {
            Some(year) if !(1900..=2100).contains(&year) => Err(self.fault(column, format!("{year} is no model year"))),
            year => Ok(year),
        };
        let (from, to) = (year("year_from")?, year("year_to")?);
        if matches!((from, to), (Some(from), Some(to)) if to < from) {
            return Err(self.fault("year_to", "it lies before year_from"));
        }
        Ok((from, to))
    }
}

/// Reads a file with a first line of names, and hands each further line over.
fn read(
    file: impl Read,
    wanted: &[&str],
    mut each: impl FnMut(&Line<'_>) -> Result<(), CatalogueError>,
) -> Result<(), CatalogueError> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(file);
    let columns: HashMap<String, usize> = reader
        .headers()?
        .iter()
        .enumerate()
        .map(|(at, name)| (name.trim_start_matches('\u{feff}').to_owned(), at))
        .collect();
    if let Some(missing) = wanted.iter().find(|name| !columns.contains_key(**name)) {
        let what = format!("the first line names no such column; needed are {}", wanted.join(", "));
        return Err(CatalogueError::File(FileFault { line: 1, column: (*missing).to_owned(), what }));
    }
    let mut record = StringRecord::new();
    while reader.read_record(&mut record)? {
        each(&Line { columns: &columns, record: &record })?;
    }
    Ok(())
}

// ------------------------------------------------------------------ our own

/// A catalogue in memory.
#[derive(Debug, Default)]
pub struct Own {
    /// Its brands.
    pub brands: Vec<Brand>,
    /// Their models.
    pub models: Vec<Model>,
    /// The models' trims.
    pub trims: Vec<Trim>,
}

/// Reads a catalogue in the program's own form: brands, each followed by its models.
///
/// # Errors
/// [`CatalogueError::File`].
pub fn parse(text: &str) -> Result<Own, CatalogueError> {
    let mut own = Own::default();
    read(text.as_bytes(), &["kind", "id", "name_en", "name_ar", "year_from", "year_to", "trims"], |line| {
        let id = line.number("id")?.filter(|id| (1..IMPORTED_FROM).contains(id));
        let id = id.ok_or_else(|| line.fault("id", format!("1 to {}", IMPORTED_FROM - 1)))?;
        let (name_en, name_ar) = (line.name("name_en")?, line.name("name_ar")?);
        match line.text("kind").as_str() {
            "brand" => own.brands.push(Brand { id, name_en, name_ar }),
            "model" => {
                let brand_id = own.brands.last().map(|brand| brand.id).filter(|brand| *brand == id / 100);
                let brand_id = brand_id.ok_or_else(|| line.fault("id", "it is not of the brand above"))?;
                let (year_from, year_to) = line.years()?;
                let year_from = year_from.ok_or_else(|| line.fault("year_from", "it is empty"))?;
                own.models.push(Model { id, brand_id, name_en, name_ar, year_from, year_to });
                let trims = line.text("trims");
                let trims = trims.split('|').map(text::tidy).filter(|name| !name.is_empty()).zip(id * 100 + 1..);
                own.trims.extend(trims.map(|(name, trim)| Trim {
                    id: trim,
                    model_id: id,
                    name_ar: name.clone(),
                    name_en: name,
                }));
            }
            _ => return Err(line.fault("kind", "brand or model")),
        }
        Ok(())
    })?;
    Ok(own)
}

/// Takes the program's own catalogue over, unless that was done before. Numbers that are there keep what refers to them.
///
/// # Errors
/// [`CatalogueError::Store`] when the database fails.
pub async fn load(db: &Db, now: UnixMicros) -> Result<(), CatalogueError> {
    let digest = digest::digest(&digest::SHA256, OWN.as_bytes());
    let version = catalog::find_version(db).await?;
    if version.as_deref() == Some(digest.as_ref()) {
        return Ok(());
    }
    let mut own = parse(OWN)?;
    // What was imported under a name before it came to be ours keeps its number, and ours goes by that.
    let (brands, models) = (catalog::list_brands(db).await?, catalog::list_models(db).await?);
    let known: HashMap<String, i64> = brands.iter().map(|brand| (brand.name_en.clone(), brand.id)).collect();
    renumber(
        &mut own.brands,
        |brand| &mut brand.id,
        |brand| known.get(&brand.name_en),
        |from, to| {
            own.models.iter_mut().filter(|model| model.brand_id == from).for_each(|model| model.brand_id = to);
        },
    );
    let known: HashMap<(i64, String), i64> =
        models.iter().map(|model| ((model.brand_id, model.name_en.clone()), model.id)).collect();
    let named = |model: &Model| known.get(&(model.brand_id, model.name_en.clone()));
    renumber(
        &mut own.models,
        |model| &mut model.id,
        named,
        |from, to| {
            own.trims.iter_mut().filter(|trim| trim.model_id == from).for_each(|trim| trim.model_id = to);
        },
    );
    let known: HashMap<(i64, String), i64> =
        catalog::list_trims(db).await?.into_iter().map(|trim| ((trim.model_id, trim.name_en), trim.id)).collect();
    let named = |trim: &Trim| known.get(&(trim.model_id, trim.name_en.clone()));
    renumber(&mut own.trims, |trim| &mut trim.id, named, |_, _| {});

    let mut tx = db.begin().await?;
    catalog::put_brands(&mut tx, &own.brands).await?;
    catalog::put_models(&mut tx, &own.models).await?;
    catalog::put_trims(&mut tx, &own.trims).await?;
    // Until the words of requests follow, there is no version: what breaks off here is done again at the next start.
    catalog::forget_version(&mut tx).await?;
    tx.commit().await?;
    let broke_off = version.is_none() && !brands.is_empty();
    let is_renamed = renamed(
        brands.into_iter().map(|one| (one.id, (one.name_en, one.name_ar))),
        own.brands.iter().map(|one| (one.id, &one.name_en, &one.name_ar)),
    ) || renamed(
        models.into_iter().map(|one| (one.id, (one.name_en, one.name_ar))),
        own.models.iter().map(|one| (one.id, &one.name_en, &one.name_ar)),
    );
    if broke_off || is_renamed {
        let requests = search::renew(db).await?;
        tracing::info!(requests, "requests are found by the new names of their vehicles");
    }
    let mut tx = db.begin().await?;
    catalog::set_version(&mut tx, digest.as_ref(), now).await?;
    tx.commit().await?;
    tracing::info!(brands = own.brands.len(), models = own.models.len(), "catalogue taken over");
    Ok(())
}

/// Whether a number stood for another name before.
fn renamed<'n>(
    before: impl Iterator<Item = (i64, (String, String))>,
    mut now: impl Iterator<Item = (i64, &'n String, &'n String)>,
) -> bool {
    let before: HashMap<_, _> = before.collect();
    now.any(|(id, english, arabic)| {
        before.get(&id).is_some_and(|(old_english, old_arabic)| (old_english, old_arabic) != (english, arabic))
    })
}

/// Gives things the number that their name has already, and tells what must follow.
fn renumber<'k, T>(
    things: &mut [T],
    id: impl Fn(&mut T) -> &mut i64,
    known: impl Fn(&T) -> Option<&'k i64>,
    mut follow: impl FnMut(i64, i64),
) {
    for thing in things {
        if let Some(to) = known(thing).copied() {
            let from = std::mem::replace(id(thing), to);
            if from != to {
                follow(from, to);
            }
        }
    }
}

// ------------------------------------------------------------------ others'

/// Adds what a public catalogue has and ours has not. Names that differ only in case, blanks, dashes and accents are one.
///
/// The file has the columns `make_name` and `model_name`; `make_name_ar`, `model_name_ar`, `year_from`, `year_to` and
/// `kind` are read where they are there. `kinds` keeps lines of these kinds alone; empty keeps all.
///
/// # Errors
/// [`CatalogueError`]; a wrong line before anything is written.
pub async fn import(db: &Db, file: impl Read, kinds: &[String]) -> Result<Imported, CatalogueError> {
    let mut done = Imported::default();
    let mut brands: HashMap<String, i64> = HashMap::new();
    let mut next_brand = IMPORTED_FROM;
    for brand in catalog::list_brands(db).await? {
        next_brand = next_brand.max(brand.id + 1);
        brands.insert(text::search_key(&brand.name_en), brand.id);
    }
    let mut models: HashSet<(i64, String)> = HashSet::new();
    let mut next_model = IMPORTED_FROM;
    for model in catalog::list_models(db).await? {
        next_model = next_model.max(model.id + 1);
        models.insert((model.brand_id, text::search_key(&model.name_en)));
    }

    let (mut new_brands, mut new_models) = (Vec::new(), Vec::new());
    read(file, &["make_name", "model_name"], |line| {
        done.rows += 1;
        if done.rows > limits::CATALOGUE_ROWS_MAX {
            return Err(line.fault("", format!("more than {} lines", limits::CATALOGUE_ROWS_MAX)));
        }
        let (make, name) = (line.name("make_name")?, line.name("model_name")?);
        let (year_from, year_to) = line.years()?;
        if !kinds.is_empty() && !kinds.contains(&line.text("kind")) {
            done.skipped += 1;
            return Ok(());
        }
        let arabic = |column: &str, english: &str| match line.text(column) {
            name if name.is_empty() => Ok(english.to_owned()),
            _ => line.name(column),
        };
        let key = text::search_key(&make);
        let brand_id = if let Some(id) = brands.get(&key) {
            *id
        } else {
            let id = next_brand;
            next_brand += 1;
            brands.insert(key, id);
            new_brands.push(Brand { id, name_ar: arabic("make_name_ar", &make)?, name_en: make });
            id
        };
        if models.insert((brand_id, text::search_key(&name))) {
            let (id, year_from) = (next_model, year_from.unwrap_or(FIRST_YEAR));
            next_model += 1;
            let name_ar = arabic("model_name_ar", &name)?;
            new_models.push(Model { id, brand_id, name_en: name, name_ar, year_from, year_to });
        }
        Ok(())
    })?;

    let mut tx = db.begin().await?;
    catalog::put_brands(&mut tx, &new_brands).await?;
    tx.commit().await?;
    for some in new_models.chunks(MODELS_AT_ONCE) {
        let mut tx = db.begin().await?;
        catalog::put_models(&mut tx, some).await?;
        tx.commit().await?;
    }
    Ok(Imported { brands: new_brands.len(), models: new_models.len(), ..done })
}

// ------------------------------------------------------------------ searching

/// A brand with the forms of its names that are searched.
struct Searched {
    brand: Brand,
    keys: [String; 2],
}

/// The brands, ready to be searched. Cheap to clone.
#[derive(Clone)]
pub struct Catalogue {
    db: Db,
    brands: moka::future::Cache<(), Arc<[Searched]>>,
}

impl Catalogue {
    /// The catalogue in this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db, brands: moka::future::Cache::builder().max_capacity(1).time_to_live(BRANDS_FOR).build() }
    }

    /// The brands with `part` in either name, however it is written; all of them for an empty one.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn search(&self, part: &str) -> Result<Vec<Brand>, StoreError> {
        let read = async {
            let brands = catalog::list_brands(&self.db).await?.into_iter();
            let searched = brands.map(|brand| Searched {
                keys: [text::search_key(&brand.name_en), text::search_key(&brand.name_ar)],
                brand,
            });
            Ok::<Arc<[Searched]>, StoreError>(searched.collect())
        };
        let all = self.brands.try_get_with((), read).await.map_err(|error| StoreError::clone(&error))?;
        let part = text::search_key(part);
        let found = all.iter().filter(|searched| searched.keys.iter().any(|key| key.contains(&part)));
        Ok(found.map(|searched| searched.brand.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is driven in the Gulf: the numbers that this catalogue promises.
    #[test]
    fn our_own_catalogue_is_large_and_in_order() {
        let own = parse(OWN).unwrap();
        assert!(own.brands.len() >= 45 && own.models.len() >= 450, "{} {}", own.brands.len(), own.models.len());
        assert!(own.trims.len() >= 200, "{}", own.trims.len());
        let all_different = |mut keys: Vec<String>| {
            let before = keys.len();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), before);
        };
        all_different(own.brands.iter().map(|brand| brand.id.to_string()).collect());
        all_different(own.brands.iter().map(|brand| text::search_key(&brand.name_en)).collect());
        all_different(own.models.iter().map(|model| model.id.to_string()).collect());
        all_different(
            own.models.iter().map(|model| format!("{} {}", model.brand_id, text::search_key(&model.name_en))).collect(),
        );
        all_different(own.trims.iter().map(|trim| format!("{} {}", trim.model_id, trim.name_en)).collect());
        for model in &own.models {
            assert!((1980..=2026).contains(&model.year_from), "{model:?}");
            assert!(model.year_to.is_none_or(|to| to <= 2026), "{model:?}");
        }
        let is_arabic = |name: &str| name.chars().any(|c| ('\u{0621}'..='\u{064a}').contains(&c));
        for brand in &own.brands {
            assert!(is_arabic(&brand.name_ar) && !is_arabic(&brand.name_en), "{brand:?}");
        }
        let latin = own
            .models
            .iter()
            .filter(|model| !is_arabic(&model.name_ar) && model.name_en.chars().any(|c| c.is_ascii_alphabetic()));
        assert_eq!(latin.count(), 0, "models with letters have an Arabic name");
    }

    #[test]
    fn a_fault_is_told_by_line_and_column() {
        let head = "kind,id,name_en,name_ar,year_from,year_to,trims\n";
        for (rest, line, column) in [
            ("brand,1,Toyota,تويوتا,,,\nmodel,101,,كامري,1983,,\n", 3, "name_en"),
            ("brand,1,Toyota,تويوتا,,,\nmodel,201,Camry,كامري,1983,,\n", 3, "id"),
            ("brand,1,Toyota,تويوتا,,,\nmodel,101,Camry,كامري,198x,,\n", 3, "year_from"),
            ("brand,1,Toyota,تويوتا,,,\nmodel,101,Camry,كامري,1983,1982,\n", 3, "year_to"),
            ("car,1,Toyota,تويوتا,,,\n", 2, "kind"),
            ("brand,1000000,Toyota,تويوتا,,,\n", 2, "id"),
            ("brand,1,Toyota,تويوتا\n", 2, ""),
        ] {
            let Err(CatalogueError::File(fault)) = parse(&format!("{head}{rest}")) else { panic!("{rest}") };
            assert_eq!((fault.line, fault.column.as_str()), (line, column), "{fault}");
        }
        let Err(CatalogueError::File(fault)) = parse("kind,id\n") else { panic!() };
        assert_eq!((fault.line, fault.column.as_str()), (1, "name_en"));
    }
}
