# Events: RDS -> topic -> function. And the sweep, which finds the changes that no event reported.

resource "aws_sns_topic" "event_topic" {
  name              = "${var.name}-events"
  kms_master_key_id = local.topic_key_id
  tags              = var.tags
}

resource "aws_sns_topic_policy" "event_topic_policy" {
  arn = aws_sns_topic.event_topic.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RdsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "events.rds.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.event_topic.arn
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:rds:${local.region}:${local.account}:*" }
      }
    }]
  })
}

resource "aws_db_event_subscription" "cluster_events" {
  name             = "${var.name}-cluster"
  sns_topic        = aws_sns_topic.event_topic.arn
  source_type      = "db-cluster"
  event_categories = ["failover", "failure", "global-failover", "maintenance", "notification"]
  tags             = var.tags

  depends_on = [aws_sns_topic_policy.event_topic_policy] # RDS publishes to the topic at once, and refuses a topic to which it may not publish
}

resource "aws_db_event_subscription" "instance_events" {
  name             = "${var.name}-instance"
  sns_topic        = aws_sns_topic.event_topic.arn
  source_type      = "db-instance"
  event_categories = ["availability", "configuration change", "failover", "failure", "maintenance", "notification", "recovery"]
  tags             = var.tags

  depends_on = [aws_sns_topic_policy.event_topic_policy]
}

resource "aws_db_event_subscription" "blue_green_events" {
  name             = "${var.name}-blue-green"
  sns_topic        = aws_sns_topic.event_topic.arn
  source_type      = "blue-green-deployment"
  event_categories = ["failure", "notification"]
  tags             = var.tags

  depends_on = [aws_sns_topic_policy.event_topic_policy]
}

resource "aws_sns_topic_subscription" "function_subscription" {
  topic_arn = aws_sns_topic.event_topic.arn
  protocol  = "lambda"
  endpoint  = aws_lambda_alias.live.arn

  # One run at a time. Without this, the first run would have to wait behind the runs of events.
  depends_on = [aws_lambda_invocation.follow, aws_lambda_permission.topic_may_invoke]
}

resource "aws_lambda_permission" "topic_may_invoke" {
  function_name = aws_lambda_function.function.function_name
  qualifier     = aws_lambda_alias.live.name
  action        = "lambda:InvokeFunction"
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.event_topic.arn # otherwise any topic of any account could invoke it
}

resource "aws_scheduler_schedule" "sweep" {
  #checkov:skip=CKV_AWS_297:Its input is one word, and the service encrypts it with its own key.
  name                = "${var.name}-sweep"
  description         = "Starts a sweep of Writerlink once a minute."
  schedule_expression = "rate(1 minute)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_alias.live.arn
    role_arn = aws_iam_role.sweep_role.arn
    input    = jsonencode({ trigger = "sweep" })

    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }

  depends_on = [aws_lambda_invocation.follow, aws_iam_role_policy.sweep_role]
}

resource "aws_iam_role" "sweep_role" {
  name_prefix          = "${substr(var.name, 0, 26)}-sweep-"
  description          = "Lets the schedule invoke the function, and nothing else."
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { # only schedules of this account, because the service acts for those of every account
        StringEquals = {
          "aws:SourceAccount" = local.account
          "aws:SourceArn"     = "arn:${local.partition}:scheduler:${local.region}:${local.account}:schedule-group/default"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "sweep_role" {
  name = "invoke"
  role = aws_iam_role.sweep_role.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "lambda:InvokeFunction"
      Resource = aws_lambda_alias.live.arn
    }]
  })
}
