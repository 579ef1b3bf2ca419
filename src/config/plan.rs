//! Variables that other programs and the first plan of this service use: the setting that each stands for, or why it has none.

use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;

use crate::config::redis;

/// Variables that are a setting of ours under another name. `MAZAD__…` counts before them, they before a file.
const SAME: &[(&str, &str)] = &[
    ("DATABASE_URL", "database.url"),
    ("EMAIL_DRIVER", "email.driver"),
    ("JWT_TTL", "auth.access_minutes"),
    ("LOG_FORMAT", "log.format"),
    ("MAIL_FROM_ADDRESS", "email.from"),
    ("MAIL_HOST", "email.host"),
    ("MAIL_PASSWORD", "email.password"),
    ("MAIL_PORT", "email.port"),
    ("MAIL_USERNAME", "email.user"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry.otlp_endpoint"),
    ("OTEL_SERVICE_NAME", "telemetry.service_name"),
    ("PUSH_NOTIFICATION_KEY", "push.vapid_key"),
    ("SMS_API_KEY", "sms.api_key"),
    ("SMS_PROVIDER", "sms.driver"),
];

/// Variables without an effect, and what there is instead. Whoever sets one believes that it does something.
const IDLE: &[(&str, &str)] = &[
    ("JWT_SECRET", "a key pair signs (auth.key_dir; docs/decisions/0010)"),
    ("WEBSOCKET_HOST", "live rooms are served with everything else (http.address)"),
    ("WEBSOCKET_PORT", "live rooms are served with everything else (http.address)"),
];

/// A setting that a variable of somebody else's naming gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    /// The variable.
    pub(super) variable: &'static str,
    /// The setting, such as `sms.driver`.
    pub(super) path: &'static str,
    /// Its value.
    pub(super) text: String,
}

/// What the variables say that `get` reads; later ones count before earlier ones.
pub(super) fn settings(get: impl Fn(&str) -> Option<String>) -> Vec<Planned> {
    // An empty variable says no more than none.
    let get = |name: &str| get(name).filter(|text| !text.trim().is_empty());
    let redis = redis::planned(get).map(|(variable, text)| Planned { variable, path: "redis.url", text });
    let url = database_url(&get).map(|text| Planned { variable: "DB_HOST", path: "database.url", text });
    let same = SAME.iter().filter_map(|(variable, path)| Some(Planned { variable, path, text: get(variable)? }));
    url.into_iter().chain(redis).chain(same).collect()
}

/// What to tell about variables that are set in vain.
pub(super) fn warnings(get: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let set = IDLE.iter().filter(|(variable, _)| get(variable).is_some());
    set.map(|(variable, instead)| format!("{variable} is set and has no effect: {instead}")).collect()
}

/// The address of a server whose parts stand in `DB_…`, as Laravel names them.
fn database_url(get: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let host = get("DB_HOST")?;
    let part = |name: &str, usual: &str| get(name).unwrap_or_else(|| usual.to_owned());
    let encoded = |text: String| utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
    let (user, password) = (encoded(part("DB_USERNAME", "mazad")), encoded(part("DB_PASSWORD", "")));
    let (port, database) = (part("DB_PORT", "3306"), encoded(part("DB_DATABASE", "mazad")));
    let secret = if password.is_empty() { String::new() } else { format!(":{password}") };
    Some(format!("mysql://{user}{secret}@{host}:{port}/{database}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(set: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| set.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
    }

    #[test]
    fn the_plans_variables_are_settings() {
        assert_eq!(settings(of(&[])), []);
        let found = settings(of(&[("JWT_TTL", "1440"), ("SMS_PROVIDER", "unifonic"), ("HOME", "/")]));
        let told: Vec<_> = found.iter().map(|one| (one.variable, one.path, one.text.as_str())).collect();
        assert_eq!(told, [("JWT_TTL", "auth.access_minutes", "1440"), ("SMS_PROVIDER", "sms.driver", "unifonic")]);
        let mail = settings(of(&[("EMAIL_DRIVER", "smtp"), ("MAIL_HOST", "smtp.example"), ("MAIL_PORT", "465")]));
        assert_eq!(mail.iter().map(|one| one.path).collect::<Vec<_>>(), ["email.driver", "email.host", "email.port"]);
    }

    #[test]
    fn a_server_may_be_named_in_parts() {
        let parts = [("DB_HOST", "db"), ("DB_DATABASE", "market"), ("DB_USERNAME", "u"), ("DB_PASSWORD", "a/b@c")];
        let found = settings(of(&parts));
        assert_eq!(found[0].text, "mysql://u:a%2Fb%40c@db:3306/market");
        let both = [("DB_HOST", "db"), ("DATABASE_URL", "sqlite://x")];
        assert_eq!(settings(of(&both)).last().unwrap().text, "sqlite://x", "the whole counts before its parts");
    }

    #[test]
    fn what_is_set_in_vain_is_told() {
        assert_eq!(warnings(of(&[("JWT_TTL", "15")])), [""; 0]);
        let told = warnings(of(&[("JWT_SECRET", "hunter2"), ("WEBSOCKET_HOST", "ws")]));
        assert_eq!(told.len(), 2);
        assert!(told[0].contains("JWT_SECRET") && told[0].contains("auth.key_dir") && !told[0].contains("hunter2"));
    }
}
