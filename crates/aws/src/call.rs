//! The few reads for which no SDK crate is linked, on the SDK's own orchestrator and signer
//! (docs/decisions/011-closed-calls.md).
//!
//! | module | what |
//! |---|---|
//! | [`operation`] | the closed list of calls |
//! | [`query`], [`rest_json`] | a request and an answer of these two protocols |
//! | [`object`] | where an object of S3 is; [`Caller::target`] is JSON 1.1, for SSM |
//! | [`xml`] | the answers of the query protocols |
//! | [`endpoint`] | where a service is |
//!
//! Credentials, proxies, certificates, the bound of a body and the clock's correction are the
//! SDK's, as for every other call. An attempt is made again as `AccountReader` says.

mod endpoint;
mod object;
mod operation;
mod query;
mod rest_json;
mod xml;

use std::sync::Arc;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{self, SigV4AuthScheme};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::orchestrator::operation::Operation as Orchestrated;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{AuthSchemeOptionResolverParams, SharedAuthScheme};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_runtime_api::http::HttpError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use serde_json::Value;
use writerlink_core::failure::{CallError, Failure};

pub(crate) use endpoint::configured;
pub(crate) use object::ObjectPath;
pub(crate) use operation::Operation;
use operation::Protocol;
pub(crate) use query::Form;
pub(crate) use rest_json::Path;
pub(crate) use xml::Element;

use crate::read::{malformed, read};
use crate::watch::Watch;

/// The version that the user agent gives for these calls.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Makes the calls of the closed list.
#[derive(Debug, Clone)]
pub(crate) struct Caller(Arc<SdkConfig>);

/// The bytes of an object, and its version.
pub(crate) type Object = (Vec<u8>, String);

/// What is sent.
#[derive(Debug, Clone)]
enum Request {
    /// A form, in the body of a POST.
    Form(String),
    /// A path with its query string, which a GET asks for.
    Path(String),
    /// JSON, in the body of a POST whose header names the operation.
    Target(&'static str, String),
}

/// A whole answer.
#[derive(Debug)]
struct Answer {
    body: Vec<u8>,
    /// Which version of an object it is: its id in a bucket with versions, else its ETag.
    version: Option<String>,
}

impl Answer {
    fn text(self, operation: Operation) -> Result<String, CallError> {
        String::from_utf8(self.body).map_err(|fault| malformed(operation.action(), fault))
    }
}

impl Caller {
    /// `config` must have an HTTP client, a Region, timeouts and retries.
    pub(crate) fn new(config: SdkConfig) -> Self {
        Self(Arc::new(config))
    }

    /// Makes a call of a query protocol, and returns the element that holds the answer's members.
    pub(crate) async fn query(&self, form: Form) -> Result<Element, CallError> {
        let operation = form.operation();
        let endpoint = self.endpoint(operation).await?;
        let answer = self.send(operation, &endpoint, Request::Form(form.finish())).await?;
        let body = answer.text(operation)?;
        query::result(operation, &body).map_err(|fault| malformed(operation.action(), fault))
    }

    /// Makes a call of the REST JSON protocol, and returns the answer's members.
    pub(crate) async fn get<T>(&self, path: Path) -> Result<T, CallError>
    where
        T: serde::de::DeserializeOwned,
    {
        let operation = path.operation();
        let endpoint = self.endpoint(operation).await?;
        let answer = self.send(operation, &endpoint, Request::Path(path.finish())).await?;
        members(operation, answer)
    }

    /// Makes a call of the JSON 1.1 protocol, and returns the answer's members. `prefix` is the
    /// service's in the header (botocore, `targetPrefix`).
    pub(crate) async fn target<T>(
        &self,
        operation: Operation,
        prefix: &'static str,
        parameters: &Value,
    ) -> Result<T, CallError>
    where
        T: serde::de::DeserializeOwned,
    {
        let endpoint = self.endpoint(operation).await?;
        let request = Request::Target(prefix, parameters.to_string());
        members(operation, self.send(operation, &endpoint, request).await?)
    }

    /// Reads an object, and gives its bytes and its version.
    pub(crate) async fn object(&self, path: &ObjectPath<'_>) -> Result<Object, CallError> {
        let operation = path.operation();
        let endpoint = self.endpoint(operation).await?;
        let is_configured = configured(&self.0, operation.service().id()).is_some();
        let (host, path) = path.on(&endpoint, is_configured);
        let Answer { body, version } = self.send(operation, &host, Request::Path(path)).await?;
        let version = version.ok_or_else(|| malformed(operation.action(), "it has no ETag"))?;
        Ok((body, version))
    }

    /// Where the service of `operation` is, without a slash at its end.
    pub(crate) async fn endpoint(&self, operation: Operation) -> Result<String, CallError> {
        let endpoint = endpoint::resolve(&self.0, operation.service()).await;
        let endpoint = endpoint
            .map_err(|fault| CallError::new(operation.action(), Failure::Unreachable, fault))?;
        Ok(endpoint.trim_end_matches('/').to_owned())
    }

    async fn send(
        &self,
        operation: Operation,
        endpoint: &str,
        request: Request,
    ) -> Result<Answer, CallError> {
        let call = |watch: Watch| {
            let call = self.orchestrated(operation, endpoint, watch.without_end());
            async move { call.invoke(request).await }
        };
        read(operation.action(), call).await
    }

    fn orchestrated(
        &self,
        operation: Operation,
        endpoint: &str,
        watch: Watch,
    ) -> Orchestrated<Request, Answer, ErrorMetadata> {
        let service = operation.service();
        let mut builder = Orchestrated::builder()
            .service_name(service.id())
            .operation_name(operation.name())
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(endpoint)
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
            .retry_classifier(ServiceClockSkewClassifier::<ErrorMetadata>::new())
            .interceptor(ServiceClockSkewInterceptor::new())
            .interceptor(UserAgentInterceptor::new())
            .interceptor(watch)
            .with_connection_poisoning()
            .runtime_plugin(self.signing(operation));
        if let Some(client) = self.0.http_client() {
            builder = builder.http_client(client);
        }
        if let Some(sleep) = self.0.sleep_impl() {
            builder = builder.sleep_impl(sleep);
        }
        if let Some(time) = self.0.time_source() {
            builder = builder.time_source(time);
        }
        if let Some(timeouts) = self.0.timeout_config() {
            builder = builder.timeout_config(timeouts.clone());
        }
        if let Some(retries) = self.0.retry_config() {
            builder = builder.standard_retry(retries);
        }
        builder
            .serializer(move |request| Ok(http_request(operation, request)?))
            .deserializer(move |answer| whole(operation, answer))
            .build()
    }

    /// Signature version 4 with the credentials of every other client.
    fn signing(&self, operation: Operation) -> StaticRuntimePlugin {
        let service = operation.service();
        let mut layer = Layer::new("call");
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(signing_config(operation));
        layer.store_put(SigningName::from_static(service.signing_name()));
        layer.store_put(ApiMetadata::new(service.id(), VERSION));
        if let Some(region) = self.0.region() {
            layer.store_put(SigningRegion::from(region.clone()));
        }
        if let Some(name) = self.0.app_name() {
            layer.store_put(name.clone());
        }
        let mut components = RuntimeComponentsBuilder::new("call");
        let schemes = StaticAuthSchemeOptionResolver::new(vec![sigv4::SCHEME_ID]);
        components.set_auth_scheme_option_resolver(Some(schemes));
        components.push_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()));
        components.set_identity_cache(self.0.identity_cache());
        if let Some(provider) = self.0.credentials_provider() {
            components.set_identity_resolver(sigv4::SCHEME_ID, provider);
        }
        StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components)
    }
}

/// S3 signs a path as it is sent, and wants the hash of the body in a header (AWS docs: S3,
/// "Signature Calculations for the Authorization Header").
fn signing_config(operation: Operation) -> SigV4OperationSigningConfig {
    let mut config = SigV4OperationSigningConfig::default();
    if operation.protocol() == Protocol::Object {
        config.signing_options.double_uri_encode = false;
        config.signing_options.normalize_uri_path = false;
        config.signing_options.content_sha256_header = true;
    }
    config
}

fn http_request(operation: Operation, request: Request) -> Result<HttpRequest, HttpError> {
    let post = |body: String, content: &'static str| {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("POST")?;
        request.set_uri("/")?;
        request.headers_mut().insert("content-type", content);
        Ok(request)
    };
    match request {
        Request::Path(path) => HttpRequest::get(path),
        Request::Form(form) => post(form, "application/x-www-form-urlencoded"),
        Request::Target(prefix, json) => {
            let mut request = post(json, "application/x-amz-json-1.1")?;
            let target = format!("{prefix}.{}", operation.name());
            request.headers_mut().insert("x-amz-target", target);
            Ok(request)
        }
    }
}

/// The members of an answer in JSON.
fn members<T: serde::de::DeserializeOwned>(
    operation: Operation,
    answer: Answer,
) -> Result<T, CallError> {
    serde_json::from_slice(&answer.body).map_err(|fault| malformed(operation.action(), fault))
}

/// The body of an answer, or the error that it tells of.
fn whole(
    operation: Operation,
    answer: &HttpResponse,
) -> Result<Answer, OrchestratorError<ErrorMetadata>> {
    let body = answer.body().bytes().unwrap_or_default();
    let header = |name| answer.headers().get(name).filter(|value| !value.is_empty());
    if answer.status().is_success() {
        // In a bucket whose versioning is suspended, the id is `null`.
        let id = header("x-amz-version-id").filter(|id| *id != "null");
        let version = id.or(header("etag").map(|tag| tag.trim_matches('"')));
        return Ok(Answer { body: body.to_vec(), version: version.map(str::to_owned) });
    }
    let body = String::from_utf8_lossy(body);
    let error = match operation.protocol() {
        Protocol::Json => rest_json::error(header("x-amzn-errortype"), &body),
        Protocol::Query => query::error(&body),
        Protocol::Object => {
            let error = query::error(&body);
            // Where the bucket is, in an error that is about that (AWS docs: S3 "Making requests").
            let region = header("x-amz-bucket-region").filter(|_| answer.status().as_u16() != 403);
            let is_in = region.map(|region| format!(" (the bucket is in {region})"));
            let message = error.message().unwrap_or_default();
            let message = format!("{message}{}", is_in.unwrap_or_default());
            metadata(error.code().map(str::to_owned), Some(message))
        }
    };
    Err(OrchestratorError::operation(error))
}

fn metadata(code: Option<String>, message: Option<String>) -> ErrorMetadata {
    let mut metadata = ErrorMetadata::builder();
    if let Some(code) = code {
        metadata = metadata.code(code);
    }
    if let Some(message) = message {
        metadata = metadata.message(message);
    }
    metadata.build()
}
