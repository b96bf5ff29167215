output "function_name" {
  value       = aws_lambda_function.function.function_name
  description = "The function. With an asynchronous invocation it re-syncs by hand."
}

output "function_role_arn" {
  value       = aws_iam_role.function_role.arn
  description = "What it runs as."
}

output "event_topic_arn" {
  value       = aws_sns_topic.event_topic.arn
  description = "Where RDS publishes. Event subscriptions of your own, for other source types, may use it as well."
}

output "outcome_topic_arn" {
  value       = local.outcome_topic
  description = "Where outcomes and alarms are published. Subscribe whoever is on call."
}

output "failures_url" {
  value       = aws_sqs_queue.failures.url
  description = "The queue of runs that did not end well."
}

output "log_group_name" {
  value       = aws_cloudwatch_log_group.log_group.name
  description = "Where the function logs."
}

output "dry_run" {
  value       = "aws lambda invoke --region ${local.region} --function-name ${aws_lambda_function.function.function_name} --qualifier ${aws_lambda_alias.live.name} --cli-binary-format raw-in-base64-out --payload '{\"mode\": \"plan\"}' /dev/stdout"
  description = "Says what there is to do and writes nothing. Try again if it answers TooManyRequestsException, because a run is under way."
}

output "dashboard_url" {
  value       = var.alarms ? "https://${local.region}.console.aws.amazon.com/cloudwatch/home?region=${local.region}#dashboards/dashboard/${aws_cloudwatch_dashboard.dashboard[0].dashboard_name}" : null
  description = "Metrics, alarms, and the log of the runs that did not end well."
}
