//! A real `OpenID` provider (the npm package `oidc-provider`) as a process of its own, and a browser that signs in there.

use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use reqwest::Url;
use reqwest::redirect;

/// A running provider; it ends with its standard input.
pub(super) struct Provider {
    child: Child,
    pub(super) issuer: String,
}

impl Provider {
    /// Starts one whose only client comes back to `redirect`.
    pub(super) fn start(redirect: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
        assert!(
            folder.join("node_modules/oidc-provider").exists(),
            "the provider is not installed: run `npm ci --prefix tests/oidc`, which `make test` does"
        );
        let mut child = Command::new("node")
            .arg(folder.join("start.mjs"))
            .arg(redirect)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node runs");
        let issuer = BufReader::new(child.stdout.take().unwrap()).lines().next().expect("the provider starts").unwrap();
        Self { child, issuer }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps cookies, follows nothing by itself.
pub(super) struct Browser {
    pub(super) client: reqwest::Client,
}

/// Where a step led.
pub(super) struct Step {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    pub(super) body: String,
    pub(super) kind: String,
}

impl Browser {
    pub(super) fn new() -> Self {
        let client = reqwest::Client::builder().cookie_store(true).redirect(redirect::Policy::none()).build();
        Self { client: client.unwrap() }
    }

    pub(super) async fn get(&self, address: &str, accept: &str) -> Step {
        self.step(self.client.get(address).header("accept", accept)).await
    }

    async fn step(&self, request: reqwest::RequestBuilder) -> Step {
        let answer = request.send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (location, kind) = (header("location"), header("content-type").unwrap_or_default());
        let status = answer.status().as_u16();
        Step { status, location, kind, body: answer.text().await.unwrap() }
    }

    /// Signs in at the provider as `login` and agrees to everything, until it sends the browser back to `redirect`.
    /// Gives the address that it is sent to.
    pub(super) async fn agree(&self, start: &str, login: &str, redirect: &str) -> String {
        let mut address = Url::parse(start).unwrap();
        let mut step = self.get(start, "text/html").await;
        for _ in 0..12 {
            if let Some(location) = &step.location {
                address = address.join(location).unwrap();
                if address.as_str().starts_with(redirect) {
                    return address.into();
                }
                step = self.get(address.as_str(), "text/html").await;
                continue;
            }
            // A form: the provider's pages for development have one, with what it is about in a hidden field.
            let between = |from: &str, to: &str| {
                let rest = &step.body[step.body.find(from)? + from.len()..];
                Some(rest[..rest.find(to)?].to_owned())
            };
            let action = between("action=\"", "\"").unwrap_or_else(|| panic!("{} {}", step.status, step.body));
            let prompt = between("name=\"prompt\" value=\"", "\"").unwrap();
            address = address.join(&action).unwrap();
            let form = [("prompt", prompt.as_str()), ("login", login), ("password", "any")];
            step = self.step(self.client.post(address.as_str()).form(&form)).await;
        }
        panic!("the provider does not let go: {}", step.body);
    }
}
