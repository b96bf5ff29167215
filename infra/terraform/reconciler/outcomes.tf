# Notifications: the topic of outcomes, the key of both topics, alarms and a dashboard.

locals {
  has_topic_key = var.topic_key != "none"
  makes_key     = var.topic_key == "create"
  topic_key_id  = local.has_topic_key ? (local.makes_key ? aws_kms_key.key[0].key_id : var.topic_key) : null
  topic_key_arn = local.has_topic_key ? (local.makes_key ? aws_kms_key.key[0].arn : var.topic_key) : null
}

resource "aws_sns_topic" "outcome_topic" {
  count = var.notify_topic_arn == null ? 1 : 0

  name              = "${var.name}-outcomes" # a known name, so that a config can contain it
  kms_master_key_id = local.topic_key_id
  tags              = var.tags
}

resource "aws_sns_topic_policy" "outcome_topic_policy" {
  count = var.notify_topic_arn == null ? 1 : 0

  arn = aws_sns_topic.outcome_topic[0].arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.outcome_topic[0].arn
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:*" }
      }
    }]
  })
}

resource "aws_sns_topic_subscription" "outcome_email" {
  count = var.notify_email == null ? 0 : 1

  topic_arn = local.outcome_topic
  protocol  = "email"
  endpoint  = var.notify_email
}

resource "aws_kms_key" "key" {
  count = local.makes_key ? 1 : 0

  description         = "Encrypts the topics of ${var.name}"
  enable_key_rotation = true
  tags                = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TheAccountManagesIt"
        Effect    = "Allow"
        Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "EventsOfThisStacksTopics"
        Effect    = "Allow"
        Principal = { Service = "events.rds.amazonaws.com" }
        Action    = ["kms:GenerateDataKey*", "kms:Decrypt"]
        Resource  = "*" # in a key's policy: this key
        Condition = {
          StringLike = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:${local.partition}:sns:${local.region}:${local.account}:${var.name}-*" }
        }
      },
      {
        Sid       = "AlarmsOfThisAccount"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:GenerateDataKey*", "kms:Decrypt"]
        Resource  = "*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = local.account }
          ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:*" }
        }
      },
    ]
  })
}

# Every look and every run writes its value, a 0 or a 1, and no alarm fills gaps.
# docs/decisions/010-alarms.md has the reason for each number.

resource "aws_cloudwatch_metric_alarm" "not_ok_alarm" {
  count = var.alarms ? 1 : 0

  tags                = var.tags
  alarm_name          = "${var.name}-not-ok"
  alarm_description   = "In three of the last five 5-minute periods, a run of ${aws_lambda_function.function.function_name} did not end well. The log group ${aws_cloudwatch_log_group.log_group.name} has the reasons, in the lines of kind not-ok and failed."
  namespace           = "Writerlink"
  metric_name         = "NotOk"
  dimensions          = { Function = aws_lambda_function.function.function_name }
  statistic           = "Maximum" # any bad run counts, because a sweep may look at only some of the bindings
  period              = 300
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "ignore" # the sweep alarm is for runs that do not happen
  alarm_actions       = [local.outcome_topic]
  ok_actions          = [local.outcome_topic]
}

resource "aws_cloudwatch_metric_alarm" "binding_alarm" {
  for_each = var.alarms ? var.bindings : {}

  tags                = var.tags
  alarm_name          = "${var.name}-binding-${each.key}"
  alarm_description   = "In two of the last three 3-minute periods, no look at the target group of ${each.key} ended well. Its targets may be stale."
  namespace           = "Writerlink"
  metric_name         = "BindingNotOk"
  dimensions          = { Function = aws_lambda_function.function.function_name, Binding = each.key }
  statistic           = "Minimum" # a period is bad if every look in it was bad, and not if the next look ended well
  period              = 180
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "ignore" # the function may look at a binding less often than every three minutes
  alarm_actions       = [local.outcome_topic]
  ok_actions          = [local.outcome_topic]
}

resource "aws_cloudwatch_metric_alarm" "sweep_alarm" {
  count = var.alarms ? 1 : 0

  tags                = var.tags
  alarm_name          = "${var.name}-sweep"
  alarm_description   = "For eight minutes no sweep of ${aws_lambda_function.function.function_name} did its work. The function may miss failovers."
  namespace           = "Writerlink"
  metric_name         = "SweepFinished"
  dimensions          = { Function = aws_lambda_function.function.function_name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 8 # minutes: sweeps wait behind a watch of up to five minutes, and their values may arrive two minutes late
  datapoints_to_alarm = 8
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching" # a sweep that does not happen writes nothing
  alarm_actions       = [local.outcome_topic]
  ok_actions          = [local.outcome_topic]
}

resource "aws_cloudwatch_metric_alarm" "failures_alarm" {
  count = var.alarms ? 1 : 0

  tags                = var.tags
  alarm_name          = "${var.name}-failures"
  alarm_description   = "${aws_sqs_queue.failures.name} holds events whose runs did not end well. Read them, then purge the queue. The alarm stays on until the queue is empty."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.failures.name }
  statistic           = "Maximum"
  period              = 300 # longer than SQS's values may be late; otherwise there would be no value to evaluate
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "ignore" # SQS writes no metrics for a queue that was not used for six hours
  alarm_actions       = [local.outcome_topic]
  ok_actions          = [local.outcome_topic]
}

# The health of the link, as reported by the load balancer and not by the function.
resource "aws_cloudwatch_metric_alarm" "link_alarm" {
  for_each = var.alarms ? var.load_balancer_arns : {}

  alarm_name          = "${var.name}-link-${each.key}"
  alarm_description   = "For five minutes no target behind the link of ${each.key} was healthy. The database is down, or its security group does not admit the load balancer."
  namespace           = "AWS/NetworkELB"
  metric_name         = "HealthyHostCount"
  statistic           = "Maximum" # of all zones: with cross-zone load balancing one healthy target serves each of them
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching" # an empty group has no data points
  alarm_actions       = [local.outcome_topic]
  ok_actions          = [local.outcome_topic]
  tags                = var.tags

  dimensions = {
    TargetGroup  = split(":", var.bindings[each.key].target_group_arn)[5]
    LoadBalancer = split("loadbalancer/", each.value)[1]
  }
}

resource "aws_cloudwatch_dashboard" "dashboard" {
  count = var.alarms ? 1 : 0

  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [
      {
        type = "alarm", x = 0, y = 0, width = 24, height = 2
        properties = {
          title = "Alarms"
          alarms = concat(
            [aws_cloudwatch_metric_alarm.not_ok_alarm[0].arn],
            [for alarm in aws_cloudwatch_metric_alarm.binding_alarm : alarm.arn],
            [for alarm in aws_cloudwatch_metric_alarm.link_alarm : alarm.arn],
            [aws_cloudwatch_metric_alarm.sweep_alarm[0].arn, aws_cloudwatch_metric_alarm.failures_alarm[0].arn],
          )
        }
      },
      {
        type = "metric", x = 0, y = 2, width = 12, height = 6
        properties = {
          title = "Runs", region = local.region, stat = "Sum", period = 60
          metrics = [
            ["Writerlink", "Runs", "Function", aws_lambda_function.function.function_name],
            [".", "NotOk", ".", "."],
            [".", "SweepFinished", ".", "."],
          ]
        }
      },
      {
        type = "metric", x = 12, y = 2, width = 12, height = 6
        properties = {
          title = "Targets", region = local.region, stat = "Sum", period = 60
          metrics = [
            ["Writerlink", "Registered", "Function", aws_lambda_function.function.function_name],
            [".", "Deregistered", ".", "."],
          ]
        }
      },
      {
        type = "metric", x = 0, y = 8, width = 12, height = 6
        properties = {
          title = "Bindings that are not ok", region = local.region, stat = "Maximum", period = 60
          metrics = [
            [{ expression = "SEARCH('{Writerlink,Function,Binding} MetricName=\"BindingNotOk\" Function=\"${aws_lambda_function.function.function_name}\"', 'Maximum', 60)" }],
          ]
        }
      },
      {
        type = "metric", x = 12, y = 8, width = 12, height = 6
        properties = {
          title = "Duration, and events without a binding", region = local.region, period = 60
          metrics = [
            ["Writerlink", "DurationMs", "Function", aws_lambda_function.function.function_name, { stat = "Maximum" }],
            [".", "Unmatched", ".", ".", { stat = "Sum", yAxis = "right" }],
            [".", "Unreadable", ".", ".", { stat = "Sum", yAxis = "right" }],
          ]
        }
      },
      {
        type = "metric", x = 0, y = 14, width = 24, height = 4
        properties = {
          title = "Seconds wrong, of observed bindings", region = local.region, stat = "Sum", period = 3600
          metrics = [
            [{ expression = "SEARCH('{Writerlink,Function,Binding} MetricName=\"SecondsWrong\" Function=\"${aws_lambda_function.function.function_name}\"', 'Sum', 3600)" }],
          ]
        }
      },
      {
        type = "log", x = 0, y = 18, width = 24, height = 8
        properties = {
          title = "Runs that did not end well", region = local.region, view = "table"
          query = "SOURCE '${aws_cloudwatch_log_group.log_group.name}' | fields @timestamp, kind, binding, message | filter kind in [\"not-ok\", \"failed\"] | sort @timestamp desc | limit 50"
        }
      },
    ]
  })
}
