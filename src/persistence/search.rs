//! The words of requests in the database's own full-text index, and what is looked for in it.
//!
//! Both databases would fold and cut text by rules of their own, which differ and know no Arabic. So what goes in is
//! brought to one form before (`domain::text`), and each word gets a mark in front: it says where the word stands, lets
//! the shortest word pass the three letters that a server's index asks for, and no marked word is one of its stop words.
//! A word is found by its beginning.

use crate::domain::ids::RequestId;
use crate::domain::text;
use crate::limits;
use crate::persistence::Db;
use crate::persistence::Tx;
use crate::persistence::both;
use crate::persistence::error::StoreError;
use crate::persistence::per;
use crate::persistence::requests;
use crate::persistence::requests::PartItem;
use crate::persistence::requests::PartRequest;

statements! {
    INSERT_TEXT = per(
        "INSERT INTO request_texts (rowid, words) VALUES (?, ?)",
        "INSERT INTO request_texts (request_id, words) VALUES (?, ?)",
    );
    DELETE_TEXT = per("DELETE FROM request_texts WHERE rowid = ?", "DELETE FROM request_texts WHERE request_id = ?");
    DELETE_TEXTS_OF_CUSTOMER = per(
        "DELETE FROM request_texts WHERE rowid IN (SELECT id FROM part_requests WHERE customer_id = ?)",
        "DELETE FROM request_texts WHERE request_id IN (SELECT id FROM part_requests WHERE customer_id = ?)",
    );
    SELECT_REQUEST_IDS = both("SELECT id FROM part_requests WHERE id > ? ORDER BY id LIMIT 500");
    SELECT_VEHICLE_WORDS = both(
        "SELECT name_en, name_ar FROM vehicle_brands WHERE id = ? UNION ALL SELECT name_en, name_ar FROM vehicle_models \
         WHERE id = ?",
    );
}

/// In front of every word of a request.
const ANY: &str = "qq";
/// In front of the words of its parts' names, which are there a second time.
const PART: &str = "pp";
/// Letters of a word that are kept: a server's index leaves words out that are longer than 84.
const WORD_CHARS_MAX: usize = 40;

/// Puts a request's words into the index, in the transaction that writes the request.
pub(super) async fn insert(tx: &mut Tx, request: &PartRequest, items: &[PartItem]) -> Result<(), StoreError> {
    let names = all_in!(&mut *tx, (String, String), SELECT_VEHICLE_WORDS, request.brand_id, request.model_id)?;
    let mut words = Vec::new();
    add(&mut words, ANY, &request.title);
    add(&mut words, ANY, &request.description);
    for (english, arabic) in &names {
        add(&mut words, ANY, english);
        add(&mut words, ANY, arabic);
    }
    for item in items {
        add(&mut words, PART, &item.part_name);
        add(&mut words, ANY, &item.part_name);
        for text in [&item.part_number, &item.description].into_iter().flatten() {
            add(&mut words, ANY, text);
        }
    }
    // Each once: nothing is ranked by how often a word stands there.
    words.sort_unstable();
    words.dedup();
    exec!(&mut *tx, INSERT_TEXT, request.id.0, words.join(" ")).map(drop)
}

/// Takes a request's words out.
pub(super) async fn delete(tx: &mut Tx, request: i64) -> Result<(), StoreError> {
    exec!(&mut *tx, DELETE_TEXT, request).map(drop)
}

/// Takes the words of a customer's requests out.
pub(super) async fn delete_of(tx: &mut Tx, customer: i64) -> Result<(), StoreError> {
    exec!(&mut *tx, DELETE_TEXTS_OF_CUSTOMER, customer).map(drop)
}

/// Puts the words of all requests into the index anew: a vehicle is called otherwise now. Tells how many. Meant for the start,
/// before anybody writes.
///
/// # Errors
/// [`StoreError`] when the database fails; what was done stays done.
pub async fn renew(db: &Db) -> Result<usize, StoreError> {
    let (mut after, mut renewed) = (0, 0);
    loop {
        let page = all!(db, (i64,), SELECT_REQUEST_IDS, after)?;
        let Some((last,)) = page.last() else { return Ok(renewed) };
        after = *last;
        for (id,) in page {
            let Some(request) = requests::find_request(db, RequestId(id)).await? else { continue };
            let items = requests::list_items(db, request.id).await?;
            let mut tx = db.begin().await?;
            // The requests of an erased account have no words and get none.
            if exec!(&mut tx, DELETE_TEXT, id)? > 0 {
                insert(&mut tx, &request, &items).await?;
                tx.commit().await?;
                renewed += 1;
            }
        }
    }
}

/// The words of a text, and those that are written as one: a part number is found with its dashes and without.
fn add(words: &mut Vec<String>, mark: &str, text: &str) {
    for stretch in text::stretches(text) {
        if stretch.len() > 1 {
            words.push(marked(mark, &stretch.concat()));
        }
        words.extend(stretch.iter().map(|word| marked(mark, word)));
    }
}

fn marked(mark: &str, word: &str) -> String {
    mark.chars().chain(word.chars().take(WORD_CHARS_MAX)).collect()
}

/// What is looked for: all of it has to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted(Vec<Vec<String>>);

impl Wanted {
    /// These words anywhere, and those in a part's name. The words that are too many are left out.
    #[must_use]
    pub fn new(anywhere: &str, in_part_name: &str) -> Self {
        let marked = |mark: &'static str, text: &str| {
            let stretches = text::stretches(text).into_iter();
            stretches.map(move |stretch| stretch.iter().map(|word| marked(mark, word)).collect::<Vec<_>>())
        };
        let all = marked(ANY, anywhere).chain(marked(PART, in_part_name));
        Self(all.take(limits::SEARCH_WORDS_MAX).collect())
    }

    /// Whether nothing is looked for: no letter and no digit was given.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same in the database's own language. It holds letters, digits and what is put between them here, so nothing that
    /// anybody typed is ever an operator.
    pub(super) fn pattern(&self, db: &Db) -> String {
        let (spelled, between): (fn(&[String]) -> String, _) = match db {
            Db::Sqlite { .. } => (sqlite, " AND "),
            Db::MySql { .. } => (mysql, " "),
        };
        self.0.iter().map(|stretch| spelled(stretch)).collect::<Vec<_>>().join(between)
    }
}

/// Several words of one stretch may stand there as one: without the second mark, which is not between them there.
fn joined(stretch: &[String]) -> String {
    let mut whole = stretch.first().cloned().unwrap_or_default();
    for word in stretch.iter().skip(1) {
        whole.push_str(word.get(ANY.len()..).unwrap_or_default());
    }
    whole.chars().take(ANY.len() + WORD_CHARS_MAX).collect()
}

/// FTS5: `("qqcx"* AND "qq5"*) OR "qqcx5"*`.
fn sqlite(stretch: &[String]) -> String {
    let words: Vec<String> = stretch.iter().map(|word| format!("\"{word}\"*")).collect();
    match words.as_slice() {
        [word] => word.clone(),
        several => format!("(({}) OR \"{}\"*)", several.join(" AND "), joined(stretch)),
    }
}

/// Boolean mode: `+((+qqcx* +qq5*) qqcx5*)`.
fn mysql(stretch: &[String]) -> String {
    match stretch {
        [word] => format!("+{word}*"),
        several => format!("+((+{}*) {}*)", several.join("* +"), joined(stretch)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_is_letters_alone() {
        let Wanted(stretches) = Wanted::new("CX-5 \" OR NEAR( * \u{0}", "صدّام");
        assert_eq!(
            stretches,
            [
                vec!["qqcx".to_owned(), "qq5".to_owned()],
                vec!["qqor".to_owned()],
                vec!["qqnear".to_owned()],
                vec!["ppصدام".to_owned()]
            ]
        );
        assert_eq!(sqlite(&stretches[0]), r#"(("qqcx"* AND "qq5"*) OR "qqcx5"*)"#);
        assert_eq!(mysql(&stretches[0]), "+((+qqcx* +qq5*) qqcx5*)");
        assert_eq!((sqlite(&stretches[1]), mysql(&stretches[1])), (r#""qqor"*"#.to_owned(), "+qqor*".to_owned()));
        assert!(Wanted::new(" \" ** ", "").is_empty());
        assert_eq!(Wanted::new(&"a ".repeat(1_000), "").0.len(), limits::SEARCH_WORDS_MAX);
        assert_eq!(Wanted::new(&"a".repeat(1_000), "").0[0][0].len(), ANY.len() + WORD_CHARS_MAX);
    }
}
