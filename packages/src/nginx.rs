//! nginx: a web server and proxy.

use distill::cc_package;
use distill::package::{Config, execline, strip_all};
use distill::plan::Plan;

use crate::{openssl, pcre2, zlib};

/// nginx with TLS, HTTP/2 and streams; every module that there is lies in the program.
///
/// Nothing is installed below `/etc`: the configuration is the service's. It may include
/// `/usr/share/nginx/mime.types`, and `fastcgi_params` and the like beside it.
pub fn nginx(config: &Config) -> Plan {
    // What a configuration does not say. The kernel that builds has no part in the result.
    let platform = format!("--crossbuild=Linux:6.12.0:{}", config.arch().name());
    cc_package! { config,
        name: "nginx", version: "1.26.3",
        licence: "BSD-2-Clause", homepage: "https://nginx.org/", cpe: "f5:nginx",
        source: url("https://nginx.org/download/nginx-$version.tar.gz",
            sha256("69ee2b237744036e61d24b836668aad3040dda461fe6f570f1787eab570c75aa"))
            .or_debian("n/nginx/nginx_$version.orig.tar.gz"),
        libs: [pcre2, zlib, openssl],
        script: execline! {
            importas -i cc CC
            importas -i cflags CFLAGS
            importas -i ldflags LDFLAGS
            if { "./configure" #{platform}
                --with-cc=$cc --with-cc-opt=$cflags --with-ld-opt=$ldflags
                --prefix=/var/lib/nginx --sbin-path=/usr/sbin/nginx --conf-path=/etc/nginx/nginx.conf
                --pid-path=/run/nginx/nginx.pid --lock-path=/run/nginx/nginx.lock
                --error-log-path=stderr --http-log-path=/proc/self/fd/1
                --http-client-body-temp-path=/var/lib/nginx/body
                --http-proxy-temp-path=/var/lib/nginx/proxy
                --http-fastcgi-temp-path=/var/lib/nginx/fastcgi
                --http-uwsgi-temp-path=/var/lib/nginx/uwsgi
                --http-scgi-temp-path=/var/lib/nginx/scgi
                --user=nginx --group=nginx --with-threads
                --with-http_ssl_module --with-http_v2_module --with-http_realip_module
                --with-http_addition_module --with-http_sub_module --with-http_gunzip_module
                --with-http_gzip_static_module --with-http_auth_request_module
                --with-http_random_index_module --with-http_secure_link_module
                --with-http_slice_module --with-http_stub_status_module
                --with-stream --with-stream_ssl_module --with-stream_realip_module
                --with-stream_ssl_preread_module }
            if { make }
            if { install -D -m 755 "objs/nginx" "/out/usr/sbin/nginx" }
            if { install -D -m 644 -t "/out/usr/share/nginx" "conf/mime.types" "conf/fastcgi_params"
                "conf/scgi_params" "conf/uwsgi_params" }
            #{strip_all()}
        },
    }
}
