output "function_name" {
  value       = aws_lambda_function.function.function_name
  description = "The function. An asynchronous invocation starts a run by hand."
}

output "function_role_arn" {
  value       = aws_iam_role.function_role.arn
  description = "The function's role."
}

output "event_topic_arn" {
  value       = aws_sns_topic.event_topic.arn
  description = "The topic to which RDS publishes. Your own event subscriptions, for other source types, may use it too."
}

output "outcome_topic_arn" {
  value       = local.outcome_topic
  description = "The topic of outcomes and alarms. Subscribe the people on call."
}

output "failures_url" {
  value       = aws_sqs_queue.failures.url
  description = "The queue of runs that did not end well."
}

output "log_group_name" {
  value       = aws_cloudwatch_log_group.log_group.name
  description = "The function's log group."
}

output "recorder_log_group_name" {
  value       = one(aws_cloudwatch_log_group.recorder_log_group[*].name)
  description = "The recorder's log group. Each record of a failover is one line in it. Null without the recorder."
}

output "dry_run" {
  value       = "aws lambda invoke --region ${local.region} --function-name ${aws_lambda_function.function.function_name} --qualifier ${aws_lambda_alias.live.name} --cli-binary-format raw-in-base64-out --payload '{\"mode\": \"plan\"}' /dev/stdout"
  description = "A command that says what the function would do, and writes nothing. If it answers TooManyRequestsException, a run is in progress; try again."
}

output "dashboard_url" {
  value       = var.alarms ? "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.dashboard[0].dashboard_name}" : null
  description = "The dashboard, with metrics, alarms, and the log of the runs that did not end well."
}
