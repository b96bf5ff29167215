# The recorder: a second function, which records how long each part of a failover takes and writes
# nothing. It is a function of its own, because a recording takes up to 14 minutes and the
# reconciler has one run at a time.
#
# It has no versions and no alias: an old version would only measure less.

locals {
  recorder_in_vpc             = local.in_vpc || length(var.recorder_subnet_ids) > 0
  recorder_subnet_ids         = length(var.recorder_subnet_ids) > 0 ? var.recorder_subnet_ids : var.subnet_ids
  recorder_security_group_ids = length(var.recorder_subnet_ids) > 0 ? var.recorder_security_group_ids : var.security_group_ids

  recorder_variables = {
    WRITERLINK_ROLE   = "recorder"
    WRITERLINK_PROBE  = var.probe == "none" ? null : var.probe
    WRITERLINK_CONFIG = local.config # the other function's
    WRITERLINK_PERMIT = var.permit
  }
}

resource "aws_lambda_function" "recorder_function" {
  #checkov:skip=CKV_AWS_50:A recording logs its steps. A trace would need more permissions and show less.
  #checkov:skip=CKV_AWS_116:An event that could not be recorded says nothing about the link, so nobody has to read it.
  #checkov:skip=CKV_AWS_173:The configuration holds names and networks, no secret, and Lambda encrypts it at rest with its own key.
  #checkov:skip=CKV_AWS_272:Nobody signs the package. Its checksum is beside it, and the same source gives the same bytes.
  count = var.recorder ? 1 : 0

  function_name    = "${var.name}-recorder"
  description      = "Records how long each part of a failover takes. It only reads."
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  handler          = "bootstrap"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  memory_size      = 256
  timeout          = 900
  role             = aws_iam_role.recorder_role[0].arn
  tags             = var.tags

  # One recording at a time: it watches every binding, so a second one would only spend calls.
  reserved_concurrent_executions = var.reserve_concurrency ? 1 : -1

  environment {
    variables = { for name, value in local.recorder_variables : name => value if value != null }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.recorder_log_group[0].name
  }

  dynamic "vpc_config" {
    for_each = local.recorder_in_vpc ? [true] : []
    content {
      subnet_ids         = local.recorder_subnet_ids
      security_group_ids = local.recorder_security_group_ids
    }
  }

  depends_on = [aws_iam_role_policy.recorder_role] # as for the other function

  lifecycle {
    precondition {
      condition     = (length(var.recorder_subnet_ids) == 0) == (length(var.recorder_security_group_ids) == 0)
      error_message = "Give both recorder_subnet_ids and recorder_security_group_ids, or neither."
    }
    precondition {
      condition     = var.probe == "none" || local.recorder_in_vpc
      error_message = "Give recorder_subnet_ids with probe. Only from inside the VPC can the recorder reach the load balancer."
    }
  }
}

# An event that comes while it records is answered after that. It waits for the rest of a recording
# and for Lambda's longest pause between two attempts. A recording that fails in its first minutes
# is worth beginning again.
resource "aws_lambda_function_event_invoke_config" "recorder_invocations" {
  count = var.recorder ? 1 : 0

  function_name                = aws_lambda_function.recorder_function[0].function_name
  maximum_event_age_in_seconds = 1200
  maximum_retry_attempts       = 1
}

resource "aws_sns_topic_subscription" "recorder_subscription" {
  count = var.recorder ? 1 : 0

  topic_arn = aws_sns_topic.event_topic.arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.recorder_function[0].arn

  depends_on = [aws_lambda_permission.topic_may_invoke_recorder]
}

resource "aws_lambda_permission" "topic_may_invoke_recorder" {
  count = var.recorder ? 1 : 0

  function_name = aws_lambda_function.recorder_function[0].function_name
  action        = "lambda:InvokeFunction"
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.event_topic.arn
}

resource "aws_iam_role" "recorder_role" {
  count = var.recorder ? 1 : 0

  name_prefix          = "${substr(var.name, 0, 26)}-recorder-"
  description          = "The permissions of Writerlink's recorder, as stated in infra/policy.json. Its code only reads; in a VPC, Lambda makes network interfaces with it."
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "recorder_role" {
  count = var.recorder ? 1 : 0

  name = "recorder"
  role = aws_iam_role.recorder_role[0].id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = flatten([for condition, statements in local.stated : statements if local.applies_to_recorder[condition]])
  })
}

resource "aws_cloudwatch_log_group" "recorder_log_group" {
  #checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts at rest with its own key. The lines contain names and times, no data and no secret.
  #checkov:skip=CKV_AWS_338:log_retention_days sets the retention.
  count = var.recorder ? 1 : 0

  name              = "/writerlink/${var.name}-recorder"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_cloudwatch_query_definition" "records_query" {
  count = var.recorder ? 1 : 0

  name            = "writerlink/${var.name}/records"
  log_group_names = [aws_cloudwatch_log_group.recorder_log_group[0].name]
  query_string    = "fields @timestamp, binding, @message | filter kind = \"record\" | sort @timestamp desc | limit 1000"
}
