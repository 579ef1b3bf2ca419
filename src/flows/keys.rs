//! The keys of access tokens: one signs, it and the retired ones check (docs/decisions/0010).

use std::collections::HashMap;
use std::fs;
use std::io;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;

use aws_lc_rs::digest;
use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::EncodingKey;

use crate::config::Auth;
use crate::config::Environment;

/// The signing key's file in the key folder: Ed25519, PKCS#8 v1.
const KEY_FILE: &str = "signing.key";

/// Why tokens cannot be issued at all.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key file cannot be read or made.
    #[error("{}: {cause}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// There is no key, and production does not make one: each node would make its own.
    #[error(
        "{}: there is no signing key; make one for all nodes: openssl genpkey -algorithm ed25519 -outform DER -out {}",
        .0.display(), .0.display()
    )]
    Missing(PathBuf),
    /// Others may read the file.
    #[error("{}: others may read the signing key; chmod 600 it", .0.display())]
    Exposed(PathBuf),
    /// The file holds no Ed25519 key.
    #[error("{}: not an Ed25519 private key in PKCS#8 v1", .0.display())]
    NotAKey(PathBuf),
    /// A retired key is none.
    #[error("auth.verifying_keys: {0} is not the x of an Ed25519 key in jwks.json")]
    NotAPublicKey(String),
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    NoRandomness,
}

/// The keys.
pub struct Keys {
    pub(super) signing: EncodingKey,
    pub(super) kid: String,
    checking: HashMap<String, DecodingKey>,
    jwks: serde_json::Value,
    der: Vec<u8>,
}

impl Keys {
    /// Reads the signing key, which development makes at the first start, and the retired public keys.
    ///
    /// # Errors
    /// [`KeyError`] names the file or the setting.
    pub fn open(settings: &Auth, environment: Environment) -> Result<Self, KeyError> {
        let path = settings.key_dir.join(KEY_FILE);
        let der = match read(&path)? {
            Some(der) => der,
            None if environment == Environment::Production => return Err(KeyError::Missing(path)),
            None => make(&settings.key_dir, &path)?,
        };
        let pair = Ed25519KeyPair::from_pkcs8(&der).map_err(|_| KeyError::NotAKey(path.clone()))?;
        let own = BASE64.encode(pair.public_key().as_ref());
        let mut keys = Self {
            signing: EncodingKey::from_ed_der(&der),
            kid: kid(&own),
            checking: HashMap::new(),
            jwks: serde_json::json!({ "keys": [] }),
            der,
        };
        for x in std::iter::once(&own).chain(&settings.verifying_keys) {
            keys.admit(x.trim())?;
        }
        Ok(keys)
    }

    fn admit(&mut self, x: &str) -> Result<(), KeyError> {
        let not_a_key = || KeyError::NotAPublicKey(x.to_owned());
        let is_key = BASE64.decode(x).is_ok_and(|bytes| bytes.len() == 32);
        let key = DecodingKey::from_ed_components(x).ok().filter(|_| is_key).ok_or_else(not_a_key)?;
        let kid = kid(x);
        if self.checking.insert(kid.clone(), key).is_none()
            && let Some(all) = self.jwks.get_mut("keys").and_then(serde_json::Value::as_array_mut)
        {
            all.push(serde_json::json!({
                "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x,
            }));
        }
        Ok(())
    }

    /// The key with this id; ids are looked up, never used as a path or an address.
    pub(super) fn find(&self, kid: &str) -> Option<&DecodingKey> {
        self.checking.get(kid)
    }

    /// The public keys, as RFC 7517 wants them.
    #[must_use]
    pub fn jwks(&self) -> &serde_json::Value {
        &self.jwks
    }

    /// A secret of this installation for one use, the same on every node with the same key.
    #[must_use]
    pub fn secret_for(&self, purpose: &str) -> [u8; 32] {
        sha256(&[b"mazad ", purpose.as_bytes(), b"\0", &self.der].concat())
    }
}

/// A key's name follows from the key, so that two nodes cannot give one name to two.
fn kid(x: &str) -> String {
    BASE64.encode(sha256(x.as_bytes())).chars().take(16).collect()
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, KeyError> {
    let failed = |cause| KeyError::File { path: path.to_owned(), cause };
    let der = match fs::read(path) {
        Ok(der) => der,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed(path.to_owned()));
    }
    Ok(Some(der))
}

/// A new key, readable by this user alone.
fn make(dir: &Path, path: &Path) -> Result<Vec<u8>, KeyError> {
    let failed = |cause| KeyError::File { path: path.to_owned(), cause };
    // PKCS#8 v1: jsonwebtoken does not read v2, which `generate_pkcs8` makes.
    let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::NoRandomness)?;
    let der = pair.to_pkcs8v1().map_err(|_| KeyError::NoRandomness)?;
    fs::create_dir_all(dir).map_err(failed)?;
    // `create_new`: of two servers that start at once one makes the key, the other fails and says so.
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(der.as_ref()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(der.as_ref().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn settings(dir: &Path) -> Auth {
        Auth { key_dir: dir.to_owned(), ..Config::load(None).unwrap().auth }
    }

    #[test]
    fn a_key_is_made_once_for_this_user_alone_and_never_in_production() {
        let dir = tempfile::tempdir().unwrap();
        let auth = settings(dir.path());
        assert!(matches!(Keys::open(&auth, Environment::Production), Err(KeyError::Missing(_))));
        let first = Keys::open(&auth, Environment::Development).unwrap();
        let path = dir.path().join(KEY_FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let again = Keys::open(&auth, Environment::Production).unwrap();
        assert_eq!((again.kid, again.jwks), (first.kid, first.jwks));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Keys::open(&auth, Environment::Development), Err(KeyError::Exposed(_))));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, b"no key").unwrap();
        assert!(matches!(Keys::open(&auth, Environment::Development), Err(KeyError::NotAKey(_))));
    }

    #[test]
    fn a_retired_key_is_published_and_found_by_its_name_alone() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let old = Keys::open(&settings(one.path()), Environment::Development).unwrap();
        let x = old.jwks["keys"][0]["x"].as_str().unwrap().to_owned();
        let mut auth = settings(two.path());
        auth.verifying_keys = vec![x];
        let new = Keys::open(&auth, Environment::Development).unwrap();
        assert!(new.find(&old.kid).is_some() && new.find(&new.kid).is_some() && old.find(&new.kid).is_none());
        assert_eq!(new.jwks["keys"].as_array().unwrap().len(), 2);
        assert_ne!(new.secret_for("a"), new.secret_for("b"));
        assert_ne!(new.secret_for("a"), old.secret_for("a"));
        for wrong in ["", "x", "AAAA", &"A".repeat(44)] {
            auth.verifying_keys = vec![wrong.to_owned()];
            assert!(matches!(Keys::open(&auth, Environment::Development), Err(KeyError::NotAPublicKey(_))), "{wrong}");
        }
    }
}
