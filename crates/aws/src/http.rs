//! Every HTTP client is made here: the SDK's, and the client that answers CloudFormation.
//!
//! | variable | what it does |
//! |---|---|
//! | `AWS_CA_BUNDLE` | the PEM file whose certificates are trusted, in place of the system's |
//! | `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` | the proxy for `https` endpoints, for `http` endpoints, for both where the others are not set |
//! | `NO_PROXY` | hosts, domains and networks that are reached without it |
//!
//! A variable's name in upper case is read first, then the name in lower case. An empty value
//! counts as unset. Loopback and link-local addresses, where credentials come from, are never
//! reached through a proxy. An answer that is longer than [`LONGEST_ANSWER`] is cut off while it
//! arrives.

use std::error::Error;
use std::fs;
use std::path::Path;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use writerlink_core::text::bounded;

/// The longest answer that is read, in bytes. The longest page of RDS (a hundred instances with
/// fifty tags each) is half as long.
pub const LONGEST_ANSWER: usize = 8 << 20;

/// Hosts that are reached without a proxy, whatever `NO_PROXY` says: this machine, and the
/// addresses at which AWS gives an instance its credentials, DNS and time.
const NEVER_PROXIED: &str = "localhost,127.0.0.0/8,::1,169.254.0.0/16,fe80::/10,fd00:ec2::/32";

/// A setting of the environment that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    #[error(
        "AWS_CA_BUNDLE names {path}, which {fault}: name a PEM file of root certificates, or unset \
         it to trust the system's"
    )]
    Bundle { path: String, fault: String },
    /// The address of a proxy cannot be used. The message does not repeat the address, because it
    /// can contain a password.
    #[error(
        "{name} cannot be used ({fault}): write it like `http://proxy.example.com:3128`, or unset \
         it"
    )]
    Proxy {
        /// The variable that holds the address.
        name: &'static str,
        fault: String,
    },
}

/// How servers are reached, and whose certificates are trusted.
#[derive(Debug, Clone, Default)]
pub struct WayOut {
    trust: TlsContext,
    /// For `http` endpoints.
    http: Option<ProxyConfig>,
    /// For `https` endpoints.
    https: Option<ProxyConfig>,
}

impl WayOut {
    /// Reads the variables of this process.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub fn of_process() -> Result<Self, HttpError> {
        Self::of(|name| std::env::var(name).ok())
    }

    /// Reads the variables that `variable` gives.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Result<Self, HttpError> {
        let set = |name: &'static str| {
            let names = [name.to_owned(), name.to_ascii_lowercase()];
            let values = names.iter().filter_map(|name| variable(name));
            values.map(|value| value.trim().to_owned()).find(|value| !value.is_empty())
        };
        let trust = match set("AWS_CA_BUNDLE") {
            Some(path) => trusting(Path::new(&path))?,
            None => TlsContext::default(),
        };
        let except = set("NO_PROXY").unwrap_or_default();
        let rules = rules(&except);
        // Before the proxies are read: those that are never used need not be usable.
        if rules.iter().any(|rule| rule == "*") {
            return Ok(Self { trust, ..Self::default() });
        }
        let rules = format!("{NEVER_PROXIED},{}", rules.join(","));
        let proxy = |name| set(name).map(|url| proxy(name, &url, &rules)).transpose();
        let all = proxy("ALL_PROXY");
        Ok(Self {
            trust,
            http: match proxy("HTTP_PROXY")? {
                // A bad `ALL_PROXY` is reported below, unless `HTTPS_PROXY` is set.
                None => all.clone().unwrap_or_default(),
                own => own,
            },
            https: match proxy("HTTPS_PROXY")? {
                None => all?,
                own => own,
            },
        })
    }

    /// A client for the SDK.
    pub fn client(&self) -> SharedHttpClient {
        let client = |proxy: &Option<ProxyConfig>| {
            let (trust, proxy) = (self.trust.clone(), proxy.clone());
            Builder::new().build_with_connector_fn(move |settings, components| {
                let sleep = components.and_then(RuntimeComponents::sleep_impl);
                let mut builder = Connector::builder()
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .tls_context(trust.clone());
                builder.set_connector_settings(settings.cloned());
                builder.set_sleep_impl(sleep);
                builder.set_proxy_config(proxy.clone());
                builder.build()
            })
        };
        SharedHttpClient::new(ByScheme { http: client(&self.http), https: client(&self.https) })
    }

    /// A connector by itself.
    pub fn connector(&self) -> SharedHttpConnector {
        let connector = |proxy: &Option<ProxyConfig>| {
            let mut builder = Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(self.trust.clone());
            builder.set_proxy_config(proxy.clone());
            SharedHttpConnector::new(builder.build())
        };
        SharedHttpConnector::new(ByScheme {
            http: connector(&self.http),
            https: connector(&self.https),
        })
    }
}

/// What is wrong with the server's certificate, if that caused the error.
pub fn certificate_fault(error: &(dyn Error + 'static)) -> Option<String> {
    let fault = rustls_error(error)?;
    let rustls::Error::InvalidCertificate(kind) = fault else {
        return matches!(fault, rustls::Error::NoCertificatesPresented)
            .then(|| "the server showed no certificate".to_owned());
    };
    let why = match kind {
        // A bad signature is what a new authority with its old name looks like.
        rustls::CertificateError::UnknownIssuer | rustls::CertificateError::BadSignature => {
            "its issuer is not among the trusted authorities".to_owned()
        }
        rustls::CertificateError::Expired | rustls::CertificateError::ExpiredContext { .. } => {
            format!("it has expired: {kind}")
        }
        rustls::CertificateError::NotValidForName
        | rustls::CertificateError::NotValidForNameContext { .. } => {
            format!("it is of another name: {kind}")
        }
        _ => kind.to_string(),
    };
    Some(bounded(&format!("the server's certificate was refused: {why}")))
}

/// Looks into an `io::Error` too, which gives what it wraps by `get_ref` and not as its source.
fn rustls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(found) = error.downcast_ref() {
        return Some(found);
    }
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    wrapped.and_then(|inner| rustls_error(inner)).or_else(|| error.source().and_then(rustls_error))
}

/// Trusts only the certificates of a file. A certificate that cannot be read is skipped if there is
/// another.
fn trusting(path: &Path) -> Result<TlsContext, HttpError> {
    let refuse = |fault: String| HttpError::Bundle {
        path: bounded(&path.display().to_string()),
        fault: bounded(&fault),
    };
    let pem = fs::read(path).map_err(|error| refuse(format!("cannot be read ({error})")))?;
    let mut trusted = TrustStore::empty();
    let (mut count, mut unusable) = (0, None);
    for block in certificates(&String::from_utf8_lossy(&pem)) {
        // One by one, so that a certificate that cannot be read is left out alone.
        match usable(block) {
            Ok(()) => {
                trusted.add_pem_certificate(block);
                count += 1;
            }
            Err(fault) => unusable = Some(fault),
        }
    }
    match (count, unusable) {
        (0, Some(fault)) => Err(refuse(format!("holds no certificate that can be used ({fault})"))),
        (0, None) => {
            Err(refuse("holds no certificate (no line `-----BEGIN CERTIFICATE-----`)".to_owned()))
        }
        _ => {
            let context = TlsContext::builder().with_trust_store(trusted).build();
            context.map_err(|error| refuse(format!("cannot be used ({error})")))
        }
    }
}

/// The certificates of a PEM text, one by one.
fn certificates(pem: &str) -> impl Iterator<Item = &str> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    // From the last beginning, because comments and other blocks may stand before it.
    pem.split_inclusive(END).filter_map(|part| part.rfind(BEGIN).map(|begin| &part[begin..]))
}

fn usable(block: &str) -> Result<(), String> {
    let certificate =
        CertificateDer::from_pem_slice(block.as_bytes()).map_err(|error| error.to_string())?;
    RootCertStore::empty().add(certificate).map_err(|error| error.to_string())
}

fn proxy(name: &'static str, url: &str, rules: &str) -> Result<ProxyConfig, HttpError> {
    // curl takes an address without a scheme for an HTTP proxy's, so users write it so.
    let url = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    ProxyConfig::all(url.as_str())
        .map(|proxy| proxy.no_proxy(rules))
        .map_err(|error| HttpError::Proxy { name, fault: bounded(&error.to_string()) })
}

/// The rules of a `NO_PROXY`, in the one notation that the client knows. A domain includes its
/// hosts, with or without `*.` or a dot before it. A port after a host is ignored.
fn rules(text: &str) -> Vec<String> {
    let rule = |entry: &str| {
        let entry = entry.strip_prefix("*.").unwrap_or(entry);
        let entry = match entry.rsplit_once(':') {
            Some((host, port)) if is_host(host) && port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => entry,
        };
        entry.trim_matches(['[', ']']).to_owned()
    };
    let entries = text.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
    entries.map(rule).collect()
}

/// Whether the text before a colon is a whole host, and not a part of an IPv6 address.
fn is_host(text: &str) -> bool {
    !text.contains(':') || text.ends_with(']')
}

/// One client for each scheme, because each scheme can have its own proxy.
#[derive(Debug)]
struct ByScheme<T> {
    http: T,
    https: T,
}

impl HttpClient for ByScheme<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(ByScheme {
            http: self.http.http_connector(settings, components),
            https: self.https.http_connector(settings, components),
        })
    }

    /// Loads the certificates, so that the first call need not wait for that.
    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), aws_smithy_runtime_api::box_error::BoxError> {
        self.https.validate_base_client_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.https.connector_metadata()
    }
}

impl HttpConnector for ByScheme<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_https =
            request.uri().get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"));
        let call = if is_https { &self.https } else { &self.http }.call(request);
        HttpConnectorFuture::new(async move { Ok(call.await?.map(cut_off)) })
    }
}

/// The body of an answer, which ends in an error when it becomes too long.
fn cut_off(body: SdkBody) -> SdkBody {
    SdkBody::from_body_1_x(Limited::new(body, LONGEST_ANSWER).map_err(|error| {
        if error.is::<LengthLimitError>() {
            format!(
                "the answer is longer than {} MiB, and was not read further",
                LONGEST_ANSWER >> 20
            )
            .into()
        } else {
            error
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(variables: &[(&str, &str)]) -> Result<WayOut, HttpError> {
        WayOut::of(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn without_variables_there_is_no_proxy_and_an_empty_one_is_none() {
        for variables in
            [&[][..], &[("HTTPS_PROXY", ""), ("http_proxy", " "), ("AWS_CA_BUNDLE", "")]]
        {
            let way = way(variables).expect("nothing to refuse");
            assert!(way.http.is_none() && way.https.is_none(), "{variables:?}");
        }
    }

    #[test]
    fn each_scheme_has_the_proxy_of_its_variable_or_that_of_all() {
        let shown = |variables: &[(&str, &str)]| {
            let way = way(variables).expect("good");
            let uri = |proxy: Option<ProxyConfig>| {
                let text = format!("{proxy:?}");
                let host = text.split("http://").nth(1).unwrap_or("none");
                host.split('/').next().unwrap_or_default().to_owned()
            };
            [uri(way.http), uri(way.https)]
        };
        assert_eq!(shown(&[("HTTPS_PROXY", "http://a:1")]), ["none", "a:1"]);
        assert_eq!(shown(&[("https_proxy", "a:1")]), ["none", "a:1"]);
        assert_eq!(shown(&[("HTTPS_PROXY", ""), ("https_proxy", "http://a:1")]), ["none", "a:1"]);
        assert_eq!(shown(&[("HTTP_PROXY", "http://b:1")]), ["b:1", "none"]);
        assert_eq!(
            shown(&[("ALL_PROXY", "http://c:1"), ("HTTPS_PROXY", "http://a:1")]),
            ["c:1", "a:1"]
        );
        assert_eq!(shown(&[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", "x, *")]), ["none", "none"]);
        assert_eq!(
            shown(&[("HTTPS_PROXY", "http://a:1"), ("all_proxy", "socks5://c:1")]),
            ["none", "a:1"]
        );
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_by_its_variable_and_its_password_stays_secret() {
        for (name, value) in [
            ("HTTPS_PROXY", "socks5://user:secret@proxy:1080"),
            ("HTTP_PROXY", "http://user:secret@"),
            ("ALL_PROXY", "http://user:secret@pro xy"),
            ("HTTPS_PROXY", "ftp://user:secret@proxy"),
        ] {
            let error = way(&[(name, value)]).expect_err(value).to_string();
            assert!(error.starts_with(name) && !error.contains("secret"), "{error}");
        }
        let debug = format!("{:?}", way(&[("HTTPS_PROXY", "proxy:3128")]));
        assert!(debug.contains("proxy:3128"), "{debug}");
    }

    #[test]
    fn every_way_to_write_an_exception_is_understood() {
        assert_eq!(
            rules(
                "*.internal, .corp.example \
                 example.com:8443,10.0.0.0/8,[fd12::7]:443,fd12::/48,::1,[::1]"
            ),
            [
                "internal",
                ".corp.example",
                "example.com",
                "10.0.0.0/8",
                "fd12::7",
                "fd12::/48",
                "::1",
                "::1"
            ]
        );
    }

    #[test]
    fn a_bundle_that_gives_no_certificate_is_refused_by_its_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("written");
            path.display().to_string()
        };
        let begin = "-----BEGIN CERTIFICATE-----";
        let end = "-----END CERTIFICATE-----";
        for (path, says) in [
            (folder.path().join("nowhere.pem").display().to_string(), "cannot be read"),
            (folder.path().display().to_string(), "cannot be read"),
            (file("empty.pem", ""), "holds no certificate"),
            (file("text.pem", "hello"), "holds no certificate"),
            (
                file("key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
                "holds no certificate",
            ),
            (file("cut.pem", &format!("{begin}\nAAAA\n")), "holds no certificate"),
            (
                file("broken.pem", &format!("{begin}\nAA!A\n{end}\n")),
                "holds no certificate that can be used",
            ),
            (
                file("other.pem", &format!("{begin}\nAAAA\n{end}\n")),
                "holds no certificate that can be used",
            ),
        ] {
            let error = way(&[("AWS_CA_BUNDLE", &path)]).expect_err(&path).to_string();
            assert!(error.contains(&path) && error.contains(says), "{error}");
        }
    }
}
