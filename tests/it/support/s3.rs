//! A real S3 service on this machine (s3s-fs), with its buckets in a folder.

use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use mazad::config::Config;
use mazad::config::FilesDriver;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const KEY: &str = "mazad";
const SECRET: &str = "a secret of the tests";
const BUCKET: &str = "uploads";

/// A running service; it ends when dropped.
pub(crate) struct S3 {
    endpoint: String,
    pub(crate) root: TempDir,
    serving: JoinHandle<()>,
}

impl S3 {
    pub(crate) async fn start() -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(FileSystem::new(root.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                connections.spawn(async move {
                    let _ =
                        auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Self { endpoint, root, serving }
    }

    /// Makes a server keep its files here.
    pub(crate) fn configure(&self, config: &mut Config) {
        config.files.driver = FilesDriver::S3;
        config.files.endpoint.clone_from(&self.endpoint);
        config.files.bucket = BUCKET.to_owned();
        config.files.access_key = KEY.to_owned();
        config.files.secret_key = SECRET.into();
    }

    /// The folder of the bucket.
    pub(crate) fn bucket(&self) -> std::path::PathBuf {
        self.root.path().join(BUCKET)
    }

    /// Ends it as a power cut would.
    pub(crate) fn stop(&self) {
        self.serving.abort();
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
