//! The few reads for which no SDK crate is linked, on the SDK's own orchestrator and signer
//! (docs/decisions/011-closed-calls.md).
//!
//! | module | what |
//! |---|---|
//! | [`operation`] | the closed list of calls |
//! | [`query`], [`rest_json`] | a request and an answer in each of the two protocols |
//! | [`xml`] | the answers of the query protocols |
//! | [`endpoint`] | where a service is |
//!
//! Credentials, proxies, certificates, the bound of a body and the clock's correction are the
//! SDK's, as for every other call. An attempt is made again as `AccountReader` says.

mod endpoint;
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
use writerlink_core::failure::{CallError, Failure};

pub(crate) use endpoint::configured;
pub(crate) use operation::Operation;
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

/// What is sent.
#[derive(Debug, Clone)]
enum Request {
    /// A form, in the body of a POST.
    Form(String),
    /// A path with its query string, which a GET asks for.
    Path(String),
}

impl Caller {
    /// `config` must have an HTTP client, a Region, timeouts and retries.
    pub(crate) fn new(config: SdkConfig) -> Self {
        Self(Arc::new(config))
    }

    /// Makes a call of a query protocol, and returns the element that holds the answer's members.
    pub(crate) async fn query(&self, form: Form) -> Result<Element, CallError> {
        let operation = form.operation();
        let body = self.send(operation, Request::Form(form.finish())).await?;
        query::result(operation, &body).map_err(|fault| malformed(operation.action(), fault))
    }

    /// Makes a call of the REST JSON protocol, and returns the answer's members.
    pub(crate) async fn get<T>(&self, path: Path) -> Result<T, CallError>
    where
        T: serde::de::DeserializeOwned,
    {
        let operation = path.operation();
        let body = self.send(operation, Request::Path(path.finish())).await?;
        serde_json::from_str(&body).map_err(|fault| malformed(operation.action(), fault))
    }

    /// Where the service of `operation` is, without a slash at its end.
    pub(crate) async fn endpoint(&self, operation: Operation) -> Result<String, CallError> {
        let endpoint = endpoint::resolve(&self.0, operation.service()).await;
        let endpoint = endpoint
            .map_err(|fault| CallError::new(operation.action(), Failure::Unreachable, fault))?;
        Ok(endpoint.trim_end_matches('/').to_owned())
    }

    async fn send(&self, operation: Operation, request: Request) -> Result<String, CallError> {
        let endpoint = self.endpoint(operation).await?;
        let call = |watch: Watch| {
            let call = self.orchestrated(operation, &endpoint, watch.without_end());
            async move { call.invoke(request).await }
        };
        read(operation.action(), call).await
    }

    fn orchestrated(
        &self,
        operation: Operation,
        endpoint: &str,
        watch: Watch,
    ) -> Orchestrated<Request, String, ErrorMetadata> {
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
            .serializer(|request| Ok(http_request(request)?))
            .deserializer(move |answer| text(operation, answer))
            .build()
    }

    /// Signature version 4 with the credentials of every other client.
    fn signing(&self, operation: Operation) -> StaticRuntimePlugin {
        let service = operation.service();
        let mut layer = Layer::new("call");
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(SigV4OperationSigningConfig::default());
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

fn http_request(request: Request) -> Result<HttpRequest, HttpError> {
    match request {
        Request::Path(path) => HttpRequest::get(path),
        Request::Form(form) => {
            let mut request = HttpRequest::new(SdkBody::from(form));
            request.set_method("POST")?;
            request.set_uri("/")?;
            request.headers_mut().insert("content-type", "application/x-www-form-urlencoded");
            Ok(request)
        }
    }
}

/// The body of an answer, or the error that it tells of.
fn text(
    operation: Operation,
    answer: &HttpResponse,
) -> Result<String, OrchestratorError<ErrorMetadata>> {
    let body = answer.body().bytes().unwrap_or_default();
    if answer.status().is_success() {
        let body = std::str::from_utf8(body).map_err(OrchestratorError::other)?;
        return Ok(body.to_owned());
    }
    let body = String::from_utf8_lossy(body);
    Err(OrchestratorError::operation(if operation.is_rest() {
        rest_json::error(answer.headers().get("x-amzn-errortype"), &body)
    } else {
        query::error(&body)
    }))
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
