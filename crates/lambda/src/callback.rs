//! Sends answers to the ResponseURLs of CloudFormation.

use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use writerlink_aws::http::{HttpError, WayOut, certificate_fault};
use writerlink_core::failure::bounded;

/// The timeout of one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// The longest time that [`Callback::put`] takes: two attempts.
pub const LONGEST_PUT: Duration = Duration::from_secs(6);

/// Puts answers to ResponseURLs. It builds its connector at the first answer: few invocations come
/// from a stack, and loading the system's certificates takes longer than the rest of the start. The
/// connector uses the same proxies and trusts the same certificates as the AWS clients
/// ([`WayOut`]).
#[derive(Debug, Default)]
pub struct Callback {
    connector: OnceLock<Result<SharedHttpConnector, HttpError>>,
}

impl Callback {
    pub fn through(connector: impl HttpConnector + 'static) -> Self {
        Self { connector: OnceLock::from(Ok(SharedHttpConnector::new(connector))) }
    }

    /// Checks that a request to this URL can be built, without sending it.
    ///
    /// # Errors
    /// If it is not a URL.
    pub fn check(url: &str) -> Result<(), String> {
        request(url, "").map(|_| ())
    }

    /// Puts `body` to `url`, with one retry.
    ///
    /// # Errors
    /// If neither attempt got a success. The text does not repeat the URL, which is a secret.
    pub async fn put(&self, url: &str, body: &str) -> Result<(), String> {
        match self.try_once(url, body).await {
            Ok(()) => Ok(()),
            Err(first) => self.try_once(url, body).await.map_err(|second| {
                if first == second {
                    format!("{first}, twice")
                } else {
                    format!("{first}, then {second}")
                }
            }),
        }
    }

    async fn try_once(&self, url: &str, body: &str) -> Result<(), String> {
        let request = request(url, body)?;
        let connector = self.connector.get_or_init(|| Ok(WayOut::of_process()?.connector()));
        let connector = connector.as_ref().map_err(ToString::to_string)?;
        match tokio::time::timeout(ATTEMPT_TIMEOUT, connector.call(request)).await {
            Ok(Ok(response)) if response.status().is_success() => Ok(()),
            Ok(Ok(response)) => Err(format!("the bucket answered {}", response.status().as_u16())),
            Ok(Err(error)) => Err(match certificate_fault(&error) {
                Some(fault) => {
                    format!("{fault} (AWS_CA_BUNDLE names the file of trusted certificates)")
                }
                None => bounded(&chain(&error).replace(url, "the ResponseURL")),
            }),
            Err(_) => Err(format!("no answer within {} s", ATTEMPT_TIMEOUT.as_secs())),
        }
    }
}

/// The URL is signed for a PUT with an empty content type. Any other value would break the
/// signature (AWS docs, "cfn-response module": `content-type: ''`).
fn request(url: &str, body: &str) -> Result<HttpRequest, String> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    let not_a_url = |_| "the ResponseURL is not a URL".to_owned();
    request.set_method("PUT").map_err(|_| "PUT is not a method".to_owned())?;
    request.set_uri(url).map_err(not_a_url)?;
    request.headers_mut().insert("content-type", "");
    Ok(request)
}

/// The text of an error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests {
    use aws_smithy_http_client::Connector;

    use super::*;
    use crate::loopback::Server;

    async fn put(answers: &[&'static str]) -> (Result<(), String>, Vec<String>) {
        let server = Server::answering(answers).await;
        let callback = Callback::through(Connector::builder().build_http());
        let url = format!("http://{}/arn%3Aaws%7CFollow?X-Amz-Signature=secret", server.address());
        let result = callback.put(&url, "{\"Status\":\"SUCCESS\"}").await;
        (result, server.requests())
    }

    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const DENIED: &str = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

    #[tokio::test]
    async fn an_answer_is_put_whole_with_an_empty_content_type_and_its_length() {
        let (result, requests) = put(&[OK]).await;
        assert_eq!(result, Ok(()));
        let [request] = requests.as_slice() else { panic!("one request, not {requests:?}") };
        assert!(
            request.starts_with("PUT /arn%3Aaws%7CFollow?X-Amz-Signature=secret HTTP/1.1\r\n"),
            "{request}"
        );
        let lines: Vec<String> = request.lines().map(str::to_ascii_lowercase).collect();
        assert!(lines.iter().any(|line| line.trim_end() == "content-type:"), "{request}");
        assert!(lines.iter().any(|line| line == "content-length: 20"), "{request}");
        assert!(!lines.iter().any(|line| line.starts_with("transfer-encoding")), "{request}");
        assert!(request.ends_with("{\"Status\":\"SUCCESS\"}"), "{request}");
    }

    #[tokio::test]
    async fn a_put_that_fails_is_tried_once_more() {
        let (result, requests) = put(&[DENIED, OK]).await;
        assert_eq!((result, requests.len()), (Ok(()), 2));
        assert_eq!(requests[0], requests[1]);
    }

    #[tokio::test]
    async fn a_put_that_fails_twice_is_an_error_that_keeps_the_signature_to_itself() {
        let (result, requests) = put(&[DENIED, DENIED, OK]).await;
        assert_eq!((result, requests.len()), (Err("the bucket answered 403, twice".to_owned()), 2));
        let callback = Callback::through(Connector::builder().build_http());
        let error = callback
            .put("http://127.0.0.1:1/a?X-Amz-Signature=secret", "{}")
            .await
            .expect_err("no server listens");
        assert!(!error.contains("secret"), "{error}");
    }

    #[tokio::test]
    async fn by_itself_it_speaks_tls_and_sends_nothing_to_a_server_that_does_not() {
        let server = Server::answering(&[OK, OK]).await;
        let url = format!("https://{}/a?X-Amz-Signature=secret", server.address());
        let error =
            Callback::default().put(&url, "{}").await.expect_err("the server speaks no TLS");
        assert!(!error.contains("secret"), "{error}");
        let requests = server.requests();
        assert!(
            requests.iter().all(|request| !request.contains("secret") && !request.contains("PUT")),
            "{requests:?}"
        );
        assert_eq!(requests.len(), 2);
    }

    #[tokio::test]
    async fn a_silent_server_takes_no_longer_than_the_time_reserved_for_it() {
        let begun = tokio::time::Instant::now();
        let (result, _) = put(&[]).await;
        assert_eq!(result, Err("no answer within 3 s, twice".to_owned()));
        assert!(begun.elapsed() < LONGEST_PUT + Duration::from_secs(2));
    }
}
