//! Answers one call: finds the service and the operation, applies a fault, and writes the answer.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Dialect;
use super::dialect::{Form, NO_SUCH_OPERATION, no_such_operation};
use super::document::{error_document, result_document};
use super::params::Params;
use super::xml::{Pages, Xml};
use super::{cloudwatch, ec2, elbv2, lambda, rds, s3, scheduler, sns, sqs, ssm, sts};
use crate::fault::Effect;
use crate::world::{ApiError, Call, Outcome, World, ids};

/// A call as it was read from a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// The service; none, if the request names none that is here.
    pub(super) dialect: Option<Dialect>,
    pub(super) action: String,
    /// Its parameters, in the names of the service's model.
    pub(super) form: BTreeMap<String, String>,
}

impl Asked {
    /// A call of the query protocol or of EC2's.
    pub(super) fn of_form(form: BTreeMap<String, String>) -> Asked {
        let dialect = Dialect::of_version(form.get("Version").map_or("", String::as_str));
        Asked { dialect, action: form.get("Action").cloned().unwrap_or_default(), form }
    }
}

/// What is sent back, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The code of a refusal, which JSON clients read from a header.
    pub(super) code: Option<String>,
    pub(super) form: Form,
    pub(super) request_id: String,
    pub(super) body: String,
    pub(super) delivery: Delivery,
    pub(super) delay: Duration,
}

/// How much of an answer reaches the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// All of it.
    Whole,
    /// Half of the body, then the connection closes.
    Half,
    /// Nothing: the connection closes.
    Reset,
    /// Nothing: the connection stays open and silent.
    Silence,
}

/// Whether a request came with credentials. Signatures are not checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    Present,
    Absent,
}

/// Answers a request, and writes it into the journal.
pub(super) fn answer(world: &mut World, asked: Asked, credentials: Credentials) -> Answer {
    let request_id = ids::uuid(world.calls.total());
    let Asked { dialect, action, form } = asked;
    // A refusal needs some service's namespace, even where the version names none.
    let manner = dialect.unwrap_or(Dialect::Sts);
    let refusal = if credentials == Credentials::Absent {
        Some(ApiError::new(
            "MissingAuthenticationToken",
            403,
            "Request is missing Authentication Token",
        ))
    } else if action.is_empty() {
        Some(ApiError::bad_request(
            "MissingAction",
            "The request must contain the parameter Action",
        ))
    } else if dialect.is_none() {
        Some(no_such_operation(&action, form.get("Version").map_or("", String::as_str)))
    } else {
        None
    };
    let at = world.now();
    let (answer, outcome) = match refusal {
        Some(refusal) => refuse(manner, &refusal, &request_id),
        None => {
            // What is over the budget is not done, so no fault strikes it.
            let effect = if world.admits(manner.service(), &action) {
                world.faults.take(&action, resource(&form))
            } else {
                Some(Effect::Throttle)
            };
            let params = Params::new(manner, form.clone());
            perform(world, &action, &params, effect, &request_id)
        }
    };
    world.calls.record(Call {
        at,
        service: manner.service(),
        operation: action,
        parameters: kept(form),
        outcome,
    });
    answer
}

/// The answer to a call that is not carried out.
fn refuse(manner: Dialect, refusal: &ApiError, request_id: &str) -> (Answer, Outcome) {
    let document = error_document(manner, refusal, request_id);
    let code = Some(refusal.code.to_string());
    let answer = Answer::whole(manner.form(), refusal.status, document, request_id);
    (Answer { code, ..answer }, Outcome::Refused(refusal.code.clone()))
}

/// Carries the call out as far as the fault lets it.
fn perform(
    world: &mut World,
    action: &str,
    params: &Params,
    effect: Option<Effect>,
    request_id: &str,
) -> (Answer, Outcome) {
    let dialect = params.dialect();
    let dropped = |delivery| Answer::none(dialect.form(), delivery, request_id);
    match &effect {
        Some(Effect::Throttle) => return refuse(dialect, &dialect.throttled(), request_id),
        Some(Effect::AccessDenied) => {
            return refuse(dialect, &access_denied(world, action, params), request_id);
        }
        Some(Effect::ServerErrorBefore) => {
            return refuse(dialect, &ApiError::internal_failure(), request_id);
        }
        Some(Effect::Error(refusal)) => return refuse(dialect, refusal, request_id),
        Some(Effect::ResetBefore) => {
            return (dropped(Delivery::Reset), Outcome::DroppedUnanswered);
        }
        Some(Effect::Hang) => {
            return (dropped(Delivery::Silence), Outcome::DroppedUnanswered);
        }
        _ => {}
    }
    let pages = match &effect {
        Some(Effect::EmptyPage) => Pages::Empty,
        Some(Effect::LostPage) => Pages::Thin,
        Some(Effect::Stale) => Pages::Lagging,
        _ => Pages::Full,
    };
    let params = match &effect {
        Some(Effect::Partial) => &params.with_first_member_only("Targets"),
        _ => params,
    };
    let mut xml = Xml::new(pages);
    // What becomes of a copy becomes of nothing.
    let mut copy = (effect == Some(Effect::Ignored)).then(|| world.clone());
    let world = copy.as_mut().unwrap_or(world);
    let (answer, outcome) = match carry_out(world, action, params, &mut xml) {
        Err(refusal) => refuse(dialect, &refusal, request_id),
        Ok(()) => {
            let document = result_document(dialect, action, &xml.into_string(), request_id);
            (Answer::whole(dialect.form(), 200, document, request_id), Outcome::Ok)
        }
    };
    spoil(dialect, answer, outcome, effect)
}

fn carry_out(
    world: &mut World,
    action: &str,
    params: &Params,
    xml: &mut Xml,
) -> Result<(), ApiError> {
    match params.dialect() {
        Dialect::Rds => rds::carry_out(world, action, params, xml),
        Dialect::Elbv2 => elbv2::carry_out(world, action, params, xml),
        Dialect::Sns => sns::carry_out(world, action, params, xml),
        Dialect::Sts => sts::carry_out(world, action, params, xml),
        Dialect::Ec2 => ec2::carry_out(world, action, params, xml),
        Dialect::CloudWatch => cloudwatch::carry_out(world, action, params, xml),
        Dialect::Sqs | Dialect::SqsJson => sqs::carry_out(world, action, params, xml),
        Dialect::Lambda => lambda::carry_out(world, action, params, xml),
        Dialect::Scheduler => scheduler::carry_out(world, action, params, xml),
        Dialect::Ssm => ssm::carry_out(world, action, params, xml),
        Dialect::S3 => s3::carry_out(world, action, params, xml),
    }
}

/// Whether the lab has an operation, by its IAM action, such as `rds:DescribeDBInstances`.
pub(crate) fn has_operation(action: &str) -> bool {
    let dialect = |prefix| Dialect::of_prefix(prefix);
    let Some((dialect, action)) =
        action.split_once(':').and_then(|(prefix, action)| Some((dialect(prefix)?, action)))
    else {
        return false;
    };
    let mut nowhere = World::new(jiff::Timestamp::UNIX_EPOCH);
    let params = Params::new(dialect, BTreeMap::new());
    let tried = carry_out(&mut nowhere, action, &params, &mut Xml::new(Pages::Full));
    tried.err().is_none_or(|refusal| refusal.code != NO_SUCH_OPERATION)
}

/// What a fault makes of the answer to a call that was carried out.
fn spoil(
    dialect: Dialect,
    answer: Answer,
    outcome: Outcome,
    effect: Option<Effect>,
) -> (Answer, Outcome) {
    let unanswered = match &outcome {
        Outcome::Ok => Outcome::CommittedUnanswered,
        _ => Outcome::DroppedUnanswered,
    };
    match effect {
        Some(Effect::ServerErrorAfter | Effect::Partial) => {
            (refuse(dialect, &ApiError::internal_failure(), &answer.request_id).0, unanswered)
        }
        Some(Effect::ResetAfter) => {
            (Answer::none(answer.form, Delivery::Reset, &answer.request_id), unanswered)
        }
        Some(Effect::Delay(delay)) => (Answer { delay, ..answer }, outcome),
        Some(Effect::MalformedXml) => {
            let body = answer.body.replace("</", "<").replace('{', "[");
            (Answer { body, ..answer }, unanswered)
        }
        Some(Effect::Truncated) => {
            let delivery = Delivery::Half;
            (Answer { delivery, ..answer }, unanswered)
        }
        _ => (answer, outcome),
    }
}

impl Answer {
    fn whole(form: Form, status: u16, body: String, request_id: &str) -> Answer {
        Answer {
            status,
            code: None,
            form,
            request_id: request_id.to_owned(),
            body,
            delivery: Delivery::Whole,
            delay: Duration::ZERO,
        }
    }

    fn none(form: Form, delivery: Delivery, request_id: &str) -> Answer {
        let nothing = Answer::whole(form, 200, String::new(), request_id);
        Answer { delivery, ..nothing }
    }
}

fn access_denied(world: &World, action: &str, params: &Params) -> ApiError {
    let resource = RESOURCES.iter().find_map(|name| params.optional(name)).unwrap_or("*");
    params.dialect().denied(&sts::caller(world), action, resource)
}

/// The parameters that say what a call is about, the nearest first.
const RESOURCES: [&str; 32] = [
    "TargetGroupArn",
    "TargetGroupArns.member.1",
    "ListenerArn",
    "LoadBalancerArn",
    "LoadBalancerArns.member.1",
    "ResourceArns.member.1",
    "Names.member.1",
    "Name",
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "DBClusterEndpointIdentifier",
    "DBProxyEndpointName",
    "DBProxyName",
    "BlueGreenDeploymentIdentifier",
    "Source",
    "GlobalClusterIdentifier",
    "SubscriptionName",
    "SourceIdentifier",
    "ResourceName",
    "SubscriptionArn",
    "TopicArn",
    "TargetArn",
    "Filters.Filter.1.Values.Value.1",
    "FunctionName",
    "QueueUrl",
    "Key",
    "ServiceId",
    "PrefixListId",
    "SubnetId.1",
    "GroupId.1",
    "MetricName",
    "Filter.1.Value.1",
];

fn resource(form: &BTreeMap<String, String>) -> &str {
    RESOURCES.iter().find_map(|name| form.get(*name)).map_or("", String::as_str)
}

/// Parameters of a call that the journal keeps, and characters of each: it holds many calls.
const JOURNAL: (usize, usize) = (256, 1024);

/// The parameters without those that every call has.
fn kept(form: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let own = form.into_iter().filter(|(name, _)| name != "Action" && name != "Version");
    let bounded = |text: String| match text.char_indices().nth(JOURNAL.1) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    };
    own.take(JOURNAL.0).map(|(name, value)| (bounded(name), bounded(value))).collect()
}
