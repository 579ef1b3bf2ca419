//! Settings before they are read: the defaults, a file and the environment, each value with what set it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use config::Source as _;
use config::Value;
use config::ValueKind;
use config::builder::ConfigBuilder;
use config::builder::DefaultState;

use crate::config::Config;
use crate::config::DEFAULTS;
use crate::config::plan;

/// What variables that name a setting begin with.
const PREFIX: &str = "MAZAD__";
/// What stands for a secret.
const HIDDEN: &str = "***";

/// Every setting with its value and what set it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// By path, such as `http.address`.
    leaves: BTreeMap<String, Setting>,
    /// The defaults as they ship.
    defaults: BTreeMap<String, Value>,
    warnings: Vec<String>,
}

#[derive(Clone, Debug)]
struct Setting {
    value: Value,
    /// A file or a variable; `None` where it is the default.
    from: Option<String>,
}

impl Settings {
    /// Reads the defaults, `file` if given, and these variables.
    ///
    /// # Errors
    /// A line that names the file which cannot be read.
    pub(super) fn gather(file: Option<&Path>, variables: &BTreeMap<String, String>) -> Result<Self, String> {
        let toml = |text: &str| config::File::from_str(text, config::FileFormat::Toml).collect();
        let defaults = leaves(toml(DEFAULTS).map_err(|error| error.to_string())?);
        let unset = |value: &Value| Setting { value: value.clone(), from: None };
        let leaves_of = defaults.iter().map(|(path, value)| (path.clone(), unset(value))).collect();
        let get = |name: &str| variables.get(name).cloned();
        let mut all = Self { leaves: leaves_of, defaults, warnings: plan::warnings(get) };
        if let Some(path) = file {
            let read = config::File::from(path).format(config::FileFormat::Toml).required(true).collect();
            let from = path.display().to_string();
            for (path, value) in leaves(read.map_err(|error| error.to_string())?) {
                all.set(path, value, &from);
            }
        }
        for planned in plan::settings(get) {
            all.set_text(planned.path, &planned.text, planned.variable);
        }
        for (name, text) in variables {
            if let Some(rest) = name.strip_prefix(PREFIX) {
                all.set_text(&rest.to_ascii_lowercase().replace("__", "."), text, name);
            }
        }
        Ok(all)
    }

    fn set(&mut self, path: String, value: Value, from: &str) {
        self.leaves.insert(path, Setting { value, from: Some(from.to_owned()) });
    }

    /// Sets what a variable says: text, which the setting's own type reads; a list where the default is one.
    fn set_text(&mut self, path: &str, text: &str, from: &str) {
        let is_list = |value: &Value| matches!(value.kind, ValueKind::Array(_));
        let value = if self.defaults.get(path).is_some_and(is_list) {
            let words: Vec<&str> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
            words.into()
        } else {
            text.into()
        };
        self.set(path.to_owned(), value, from);
    }

    /// What was set that has no effect, one line each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// A line for each value that cannot be what it is for, and the settings as they are used, with defaults in the places
    /// of those.
    pub(super) fn read(&self) -> (Vec<String>, Option<Config>) {
        let all = self.leaves.iter().map(|(path, setting)| (path.as_str(), setting.value.clone()));
        if let Ok(config) = build(all.clone()) {
            return (Vec::new(), Some(config));
        }
        let usual = || self.defaults.iter().map(|(path, value)| (path.as_str(), value.clone()));
        let (mut faults, mut good) = (Vec::new(), self.clone());
        for (path, setting) in self.leaves.iter().filter(|(_, setting)| setting.from.is_some()) {
            for alone in apart(&setting.value) {
                // Alone among the defaults, so that its fault hides no other.
                let leaves = || usual().chain([(path.as_str(), alone.clone())]);
                if let Err(error) = build(leaves()) {
                    faults.push(self.told(path, &alone, words_of(leaves()).unwrap_or_else(|| cause(&error))));
                    good.forget(path);
                }
            }
        }
        let rest = build(good.leaves.iter().map(|(path, setting)| (path.as_str(), setting.value.clone())));
        match rest {
            Ok(config) => (faults, Some(config)),
            Err(error) => {
                faults.push(error.to_string());
                (faults, None)
            }
        }
    }

    fn forget(&mut self, path: &str) {
        match self.defaults.get(path) {
            Some(value) => {
                self.leaves.insert(path.to_owned(), Setting { value: value.clone(), from: None });
            }
            None => {
                self.leaves.remove(path);
            }
        }
    }

    fn told(&self, path: &str, value: &Value, why: String) -> String {
        // A cause repeats the value.
        let hidden = is_secret(path) && why.contains("invalid");
        let why = if hidden { "this is no text that can stand here".to_owned() } else { why };
        format!("{} ({}): {why}", line(path, value), self.from(path))
    }

    fn from(&self, path: &str) -> &str {
        self.leaves.get(path).and_then(|setting| setting.from.as_deref()).unwrap_or("the default")
    }

    /// A fault, with what the settings that it names are and what set them.
    pub(super) fn explain(&self, fault: &str) -> String {
        let named = self.leaves.iter().filter(|(path, _)| names(fault, path));
        let told: Vec<_> =
            named.map(|(path, setting)| format!("{} ({})", line(path, &setting.value), self.from(path))).collect();
        if told.is_empty() { fault.to_owned() } else { format!("{fault}; now {}", told.join(", ")) }
    }

    /// All of it as a settings file, secrets as `***`, each line with what set it.
    #[must_use]
    pub fn print(&self) -> String {
        let (mut out, mut section) = (String::new(), "");
        let in_file_order =
            |path: &&String| (path.contains('.'), path.rsplit_once('.').map_or("", |(of, _)| of).to_owned());
        let mut paths: Vec<_> = self.leaves.keys().collect();
        paths.sort_by_key(in_file_order);
        for path in paths {
            let Some(setting) = self.leaves.get(path) else { continue };
            let (of, name) = path.rsplit_once('.').unwrap_or(("", path));
            if of != section {
                section = of;
                let _ = writeln!(out, "\n[{section}]");
            }
            let shown = show(path, &setting.value);
            let _ = writeln!(out, "{:<48} # {}", format!("{name} = {shown}"), self.from(path));
        }
        out
    }
}

/// Values by their paths. A section without a line says nothing.
fn leaves(map: config::Map<String, Value>) -> BTreeMap<String, Value> {
    fn walk(prefix: &str, map: config::Map<String, Value>, into: &mut BTreeMap<String, Value>) {
        for (name, value) in map {
            let path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            if let ValueKind::Table(inner) = value.kind {
                walk(&path, inner, into);
            } else {
                into.insert(path, value);
            }
        }
    }
    let mut found = BTreeMap::new();
    walk("", map, &mut found);
    found
}

/// The entries of a list of tables, each as a list of its own; any other value as it is.
fn apart(value: &Value) -> Vec<Value> {
    let is_table = |entry: &Value| matches!(entry.kind, ValueKind::Table(_));
    if let ValueKind::Array(entries) = &value.kind
        && entries.iter().any(is_table)
    {
        return entries.iter().map(|entry| vec![entry.clone()].into()).collect();
    }
    vec![value.clone()]
}

fn merge<'a>(leaves: impl Iterator<Item = (&'a str, Value)>) -> Result<config::Config, config::ConfigError> {
    let mut builder: ConfigBuilder<DefaultState> = config::Config::builder();
    for (path, value) in leaves {
        builder = builder.set_override(path, value)?;
    }
    builder.build()
}

fn build<'a>(leaves: impl Iterator<Item = (&'a str, Value)>) -> Result<Config, config::ConfigError> {
    merge(leaves)?.try_deserialize()
}

/// What a word that is none of a setting's is told: the words that are. The `config` crate does not list them.
fn words_of<'a>(leaves: impl Iterator<Item = (&'a str, Value)>) -> Option<String> {
    let plain: serde_json::Value = merge(leaves).ok()?.try_deserialize().ok()?;
    let fault = serde_json::from_value::<Config>(plain).err()?.to_string();
    fault.starts_with("unknown variant").then_some(fault)
}

/// Why a value cannot be read, without the path that is told before it.
fn cause(error: &config::ConfigError) -> String {
    if let config::ConfigError::Type { unexpected, expected, .. } = error {
        return format!("invalid: {unexpected}, expected {expected}");
    }
    if let config::ConfigError::At { error, .. } = error { cause(error) } else { error.to_string() }
}

fn line(path: &str, value: &Value) -> String {
    format!("{path} = {}", show(path, value))
}

/// A value as a settings file spells it, a secret as `***`.
fn show(path: &str, value: &Value) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    if let ValueKind::Array(entries) = &value.kind {
        let shown: Vec<_> = entries.iter().map(|entry| show(path, entry)).collect();
        return format!("[{}]", shown.join(", "));
    }
    if let ValueKind::Table(entries) = &value.kind {
        let mut shown: Vec<_> = entries.iter().map(|(name, value)| format!("{name} = {}", show(name, value))).collect();
        shown.sort();
        return format!("{{ {} }}", shown.join(", "));
    }
    if let ValueKind::String(word) = &value.kind {
        let hidden = !word.is_empty() && is_secret(path);
        return if hidden { text(HIDDEN) } else { text(&without_password(word)) };
    }
    if is_secret(path) { text(HIDDEN) } else { value.to_string() }
}

/// Whether a setting's value is for nobody's eyes.
fn is_secret(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap_or(path);
    ["key", "secret", "token", "password"].iter().any(|word| name == *word || name.ends_with(&format!("_{word}")))
}

/// An address whose password is hidden.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    match authority.rsplit_once('@').map(|(who, _)| who) {
        Some(who) => {
            let user = who.split(':').next().unwrap_or("");
            format!("{scheme}://{user}:{HIDDEN}{}", rest.get(who.len()..).unwrap_or_default())
        }
        None => text.to_owned(),
    }
}

/// Whether a sentence names this setting, and not one that only begins like it.
fn names(sentence: &str, path: &str) -> bool {
    sentence.match_indices(path).any(|(at, _)| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let after = sentence.get(at + path.len()..).and_then(|rest| rest.chars().next());
        let before = sentence.get(..at).and_then(|rest| rest.chars().next_back());
        path.contains('.') && !after.is_some_and(is_part) && !before.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather(file: &str, variables: &[(&str, &str)]) -> Settings {
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), file).unwrap();
        let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Settings::gather(Some(path.path()), &variables).unwrap()
    }

    fn read(settings: &Settings) -> Config {
        let (faults, config) = settings.read();
        assert_eq!(faults, [""; 0]);
        config.unwrap()
    }

    #[test]
    fn the_environment_counts_before_the_plans_names_and_they_before_a_file() {
        let file = "[sms]\ndriver = \"memory\"\n[auth]\naccess_minutes = 5\n[http]\nworkers = 3\n";
        let variables = [("JWT_TTL", "20"), ("SMS_PROVIDER", "twilio"), ("MAZAD__SMS__DRIVER", "log"), ("OTHER", "x")];
        let config = read(&gather(file, &variables));
        assert_eq!(config.sms.driver, crate::config::SmsDriver::Log);
        assert_eq!((config.auth.access_minutes, config.http.workers), (20, 3));
    }

    #[test]
    fn a_variable_is_text_or_a_list_of_words() {
        let set = [
            ("MAZAD__METRICS__TOKEN", "12345678901234567890"),
            ("MAZAD__OTP__COUNTRIES", "SA, AE"),
            ("MAZAD__HTTP__ALLOWED_ORIGINS", ""),
            ("MAZAD__LIMITS__ENABLED", "false"),
        ];
        let config = read(&gather("", &set));
        let token = secrecy::ExposeSecret::expose_secret(&config.metrics.token).to_owned();
        assert_eq!(token, "12345678901234567890", "digits are not a number here");
        assert_eq!((config.otp.countries, config.limits.enabled), (vec!["SA".to_owned(), "AE".to_owned()], false));
        assert!(config.http.allowed_origins.is_empty());
    }

    #[test]
    fn every_value_that_cannot_be_read_is_told_with_its_place() {
        let file = "nonsense = 1\n[http]\nworkers = \"many\"\n[sms]\ndriver = \"pigeon\"\n\
                    [[oidc]]\nname = \"a\"\n[[oidc]]\nname = 5\nlable = \"b\"\n";
        let settings = gather(file, &[("MAZAD__HTTP__ADRESS", "x"), ("JWT_TTL", "a day")]);
        let (faults, rest) = settings.read();
        assert_eq!(faults.len(), 7, "{faults:#?}");
        let told = |words: &[&str]| faults.iter().any(|fault| words.iter().all(|word| fault.contains(word)));
        assert!(told(&["auth.access_minutes", "\"a day\"", "JWT_TTL"]), "{faults:#?}");
        assert!(told(&["http.adress", "MAZAD__HTTP__ADRESS", "`address`"]), "{faults:#?}");
        assert!(told(&["http.workers", "many", "integer"]), "{faults:#?}");
        assert!(told(&["sms.driver", "pigeon", "`unifonic`"]), "{faults:#?}");
        assert!(
            told(&["nonsense"]) && told(&["oidc", "missing configuration field"]) && told(&["oidc", "`label`"]),
            "{faults:#?}"
        );
        assert_eq!(rest.unwrap().http.workers, 0, "the rest is checked with the defaults in their places");
    }

    #[test]
    fn a_fault_says_what_is_and_where_it_comes_from() {
        let settings = gather("[database]\nurl = \"mysql://me:hunter2@db/x\"\n", &[("MAZAD__DATABASE__READERS", "0")]);
        let told = settings.explain("database.readers must be at least 1");
        assert!(told.ends_with("; now database.readers = \"0\" (MAZAD__DATABASE__READERS)"), "{told}");
        let told = settings.explain("database.url must begin otherwise");
        assert!(told.contains("mysql://me:***@db/x") && !told.contains("hunter2"), "{told}");
        assert!(settings.explain("auth.access_minutes is odd").ends_with("(the default)"));
    }

    #[test]
    fn what_is_printed_can_be_read_again_and_has_no_secret() {
        let secrets: Vec<String> = gather("", &[])
            .leaves
            .keys()
            .filter(|path| is_secret(path))
            .map(|path| format!("MAZAD__{}", path.to_uppercase().replace('.', "__")))
            .collect();
        assert!(secrets.len() >= 6, "{secrets:?}");
        let set: Vec<_> = secrets.iter().map(|name| (name.as_str(), "hunter2")).collect();
        let oidc = "[[oidc]]\nname = \"a\"\nlabel = \"A\"\nissuer = \"https://a\"\nclient_id = \"i\"\nclient_secret = \"hunter2\"\n";
        let printed = gather(oidc, &set).print();
        assert!(!printed.contains("hunter2") && printed.contains("MAZAD__METRICS__TOKEN"), "{printed}");
        let again = read(&gather(&printed, &[]));
        assert_eq!((again.http.address.port(), again.oidc.len()), (8_080, 1), "{printed}");
    }

    #[test]
    fn every_field_that_is_a_secret_is_known_as_one() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config");
        let mut seen = 0;
        for file in std::fs::read_dir(dir).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for line in text.lines().filter(|line| line.starts_with("    pub ") && line.ends_with(": SecretString,")) {
                let name = line.trim().trim_start_matches("pub ").split(':').next().unwrap();
                assert!(is_secret(name) || name == "url", "{name} would be printed");
                seen += 1;
            }
        }
        assert!(seen >= 6);
    }
}
