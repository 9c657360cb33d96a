//! The configuration as nginx is asked about it where images are built.

use super::config::NginxConfig;
use super::variant::{CERTIFICATE, KEY, Variant};

/// Where the trial's configuration lies.
pub(super) const CONFIG: &str = "/run/nginx-trial/nginx.conf";

/// nginx reads everything before it listens on ports, which are not to be had there.
pub(super) const CHECK: &str = r#"
/usr/sbin/nginx -t -e stderr -c "$1" 2>said && exit
cat said
grep -q 'syntax is ok' said && ! grep -F '[emerg]' said | grep -qvE ': (bind|socket)\(\) '"#;

/// The files that the trial needs. The key is nobody's secret.
pub(super) fn files(config: &NginxConfig) -> Vec<(String, String)> {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    vec![
        file(CONFIG, &config.print(Variant::Trial)),
        file(CERTIFICATE, include_str!("certificate.pem")),
        file(KEY, include_str!("key.pem")),
    ]
}
