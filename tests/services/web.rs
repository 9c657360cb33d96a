//! nginx: files, other servers, TLS, and a configuration that it does not like.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use distill::system::{File, System};
use distill_packages::curl;
use distill_platforms::qemu_x86_64;
use distill_services::dhcp;
use distill_services::nginx::{Handler, Listen, NginxConfig, Path, Server, Tls};
use distill_systems::web_server;
use distill_testing::{Lab, LabError};

use crate::rights;

/// A key that is nobody's secret, and its certificate for `nobody.invalid`.
const KEY: &str = include_str!("../../services/src/nginx/trial/key.pem");
const CERTIFICATE: &str = include_str!("../../services/src/nginx/trial/certificate.pem");

fn tls() -> Tls {
    Tls {
        ssl_certificate: "/etc/tls/site.pem".to_owned(),
        ssl_certificate_key: "/etc/tls/site.key".to_owned(),
    }
}

fn sites() -> System {
    let here = |port| Server::new().listen([Listen::on(port).at([127, 0, 0, 1])]);
    let prefix = |path: &str| Path::Prefix(path.to_owned());
    let tell = Handler::Return(200, "$http_x_forwarded_proto $request_uri\n".to_owned());
    let backend = here(8080).location(prefix("/"), tell);
    let site = Server::new().root("/usr/share/www").location(
        prefix("/api/"),
        Handler::Proxy("http://127.0.0.1:8080".to_owned()),
    );
    let secure = Server::new()
        .name("nobody.invalid")
        .tls(tls())
        .root("/usr/share/www")
        .location(
            prefix("/api/"),
            Handler::Proxy("http://localhost:8080".to_owned()),
        );
    let config = NginxConfig {
        gzip: true,
        ..NginxConfig::new()
    };
    let hidden = Server::new()
        .listen([Listen::on(8081)])
        .root("/usr/share/www");
    let config = config
        .server(site)
        .server(secure)
        .server(backend)
        .server(hidden);
    web_server(config)
        .service(dhcp("eth0"))
        .package(curl)
        .file(File::new("/usr/share/www/index.html", "<p>hello\n"))
        .file(File::new("/usr/share/www/style.css", "p { color: red }\n"))
        .file(File::new("/etc/tls/site.pem", CERTIFICATE))
        .file(File::new("/etc/tls/site.key", KEY).mode(0o600))
}

/// What a server behind a port of this machine says, within ten seconds; nothing, if it is silent.
pub(crate) fn get(port: Option<u16>, path: &str) -> String {
    let port = port.expect("a forwarded port");
    let ask = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
        let mut said = String::new();
        // An end of any kind is an end.
        let _ = stream.read_to_string(&mut said);
        Ok::<_, std::io::Error>(said)
    };
    ask().unwrap_or_default()
}

#[test]
#[ignore = "builds an image and boots it"]
fn nginx_serves_and_proxies() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let machine = lab.machine("web", &qemu_x86_64(), &sites());
    let machine = machine.forward(80).forward(8081).start()?;
    machine.wait_ready("nginx")?;
    // From the moment on at which it is ready.
    assert_eq!(machine.succeed("curl -sf http://127.0.0.1/")?, "<p>hello");
    assert_eq!(machine.succeed("curl -sf http://[::1]/")?, "<p>hello");
    let headers = machine.succeed("curl -sfI http://127.0.0.1/style.css")?;
    assert!(
        headers.contains("text/css") && !headers.contains("1.26"),
        "{headers}"
    );
    let missing = "curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/nothing";
    assert_eq!(machine.succeed(missing)?, "404");
    assert_eq!(
        machine.succeed("curl -sf http://127.0.0.1/api/x")?,
        "http /api/x"
    );

    // The certificate is looked at, too.
    let secure = "curl -sf --cacert /etc/tls/site.pem --resolve nobody.invalid:443:127.0.0.1 \
        https://nobody.invalid";
    assert_eq!(machine.succeed(secure)?, "<p>hello");
    assert_eq!(machine.succeed(&format!("{secure}/api/y"))?, "https /api/y");
    machine.fail("curl -sf https://127.0.0.1/")?;

    // Requests are answered by processes that are not root's, and logged.
    rights::check(&machine, &["nginx"])?;
    machine.wait_until("grep -h 'GET /api/x' /var/log/nginx/current")?;

    // From outside, port 80 is open and all others are not.
    machine.wait_ready("dhcp.eth0")?;
    let (open, closed) = (machine.port(80), machine.port(8081));
    assert!(get(open, "/index.html").ends_with("<p>hello\n"));
    machine.succeed("curl -sf http://127.0.0.1:8081/ >/run/inside")?;
    assert_eq!(get(closed, "/"), "");

    // One that dies comes back.
    machine.succeed("kill -KILL $(s6-svstat -o pid /run/service/nginx)")?;
    machine.wait_until("curl -sf http://127.0.0.1/")?;
    machine.power_off()
}

#[test]
#[ignore = "builds nginx"]
fn what_nginx_refuses_makes_no_image() -> Result<(), LabError> {
    let lab = Lab::new()?;
    let config = NginxConfig {
        http_extra: vec!["nonsense on;".to_owned()],
        ..NginxConfig::new()
    };
    let setup = lab.machine("web", &qemu_x86_64(), &web_server(config));
    let Err(error) = setup.start() else {
        panic!("it was built");
    };
    let error = error.to_string();
    assert!(error.contains("unknown directive \"nonsense\""), "{error}");
    Ok(())
}
