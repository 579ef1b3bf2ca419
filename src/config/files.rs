//! `[files]`: where uploads lie, and how many.

use std::path::PathBuf;

use secrecy::ExposeSecret as _;
use secrecy::SecretString;
use serde::Deserialize;

use crate::config::Environment;

/// `[files]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Where they lie.
    pub driver: FilesDriver,
    /// The folder of the local driver.
    pub path: PathBuf,
    /// Address of the S3 service; empty for Amazon's own.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// Who we are there.
    pub access_key: String,
    /// Our secret there.
    pub secret_key: SecretString,
    /// Files of one account.
    pub user_files: u32,
    /// The same in bytes.
    pub user_bytes: u64,
}

/// A place for files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilesDriver {
    /// A folder of this machine.
    Local,
    /// A bucket of a service that speaks S3.
    S3,
}

impl Files {
    pub(super) fn check(&self, environment: Environment, faults: &mut Vec<String>) {
        if self.user_files == 0 || self.user_bytes == 0 {
            faults.push("files.user_files and files.user_bytes must be at least 1".to_owned());
        }
        match self.driver {
            FilesDriver::Local if self.path.as_os_str().is_empty() => {
                faults.push("files.path must name a folder".to_owned());
            }
            FilesDriver::Local => {}
            FilesDriver::S3 => {
                let needed = [&*self.bucket, &*self.region, &*self.access_key, self.secret_key.expose_secret()];
                if needed.iter().any(|word| word.is_empty()) {
                    let why = "files.driver s3 needs files.bucket, files.region, files.access_key and files.secret_key";
                    faults.push(why.to_owned());
                }
                let plain = ["http://127.0.0.1:", "http://localhost:"].iter().any(|at| self.endpoint.starts_with(at));
                let is_safe = self.endpoint.is_empty() || self.endpoint.starts_with("https://");
                if !is_safe && (environment == Environment::Production || !plain) {
                    faults.push("files.endpoint must begin with https://".to_owned());
                }
            }
        }
    }
}
