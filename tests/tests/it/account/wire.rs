//! Answers that no service should give, and errors, in both protocols.

use std::collections::VecDeque;
use std::sync::Mutex;

use writerlink_aws::account::AccountReader;
use writerlink_aws::http::LONGEST_ANSWER;
use writerlink_core::failure::{CallError, Failure, Rejection};
use writerlink_core::ports::StandbyRead;
use writerlink_core::standby::Interface;

use crate::adapters::aws_server::{AwsServer, GROUP, Reply, cut, ok};

/// Gives these answers, one after the other.
async fn scripted(script: Vec<Reply>) -> AwsServer {
    let script = Mutex::new(VecDeque::from(script));
    AwsServer::start(move |_| script.lock().unwrap().pop_front().expect("one attempt too many"))
        .await
}

async fn reader(script: Vec<Reply>) -> AccountReader {
    scripted(script).await.clients().account_reader()
}

/// A page of a managed prefix list.
fn entries(networks: &[&str], next: &str) -> String {
    let items: Vec<_> = networks.iter().map(|n| format!("<item><cidr>{n}</cidr></item>")).collect();
    entry_set(&format!("<entrySet>{}</entrySet><nextToken>{next}</nextToken>", items.concat()))
}

fn entry_set(inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<GetManagedPrefixListEntriesResponse \
         xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\n  \
         <requestId>r</requestId>{inner}</GetManagedPrefixListEntriesResponse>"
    )
}

/// An error in the shape of EC2's.
fn ec2_error(status: u16, code: &str) -> Reply {
    Reply::Answer(
        status,
        format!(
            "<Response><Errors><Error><Code>{code}</Code><Message>so &amp; so</Message></Error>\
             </Errors><RequestID>r</RequestID></Response>"
        ),
    )
}

const PROXY_PAGE: &str = "<!DOCTYPE html><html><body>Sign in<br></body></html>";

const DENIED: Failure = Failure::Rejected(Rejection::AccessDenied);

#[tokio::test]
async fn a_list_of_ec2_is_read_whole_or_not_at_all() {
    let thrice = |make: &dyn Fn() -> Reply| vec![make(), make(), make()];
    type Wanted = Result<usize, (Failure, &'static str)>;
    let malformed = |says| Err((Failure::Unreachable, says));
    let rows: Vec<(&str, Vec<Reply>, Wanted)> = vec![
        ("one item", vec![ok(entries(&["10.0.0.0/8"], ""))], Ok(1)),
        ("no item", vec![ok(entries(&[], ""))], Ok(0)),
        ("an empty element", vec![ok(entry_set("<entrySet/>"))], Ok(0)),
        (
            "an empty page with a token",
            vec![ok(entries(&[], "a&amp;b")), ok(entries(&["10.0.0.0/8", "fd12::/48"], ""))],
            Ok(2),
        ),
        (
            "a token that comes again",
            vec![ok(entries(&[], "a")), ok(entries(&[], "b")), ok(entries(&[], "a"))],
            malformed("two pages name the same next page"),
        ),
        ("no list", vec![ok(entry_set(""))], malformed("no list `entrySet`")),
        (
            "an item without its part",
            vec![ok(entry_set("<entrySet><item/></entrySet>"))],
            malformed("an entry of `entrySet` has no `cidr`"),
        ),
        (
            "an item that is no network",
            vec![ok(entries(&["10.0.0.0/99"], ""))],
            malformed("`cidr` \"10.0.0.0/99\""),
        ),
        (
            "another answer",
            vec![ok("<DescribeSubnetsResponse/>")],
            malformed("it is no `GetManagedPrefixListEntriesResponse`"),
        ),
        ("a proxy's page", vec![ok(PROXY_PAGE)], malformed("the answer is malformed")),
        ("nothing", vec![ok("")], malformed("it is no whole document")),
        ("a deep tree", vec![ok(entry_set(&"<a>".repeat(1000)))], malformed("32 elements")),
        ("an unknown entity", vec![ok(entry_set("&xxe;"))], malformed("entity \"xxe\"")),
        (
            "a proxy's error",
            thrice(&|| Reply::Answer(502, PROXY_PAGE.to_owned())),
            malformed("status 502 without an error code"),
        ),
        ("half an answer", thrice(&|| Reply::Half(entries(&[], ""))), malformed("")),
        ("no answer", thrice(&|| Reply::Close), malformed("")),
        (
            "throttled twice",
            vec![
                ec2_error(503, "RequestLimitExceeded"),
                ec2_error(503, "RequestLimitExceeded"),
                ok(entries(&["10.0.0.0/8"], "")),
            ],
            Ok(1),
        ),
        (
            "throttled",
            thrice(&|| ec2_error(503, "RequestLimitExceeded")),
            Err((Failure::Throttled, "RequestLimitExceeded: so & so")),
        ),
        (
            "denied",
            vec![ec2_error(403, "UnauthorizedOperation")],
            Err((DENIED, "UnauthorizedOperation: so & so")),
        ),
        (
            "without a right to sign",
            vec![ec2_error(401, "AuthFailure")],
            Err((Failure::Credentials, "AuthFailure")),
        ),
        (
            "gone",
            vec![ec2_error(400, "InvalidPrefixListID.NotFound")],
            Err((Failure::Rejected(Rejection::NotFound), "InvalidPrefixListID.NotFound")),
        ),
    ];
    for (case, script, wanted) in rows {
        let read = reader(script).await.prefix_list("pl-1").await;
        match (read, wanted) {
            (Ok(read), Ok(count)) => assert_eq!(read.len(), count, "{case}"),
            (Err(CallError { call, failure, detail }), Err((kind, says))) => {
                assert_eq!((call, failure), ("ec2:GetManagedPrefixListEntries", kind), "{case}");
                assert!(detail.contains(says), "{case}: {detail}");
            }
            (read, wanted) => panic!("{case}: {read:?} in place of {wanted:?}"),
        }
    }
    for part in cut(&entries(&["10.0.0.0/8"], "")) {
        reader(vec![ok(part.clone())]).await.prefix_list("pl-1").await.expect_err(&part);
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off_at_8_mebibytes() {
    let endless = || Reply::Endless("<GetManagedPrefixListEntriesResponse>".to_owned());
    let server = scripted(vec![endless(), endless(), endless()]).await;
    let error = server.clients().account_reader().prefix_list("pl-1").await.unwrap_err();
    assert_eq!(error.failure, Failure::Unreachable);
    assert!(error.detail.contains("longer than 8 MiB"), "{error}");
    // What is more than the longest answer of each attempt is what sockets hold.
    assert!(server.endless() < 9 * LONGEST_ANSWER, "{}", server.endless());
}

#[tokio::test]
async fn errors_of_the_other_protocols_are_sorted_by_their_codes() {
    let json = |status, header, body: &str| Reply::Headed(status, header, body.to_owned());
    let plain = "content-type: application/json";
    let typed = "x-amzn-errortype: AccessDeniedException:http://internal.amazon.com/coral/x/";
    let query = "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>AccessDenied</Code>\
                 <Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>";
    let gone = Failure::Rejected(Rejection::NotFound);
    let rest = [
        (json(403, typed, r#"{"Message":"no"}"#), DENIED, "AccessDeniedException: no"),
        (
            json(
                400,
                plain,
                r#"{"__type":"com.amazonaws.x#AccessDeniedException","message":"no"}"#,
            ),
            DENIED,
            "AccessDeniedException: no",
        ),
        (
            json(404, plain, r#"{"code":"ResourceNotFoundException"}"#),
            gone,
            "ResourceNotFoundException",
        ),
        (json(403, plain, PROXY_PAGE), DENIED, "status 403 without an error code"),
        (json(200, plain, PROXY_PAGE), Failure::Unreachable, "malformed"),
        (json(200, plain, r#"{"NextToken":null}"#), Failure::Unreachable, "Schedules"),
        (json(200, plain, r#"{"Schedules":[{}]}"#), Failure::Unreachable, "Name"),
        (json(200, plain, r#"{"Schedules":[]"#), Failure::Unreachable, "malformed"),
    ];
    for (reply, failure, says) in rest {
        let error = reader(vec![reply]).await.schedules().await.expect_err(says);
        assert_eq!((error.call, error.failure), ("scheduler:ListSchedules", failure), "{error}");
        assert!(error.detail.contains(says), "{error}");
    }
    let error = reader(vec![Reply::Answer(403, query.to_owned())]).await.alarms().await;
    let error = error.expect_err("denied");
    assert_eq!((error.failure, error.detail.as_str()), (DENIED, "AccessDenied: no"));
    let none = ok("<DescribeAlarmsResponse><DescribeAlarmsResult/></DescribeAlarmsResponse>");
    let error = reader(vec![none]).await.alarms().await.expect_err("no list");
    assert!(error.detail.contains("no list `MetricAlarms`"), "{error}");
}

#[tokio::test]
async fn the_token_of_a_page_is_sent_for_the_next_one() {
    let alarms = |next: &str| {
        ok(format!(
            "<DescribeAlarmsResponse><DescribeAlarmsResult><MetricAlarms/>{next}\
             </DescribeAlarmsResult></DescribeAlarmsResponse>"
        ))
    };
    let server = scripted(vec![
        ok(entries(&[], "a b")),
        ok(entries(&[], "")),
        alarms("<NextToken>a b</NextToken>"),
        alarms(""),
        ok(r#"{"Schedules":[],"NextToken":"a b"}"#),
        ok(r#"{"Schedules":[]}"#),
        ok(r#"{"EventSourceMappings":[],"NextMarker":"a b"}"#),
        ok(r#"{"EventSourceMappings":[],"NextMarker":""}"#),
    ])
    .await;
    let reader = server.clients().account_reader();
    assert_eq!(reader.prefix_list("pl-1").await, Ok(Vec::new()));
    assert_eq!(reader.alarms().await, Ok(Vec::new()));
    assert_eq!(reader.schedules().await, Ok(Vec::new()));
    assert_eq!(reader.source_mappings("link").await, Ok(Vec::new()));
    let seen = server.heads_and_bodies();
    let second: Vec<String> =
        seen.chunks(2).map(|two| format!("{}{}", two[1].0, two[1].1)).collect();
    for (second, token) in second.iter().zip([
        "&NextToken=a%20b",
        "&NextToken=a%20b",
        "&NextToken=a%20b",
        "&Marker=a%20b",
    ]) {
        assert!(second.contains(token), "{second}");
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_corrected_by_that_of_the_service() {
    let body = "<Response><Errors><Error><Code>AuthFailure</Code></Error></Errors></Response>";
    let late = "date: Wed, 01 Jan 2020 12:00:00 GMT";
    let server =
        scripted(vec![Reply::Headed(401, late, body.to_owned()), ok(entries(&[], ""))]).await;
    let read = server.clients().account_reader().prefix_list("pl-1").await;
    assert_eq!(read, Ok(Vec::new()));
    let (second, _) = server.heads_and_bodies().pop().unwrap();
    assert!(second.contains("x-amz-date: 20200101T"), "{second}");
}

#[tokio::test]
async fn what_only_some_things_have_is_read_where_it_is() {
    let subnets = "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1</subnetId>\
        <vpcId>vpc-1</vpcId><availabilityZone>eu-west-1a</availabilityZone>\
        <ipv6CidrBlockAssociationSet>\
        <item><ipv6CidrBlock>fd12::/64</ipv6CidrBlock><ipv6CidrBlockState><state>associated\
        </state></ipv6CidrBlockState></item>\
        <item><ipv6CidrBlock>fd13::/64</ipv6CidrBlock><ipv6CidrBlockState><state>disassociated\
        </state></ipv6CidrBlockState></item>\
        </ipv6CidrBlockAssociationSet></item></subnetSet></DescribeSubnetsResponse>";
    let connections = "<DescribeVpcEndpointConnectionsResponse><vpcEndpointConnectionSet><item>\
        <serviceId>vpce-svc-1</serviceId><vpcEndpointId>vpce-1</vpcEndpointId>\
        <vpcEndpointOwner>444455556666</vpcEndpointOwner>\
        <vpcEndpointState>pendingAcceptance</vpcEndpointState>\
        <vpcEndpointRegion>us-east-1</vpcEndpointRegion></item></vpcEndpointConnectionSet>\
        </DescribeVpcEndpointConnectionsResponse>";
    let function = r#"{"FunctionArn":"arn:aws:lambda:eu-west-1:1:function:link:7",
        "FunctionName":"link","Timeout":3,"DeadLetterConfig":{"TargetArn":"arn:aws:sqs:x"},
        "VpcConfig":{"VpcId":"vpc-1","SubnetIds":["subnet-1"],"SecurityGroupIds":["sg-1"]}}"#;
    let outside = r#"{"FunctionArn":"arn:aws:lambda:eu-west-1:1:function:link",
        "FunctionName":"link","Timeout":3,"VpcConfig":{"VpcId":"","SubnetIds":[]},
        "Environment":{"Error":{"ErrorCode":"AccessDeniedException","Message":"kms"}}}"#;
    let reader = reader(vec![ok(subnets), ok(connections), ok(function), ok(outside)]).await;
    let [subnet] = reader.subnets(&["subnet-1".to_owned()]).await.unwrap().try_into().unwrap();
    assert_eq!(subnet.networks, ["fd12::/64".parse().unwrap()], "IPv6 only, and one that is left");
    let [connection] = reader.endpoint_connections("vpce-svc-1").await.unwrap().try_into().unwrap();
    assert_eq!(
        (connection.owner.as_str(), connection.region.as_deref()),
        ("444455556666", Some("us-east-1"))
    );
    let function = reader.function("link").await.unwrap();
    assert_eq!(function.arn, "arn:aws:lambda:eu-west-1:1:function:link");
    assert_eq!(function.dead_letter.as_deref(), Some("arn:aws:sqs:x"));
    assert_eq!(function.vpc.unwrap().security_groups, ["sg-1"]);
    let outside = reader.function("link").await.unwrap();
    assert_eq!(outside.vpc, None);
    assert_eq!(outside.variables_fault.as_deref(), Some("AccessDeniedException: kms"));
    let elsewhere = reader.function_policy("arn:aws:lambda:us-east-1:1:function:link").await;
    assert_eq!(elsewhere.unwrap_err().failure, Failure::Rejected(Rejection::Invalid));
}

/// An answer of the query protocol whose result holds `inner`.
fn result(operation: &str, inner: &str) -> Reply {
    ok(format!(
        "<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>"
    ))
}

#[tokio::test]
async fn what_moto_lacks_is_read_through_the_sdk() {
    let quotas = "<AccountQuotas><AccountQuota><AccountQuotaName>EventSubscriptions\
        </AccountQuotaName><Used>3</Used><Max>20</Max></AccountQuota></AccountQuotas>";
    let maintenance = "<PendingMaintenanceActions><ResourcePendingMaintenanceActions>\
        <ResourceIdentifier>arn:aws:rds:x</ResourceIdentifier><PendingMaintenanceActionDetails>\
        <PendingMaintenanceAction><Action>db-upgrade</Action>\
        <ForcedApplyDate>2026-12-24T00:00:00Z</ForcedApplyDate></PendingMaintenanceAction>\
        <PendingMaintenanceAction><Action>system-update</Action></PendingMaintenanceAction>\
        </PendingMaintenanceActionDetails></ResourcePendingMaintenanceActions>\
        </PendingMaintenanceActions>";
    let endpoints = "<DBProxyEndpoints><member><DBProxyName>front</DBProxyName>\
        <DBProxyEndpointName>ro</DBProxyEndpointName><Status>available</Status>\
        <VpcSubnetIds><member>subnet-1</member></VpcSubnetIds></member></DBProxyEndpoints>";
    let targets = "<TargetHealthDescriptions><member><Target><Id>10.0.0.7</Id><Port>5432</Port>\
        <AvailabilityZone>all</AvailabilityZone></Target><TargetHealth><State>unhealthy</State>\
        <Reason>Target.Timeout</Reason></TargetHealth><AdministrativeOverride>\
        <State>zonal_shift_active</State></AdministrativeOverride></member>\
        </TargetHealthDescriptions>";
    let attributes = "<Attributes><member><Key>tcp.idle_timeout.seconds</Key><Value>350</Value>\
        </member></Attributes>";
    let reader = reader(vec![
        result("DescribeAccountAttributes", quotas),
        result("DescribePendingMaintenanceActions", maintenance),
        result("DescribeDBProxyEndpoints", endpoints),
        result("DescribeTargetHealth", targets),
        result("DescribeListenerAttributes", attributes),
    ])
    .await;
    let [quota] = reader.quotas().await.unwrap().try_into().unwrap();
    assert_eq!((quota.name.as_str(), quota.used, quota.max), ("EventSubscriptions", 3, 20));
    let [upgrade, update] = reader.maintenance().await.unwrap().try_into().unwrap();
    assert_eq!(upgrade.date, Some("2026-12-24T00:00:00Z".parse().unwrap()));
    assert_eq!((update.action.as_str(), update.date), ("system-update", None));
    let [endpoint] = reader.proxy_endpoints().await.unwrap().try_into().unwrap();
    assert_eq!((endpoint.name.as_str(), endpoint.subnets), ("ro", vec!["subnet-1".to_owned()]));
    let [target] = reader.targets(GROUP).await.unwrap().try_into().unwrap();
    assert_eq!(target.over.unwrap().state, "zonal_shift_active");
    assert_eq!(target.reason.as_deref(), Some("Target.Timeout"));
    let listener = GROUP.replace("targetgroup", "listener");
    let attributes = reader.listener_attributes(&listener).await.unwrap();
    assert_eq!(attributes["tcp.idle_timeout.seconds"], "350");
}

/// A page with one network interface of RDS, as EC2 writes it.
fn interface_page(subnet: &str, next: &str) -> Reply {
    ok(format!(
        "<DescribeNetworkInterfacesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>r</requestId><networkInterfaceSet><item>{subnet}<vpcId>vpc-1</vpcId>\
         <availabilityZone>eu-west-1a</availabilityZone>\
         <description>RDSNetworkInterface</description><requesterId>amazon-rds</requesterId>\
         <requesterManaged>true</requesterManaged><status>in-use</status>\
         <groupSet><item><groupId>sg-1</groupId><groupName>db</groupName></item></groupSet>\
         <privateIpAddressesSet><item><privateIpAddress>10.20.0.1</privateIpAddress></item>\
         </privateIpAddressesSet><ipv6AddressesSet><item><ipv6Address>fd12::1</ipv6Address></item>\
         </ipv6AddressesSet></item></networkInterfaceSet><nextToken>{next}</nextToken>\
         </DescribeNetworkInterfacesResponse>"
    ))
}

#[tokio::test]
async fn an_interface_has_its_addresses_and_groups_and_one_that_is_not_whole_fails_its_page() {
    let pages =
        vec![interface_page("<subnetId>subnet-1</subnetId>", "two"), interface_page("", "")];
    let server = scripted(pages).await;
    let ports = server.clients().read_ports(&[([127, 0, 0, 1], 53).into()]).unwrap();
    let page = ports.standby.interfaces("vpc-1", None).await.unwrap();
    let wanted = Interface {
        addresses: ["10.20.0.1".parse().unwrap(), "fd12::1".parse().unwrap()].into(),
        subnet: "subnet-1".to_owned(),
        zone: "eu-west-1a".to_owned(),
        security_groups: ["sg-1".to_owned()].into(),
        in_use: true,
        requester_managed: true,
        requester: Some("amazon-rds".to_owned()),
        description: "RDSNetworkInterface".to_owned(),
    };
    assert_eq!((page.entries, page.next.as_deref()), (vec![wanted], Some("two")));
    let error = ports.standby.interfaces("vpc-1", page.next).await.unwrap_err();
    assert!(error.detail.contains("subnetId"), "{error}");
}

/// An error in the shape of S3's.
fn s3_error(status: u16, code: &str, message: &str) -> Reply {
    Reply::Headed(
        status,
        "x-amz-bucket-region: us-east-2",
        format!(
            "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        ),
    )
}

fn json(status: u16, body: &str) -> Reply {
    Reply::Headed(status, "content-type: application/x-amz-json-1.1", body.to_owned())
}

#[tokio::test]
async fn a_configuration_is_read_whole_or_not_at_all_and_each_refusal_has_its_kind() {
    let (parameter, object) = ("ssm:/writerlink/orders", "s3://bindings/orders.toml");
    let whole =
        r#"{"Parameter": {"Name": "x", "Type": "String", "Value": "a = 1\n", "Version": 7}}"#;
    let thrice = |make: &dyn Fn() -> Reply| vec![make(), make(), make()];
    let malformed = |says| Err((Failure::Unreachable, says));
    let other = Failure::Rejected(Rejection::Other);
    let not_found = Failure::Rejected(Rejection::NotFound);
    type Wanted = Result<(&'static str, &'static str), (Failure, &'static str)>;
    let rows: Vec<(&str, Vec<Reply>, Wanted)> = vec![
        (parameter, vec![json(200, whole)], Ok(("a = 1\n", "7"))),
        (
            parameter,
            vec![json(400, r#"{"__type":"ThrottlingException"}"#), json(200, whole)],
            Ok(("a = 1\n", "7")),
        ),
        (parameter, vec![json(200, "{}")], malformed("missing field `Parameter`")),
        (parameter, vec![json(200, &whole[..60])], malformed("malformed")),
        (parameter, vec![json(200, r#"{"Parameter": {"Version": 7}}"#)], malformed("`Value`")),
        (parameter, vec![json(200, r#"{"Parameter": {"Value": ""}}"#)], malformed("`Version`")),
        (parameter, vec![ok(PROXY_PAGE)], malformed("malformed")),
        (parameter, thrice(&|| Reply::Answer(502, PROXY_PAGE.to_owned())), malformed("status 502")),
        (
            parameter,
            vec![json(400, r#"{"__type":"com.amazonaws.ssm#ParameterNotFound"}"#)],
            Err((not_found, "ParameterNotFound")),
        ),
        (
            parameter,
            vec![json(400, r#"{"__type":"AccessDeniedException","Message":"kms:Decrypt"}"#)],
            Err((DENIED, "AccessDeniedException: kms:Decrypt")),
        ),
        (
            parameter,
            vec![json(400, r#"{"__type":"InvalidKeyId","message":"is disabled"}"#)],
            Err((other, "InvalidKeyId: is disabled")),
        ),
        (
            object,
            vec![Reply::Headed(200, "etag: \"5d41\"", "a = 1\n".to_owned())],
            Ok(("a = 1\n", "5d41")),
        ),
        (
            object,
            vec![Reply::Headed(200, "x-amz-version-id: 3sL4", "a = 1\n".to_owned())],
            Ok(("a = 1\n", "3sL4")),
        ),
        (object, vec![ok(PROXY_PAGE)], malformed("it has no ETag")),
        (object, thrice(&|| Reply::Half("a = 1\n".to_owned())), malformed("")),
        (object, thrice(&|| s3_error(503, "SlowDown", "x")), Err((Failure::Throttled, "SlowDown"))),
        (object, vec![s3_error(404, "NoSuchKey", "x")], Err((not_found, "NoSuchKey"))),
        (object, vec![s3_error(403, "AccessDenied", "x")], Err((DENIED, "AccessDenied: x"))),
        (
            object,
            vec![s3_error(301, "PermanentRedirect", "elsewhere")],
            Err((other, "PermanentRedirect: elsewhere (the bucket is in us-east-2)")),
        ),
        (
            object,
            vec![s3_error(400, "AuthorizationHeaderMalformed", "x")],
            Err((other, "AuthorizationHeaderMalformed: x (the bucket is in us-east-2)")),
        ),
        (
            object,
            vec![s3_error(400, "KMS.DisabledException", "x")],
            Err((other, "KMS.DisabledException")),
        ),
    ];
    for (place, script, wanted) in rows {
        let server = scripted(script).await;
        let read = server.clients().remote_reader().read(&place.parse().unwrap()).await;
        match (read, wanted) {
            (Ok(read), Ok((text, version))) => {
                assert_eq!((read.bytes.as_slice(), &*read.version), (text.as_bytes(), version));
            }
            (Err(CallError { failure, detail, .. }), Err((kind, says))) => {
                assert_eq!(failure, kind, "{detail}");
                assert!(detail.contains(says), "{says}: {detail}");
            }
            (read, wanted) => panic!("{place}: {read:?} in place of {wanted:?}"),
        }
    }
}
