//! Where each service is, in every Region, compared with what botocore says.

use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use writerlink_aws::Clients;

use super::botocore;

/// Sends nothing, and keeps where the last request would have gone.
#[derive(Debug, Clone, Default)]
struct Nowhere(Arc<Mutex<Option<String>>>);

impl HttpConnector for Nowhere {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let uri = request.uri().trim_start_matches("https://");
        let host = uri.split(['/', '?']).next().unwrap_or_default();
        *self.0.lock().unwrap() = Some(format!("https://{host}"));
        HttpConnectorFuture::ready(Err(ConnectorError::user("nothing is sent".into())))
    }
}

impl HttpClient for Nowhere {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// A profile whose `services` section has an endpoint of one service.
#[derive(Debug)]
struct Profile {
    service: &'static str,
    url: &'static str,
}

impl LoadServiceConfig for Profile {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let asked = (key.service_id(), key.env(), key.profile());
        let ours = (self.service, "AWS_ENDPOINT_URL", "endpoint_url");
        (asked == ours).then(|| self.url.to_owned())
    }
}

async fn ask(clients: &Clients, service: &str, region: &str) {
    let reader = clients.account_reader();
    let outside =
        async |place: &str| clients.remote_reader().read(&place.parse().unwrap()).await.map(drop);
    let _ = match service {
        "sts" => reader.identity().await.map(drop),
        "ec2" => reader.endpoint_services().await.map(drop),
        "lambda" => reader.function("link").await.map(drop),
        "scheduler" => reader.schedules().await.map(drop),
        "cloudwatch" => reader.alarms().await.map(drop),
        "sqs" => reader.queue_attributes(&format!("arn:aws:sqs:{region}:1:q")).await.map(drop),
        "ssm" => outside("ssm:orders").await,
        "s3" => outside("s3://bindings/orders").await,
        other => panic!("nobody asks {other}"),
    };
}

fn config(nowhere: &Nowhere, region: &str) -> aws_types::sdk_config::Builder {
    let anyone = Credentials::new("lab", "lab", None, None, "lab");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(nowhere.clone())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(anyone))
}

#[tokio::test]
async fn every_service_is_where_botocore_says_in_every_region_with_fips_and_dual_stack() {
    let Some(said) = botocore() else { return };
    let rows = said["endpoints"].as_array().unwrap();
    assert!(rows.len() > 500, "{}", rows.len());
    for row in rows {
        let (service, region) = (row[0].as_str().unwrap(), row[1].as_str().unwrap());
        let nowhere = Nowhere::default();
        let config = config(&nowhere, region)
            .use_fips(row[2].as_bool().unwrap())
            .use_dual_stack(row[3].as_bool().unwrap());
        ask(&Clients::on(config.build()).unwrap(), service, region).await;
        let asked = nowhere.0.lock().unwrap().take();
        assert_eq!(asked.as_deref(), row[4].as_str(), "{row}");
    }
}

#[tokio::test]
async fn a_services_own_endpoint_comes_before_that_of_all_services() {
    for (service, asked) in [("ec2", "https://ec2.example.com"), ("sts", "https://all.example.com")]
    {
        let nowhere = Nowhere::default();
        let config = config(&nowhere, "eu-west-1")
            .endpoint_url("https://all.example.com")
            .service_config(Profile { service: "EC2", url: "https://ec2.example.com" })
            .build();
        ask(&Clients::on(config).unwrap(), service, "eu-west-1").await;
        assert_eq!(nowhere.0.lock().unwrap().take().as_deref(), Some(asked), "{service}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_a_url_is_named_without_the_request() {
    for (service, url, refuses) in [
        ("RDS", "nonsense", true),
        ("Elastic Load Balancing v2", "http://a b", true),
        ("EC2", "nonsense", false),
        ("SNS", "nonsense", false),
    ] {
        let config = config(&Nowhere::default(), "eu-west-1");
        let clients = Clients::on(config.service_config(Profile { service, url }).build());
        let says = match clients {
            Err(fault) if refuses => fault.to_string(),
            Ok(clients) if service == "EC2" => {
                clients.account_reader().endpoint_services().await.unwrap_err().to_string()
            }
            Ok(clients) => {
                let reader = clients.account_reader();
                let topic = "arn:aws:sns:eu-west-1:111122223333:out";
                reader.topic_attributes(topic).await.unwrap_err().to_string()
            }
            Err(fault) => panic!("{service}: {fault}"),
        };
        assert!(says.contains(url) && !says.contains("Request {"), "{service}: {says}");
    }
}
