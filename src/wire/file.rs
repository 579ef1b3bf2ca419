//! Files on the wire: an id, and where it is fetched.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::ids::FileId;
use crate::wire::value;

/// An image that something shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImageBody {
    /// Its id, which is what is sent back.
    #[schema(value_type = value::FileRef)]
    pub id: value::Id<FileId>,
    /// The whole, for whoever may see what shows it.
    #[schema(example = "/api/v1/files/fil_0000000000001")]
    pub url: String,
    /// The same in small.
    pub thumbnail_url: String,
}

impl ImageBody {
    /// The image with this id.
    #[must_use]
    pub fn new(id: FileId) -> Self {
        let url = url(id);
        Self { id: value::Id(id), thumbnail_url: format!("{url}/thumbnail"), url }
    }

    /// The images of a stored list of ids.
    #[must_use]
    pub fn list(stored: &str) -> Vec<Self> {
        let ids: Vec<value::Id<FileId>> = serde_json::from_str(stored).unwrap_or_default();
        ids.into_iter().map(|id| Self::new(id.0)).collect()
    }
}

/// Where a file is fetched, on this server.
#[must_use]
pub fn url(id: FileId) -> String {
    format!("/api/v1/files/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_list_becomes_addresses() {
        let id = FileId(7);
        let listed = ImageBody::list(&format!("[\"{id}\"]"));
        assert_eq!(listed, [ImageBody::new(id)]);
        assert_eq!(listed[0].thumbnail_url, format!("/api/v1/files/{id}/thumbnail"));
        assert_eq!(ImageBody::list("[]"), []);
    }
}
