//! Which ResponseURLs may get an answer to a custom resource request.
//!
//! Whoever may invoke the function can name any ResponseURL. If the function answered every URL, a
//! caller could use it to send requests from inside the VPC and to read the state of the bindings.
//! So it answers only CloudFormation's own bucket in its own Region.

/// The longest accepted URL in bytes. A presigned S3 URL is shorter: its encoded path has at most
/// 1,024 bytes, and its token some two thousand.
const LONGEST: usize = 8192;

/// Checks that `url` belongs to CloudFormation in `region`. The text of an error never repeats the
/// query, which is a secret.
///
/// AWS docs, "Setting up VPC endpoints for AWS CloudFormation": the bucket of a Region is
/// `cloudformation-custom-resource-response-REGION`, with the Region's hyphens left out. AWS docs,
/// `AWS::CloudFormation::CustomResource`: the service token is in the stack's own Region. The host
/// without a Region (us-east-1) and the two forms with a Region are in public captures of requests.
pub fn check(url: &str, region: Option<&str>) -> Result<(), String> {
    let region = region
        .filter(|region| !region.is_empty())
        .ok_or("the function's own Region is unknown (AWS_REGION is not set)")?;
    if url.len() > LONGEST {
        return Err(format!(
            "the ResponseURL has {} bytes, and no presigned URL has more than {LONGEST}",
            url.len()
        ));
    }
    if let Some(odd) = url.chars().find(|c| !c.is_ascii_graphic() || "\\#\"<>".contains(*c)) {
        return Err(format!("the ResponseURL has {odd:?}, which no URL can contain"));
    }
    let rest = strip_scheme(url).ok_or("the ResponseURL is not an https URL")?;
    // Everything up to the path must equal one of a few known texts. So it does not matter how the
    // HTTP client would parse user information, another port, a backslash or a trailing dot.
    let (authority, _) = rest.split_once('/').ok_or("the ResponseURL has no path")?;
    let authority = authority.to_ascii_lowercase();
    let host = authority.strip_suffix(":443").unwrap_or(&authority);
    if hosts(region).iter().any(|known| known == host) {
        Ok(())
    } else {
        let shown: String = host
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || "-._".contains(*c))
            .take(100)
            .collect();
        Err(format!(
            "the host of the ResponseURL (`{shown}…`) is not a response bucket of CloudFormation \
             in {region}"
        ))
    }
}

fn strip_scheme(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_at_checked("https://".len())?;
    scheme.eq_ignore_ascii_case("https://").then_some(rest)
}

fn hosts(region: &str) -> [String; 3] {
    let bucket = format!("cloudformation-custom-resource-response-{}", region.replace('-', ""));
    let suffix = dns_suffix(region);
    [
        format!("{bucket}.s3.{suffix}"),
        format!("{bucket}.s3.{region}.{suffix}"),
        format!("{bucket}.s3-{region}.{suffix}"),
    ]
}

/// The DNS suffix of a Region's partition (botocore `data/endpoints.json`).
fn dns_suffix(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "amazonaws.com.cn",
        _ if region.starts_with("eusc-") => "amazonaws.eu",
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ if region.starts_with("us-isof-") => "csp.hci.ic.gov",
        _ if region.starts_with("eu-isoe-") => "cloud.adc-e.uk",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: &str = "cloudformation-custom-resource-response-euwest1";

    #[test]
    fn cloudformations_buckets_of_the_own_region_are_answered() {
        for (region, url) in [
            (
                "us-east-1",
                "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/arn%3Aaws?X-Amz-Signature=s",
            ),
            (
                "us-east-1",
                "https://cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com/a",
            ),
            (
                "eu-west-1",
                "https://cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com/a",
            ),
            (
                "eu-west-1",
                "HTTPS://CloudFormation-Custom-Resource-Response-EUWEST1.s3.eu-west-1.amazonaws.com:443/a",
            ),
            (
                "us-gov-west-1",
                "https://cloudformation-custom-resource-response-usgovwest1.s3.us-gov-west-1.amazonaws.com/",
            ),
            (
                "cn-north-1",
                "https://cloudformation-custom-resource-response-cnnorth1.s3.cn-north-1.amazonaws.com.cn/a",
            ),
            (
                "eusc-de-east-1",
                "https://cloudformation-custom-resource-response-euscdeeast1.s3.eusc-de-east-1.amazonaws.eu/a",
            ),
        ] {
            assert_eq!(check(url, Some(region)), Ok(()), "{url}");
        }
    }

    #[test]
    fn every_other_place_is_refused() {
        let good = format!("{BUCKET}.s3.eu-west-1.amazonaws.com");
        for url in [
            format!("http://{good}/a"),
            format!("https:/{good}/a"),
            format!("//{good}/a"),
            format!("{good}/a"),
            format!("https://{good}"),
            format!("https://{good}?a=/"),
            format!("https://{good}#/"),
            format!("https://{good}:8443/a"),
            format!("https://{good}:443:443/a"),
            format!("https://{good}:/a"),
            format!("https://{good}./a"),
            format!("https://{good}.evil.example/a"),
            format!("https://{good}@evil.example/a"),
            format!("https://evil.example@{good}/a"),
            format!("https://evil.example\\@{good}/a"),
            format!("https://evil.example/{good}/a"),
            format!("https://evil.example#{good}/a"),
            format!("https:// {good}/a"),
            format!("https://{good}\u{0}/a"),
            format!("https://{BUCKET}.s3.eu-west-1.amazonaws.com.cn/a"),
            format!("https://{BUCKET}.s3.us-east-1.amazonaws.com/a"),
            format!("https://{BUCKET}evil.s3.eu-west-1.amazonaws.com/a"),
            format!("https://evil{BUCKET}.s3.eu-west-1.amazonaws.com/a"),
            format!("https://{BUCKET}.s3xeu-west-1.amazonaws.com/a"),
            "https://cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com/a".to_owned(),
            "https://cloudformation-custom-resource-response-eu-west-1.s3.eu-west-1.amazonaws.com/a".to_owned(),
            "https://s3.eu-west-1.amazonaws.com/cloudformation-custom-resource-response-euwest1/a".to_owned(),
            "https://169.254.169.254/latest/meta-data".to_owned(),
            "https://".to_owned(),
            String::new(),
            "é".repeat(9),
        ] {
            assert!(check(&url, Some("eu-west-1")).is_err(), "{url:?} was accepted");
        }
    }

    #[test]
    fn without_a_region_of_its_own_the_function_answers_nobody() {
        let url = "https://cloudformation-custom-resource-response-.s3.amazonaws.com/a";
        assert!(check(url, None).is_err());
        assert!(check(url, Some("")).is_err());
    }

    #[test]
    fn a_refusal_is_bounded_and_does_not_repeat_the_query() {
        let url = format!("https://{}/p?X-Amz-Signature=secret", "h".repeat(100_000));
        let fault = check(&url, Some("eu-west-1")).expect_err("refused");
        assert!(fault.len() < 300 && !fault.contains("secret"), "{fault}");
        let fault = check("https://evil.example?X-Amz-Signature=secret/", Some("eu-west-1"))
            .expect_err("refused");
        assert!(!fault.contains("secret"), "{fault}");
    }
}
