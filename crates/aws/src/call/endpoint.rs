//! Where a service is.

use aws_config::SdkConfig;
use aws_sdk_rds::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use aws_types::service_config::ServiceConfigKey;

use super::operation::Service;

/// The URL of a service: the one that is configured, or else that of the Region, for FIPS and dual
/// stack where these are asked for.
///
/// The SDK's resolver of RDS knows each Region's partition, its DNS suffixes and what it supports.
/// The hosts of the other services differ from RDS's in their first label only, but for what
/// [`suffix`] says.
pub(super) async fn resolve(config: &SdkConfig, service: Service) -> Result<String, String> {
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    // S3 has dual stack in its own domain (AWS docs: "Using Amazon S3 dual-stack endpoints").
    let is_of_s3 = service == Service::S3;
    if is_of_s3 && config.use_fips() == Some(true) && region.starts_with("cn-") {
        return Err(format!("S3 has no FIPS endpoint in {region}"));
    }
    let dual_stack = config.use_dual_stack().map(|asked| asked && !is_of_s3);
    let configured = configured(config, service.id());
    let params = Params::builder()
        .region(&region)
        .set_use_fips(config.use_fips())
        .set_use_dual_stack(dual_stack)
        .set_endpoint(configured.clone())
        .build()
        .map_err(|fault| fault.to_string())?;
    let endpoint = DefaultResolver::new().resolve_endpoint(&params).await;
    let endpoint = endpoint.map_err(|fault| fault.to_string())?;
    let url = endpoint.url();
    match url.strip_prefix("https://rds").and_then(|rest| rest.split_once('.')) {
        Some((fips, domain)) if configured.is_none() => {
            let fips = match config.use_fips() {
                Some(true) => suffix(service, &region, fips),
                _ => "",
            };
            let dual = match config.use_dual_stack() {
                Some(true) if is_of_s3 => ".dualstack",
                _ => "",
            };
            Ok(format!("https://{}{fips}{dual}.{domain}", service.signing_name()))
        }
        _ => Ok(url.to_owned()),
    }
}

/// The URL of the configuration: the caller's own, the service's, or that of all services, in this
/// order, as the SDK's clients read it. `id` is the service's name as botocore's `serviceId`.
pub(crate) fn configured(config: &SdkConfig, id: &str) -> Option<String> {
    let of_all = config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return of_all;
    }
    let key = ServiceConfigKey::builder()
        .service_id(id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    key.ok().and_then(|key| config.service_config()?.load_config(key)).or(of_all)
}

/// What ends the first label of a FIPS host, given what ends that of RDS. In the GovCloud Regions,
/// where most hosts are FIPS hosts anyway, three services differ from RDS (botocore 1.43,
/// `endpoint-rule-set-1.json` of each).
fn suffix<'a>(service: Service, region: &str, rds: &'a str) -> &'a str {
    match service {
        Service::Lambda | Service::Scheduler if region.starts_with("us-gov-") => "-fips",
        // In every Region.
        Service::S3 => "-fips",
        Service::CloudWatch if region.starts_with("us-gov-") => "",
        _ => rds,
    }
}
