# The reconciler: the function that keeps target groups pointed at the writer of an RDS cluster, at
# the cluster's readers, at a Multi-AZ instance, or at an RDS Proxy; everything that invokes it; and
# its topics, alarms and dashboard.
#
# It makes the same as infra/reconciler.yaml, resource by resource under the same names, and
# tests/python/drift.py compares the two. The comments of the template explain the values.
#
# Nothing here has `ignore_changes`, because the function writes targets and nothing else, and no
# resource of these modules contains targets.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
}

resource "aws_lambda_function" "function" {
  #checkov:skip=CKV_AWS_50:A run logs its steps. A trace would need more permissions and show less.
  #checkov:skip=CKV_AWS_116:The on-failure destination carries the whole record, and a dead-letter queue only the event. Lambda uses one of the two.
  #checkov:skip=CKV_AWS_173:The configuration holds names and networks, no secret, and Lambda encrypts it at rest with its own key.
  #checkov:skip=CKV_AWS_272:Nobody signs the package. Its checksum is beside it, and the same source gives the same bytes.
  function_name    = var.name
  description      = "Keeps a target group pointed at the writer of an RDS database, or at its readers or proxies."
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  handler          = "bootstrap"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  memory_size      = 256
  timeout          = var.function_timeout
  role             = aws_iam_role.function_role.arn
  publish          = true # each change of code or configuration is a version that you can go back to
  tags             = var.tags

  # One run at a time. Two runs at once, each with its own view of a changing database, can undo
  # each other's work.
  reserved_concurrent_executions = var.reserve_concurrency ? 1 : -1

  environment {
    variables = merge(
      { WRITERLINK_CONFIG = local.config },
      local.follows_config ? { WRITERLINK_PERMIT = var.permit } : {},
    )
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.log_group.name
  }

  dynamic "vpc_config" {
    for_each = local.in_vpc ? [true] : []
    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }

  # Lambda attaches the function to a VPC with the function's role, and refuses if the role may not.
  depends_on = [aws_iam_role_policy.function_role]

  lifecycle {
    precondition {
      condition     = local.has_config || length(var.bindings) > 0 || local.discovers
      error_message = "Give bindings, discover or a whole config."
    }
    precondition {
      condition     = !local.has_config || length(var.bindings) == 0
      error_message = "A config replaces bindings: leave bindings out, and give the config's groups as target_group_arns."
    }
    precondition {
      condition     = local.has_config || length(var.target_group_arns) == 0
      error_message = "target_group_arns is for the groups of a config. Without a config, bindings name the groups."
    }
    precondition {
      condition     = local.has_config || length(var.allow) > 0 || (!local.discovers && alltrue([for binding in values(var.bindings) : try(length(binding.allow) > 0, false)]))
      error_message = "Give allow (the database's subnets), here or for each binding. discover needs it here."
    }
    precondition {
      condition     = local.follows_config ? local.has_config && var.config_arn != null : var.config_arn == null && var.config_key_arn == null
      error_message = "Give permit, config_arn and a config like ssm:/path/NAME or s3://BUCKET/KEY together."
    }
    precondition {
      condition     = (length(var.subnet_ids) == 0) == (length(var.security_group_ids) == 0)
      error_message = "Give both subnet_ids and security_group_ids, for a function in a VPC, or neither."
    }
    precondition {
      condition     = alltrue([for name in keys(var.load_balancer_arns) : contains(keys(var.bindings), name)])
      error_message = "Each key of load_balancer_arns must be the name of one of bindings."
    }
    precondition {
      condition     = length(local.config) < 4000
      error_message = "A function's whole environment has 4 KB, and this configuration does not fit. Put it into the archive as a file (infra/package --config FILE) and give its path as config, or use discover."
    }
  }
}

# Everything invokes this alias. To go back, point it at an earlier version (aws lambda
# update-alias), and then apply the configuration of that version. There is no `ignore_changes` here
# either, because an alias that does not follow would keep an old configuration without any message.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that events and sweeps invoke."
  function_name    = aws_lambda_function.function.function_name
  function_version = aws_lambda_function.function.version
}

# For the alias, because Lambda applies these settings to the qualifier that was invoked
# ("Configuring error handling settings for asynchronous invocation").
resource "aws_lambda_function_event_invoke_config" "invocations" {
  function_name                = aws_lambda_function.function.function_name
  qualifier                    = aws_lambda_alias.live.name
  maximum_event_age_in_seconds = 600
  maximum_retry_attempts       = 0

  destination_config {
    on_failure {
      destination = aws_sqs_queue.failures.arn
    }
  }
}

# Made here, and not by Lambda in the first run, so that it has a retention and is destroyed with
# the rest.
resource "aws_cloudwatch_log_group" "log_group" {
  #checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts at rest with its own key. The lines contain names and addresses, no data and no secret.
  #checkov:skip=CKV_AWS_338:log_retention_days sets the retention.
  name              = "/writerlink/${var.name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

# This queue holds, once, every event whose run did not end well, with the whole record. It holds a
# sweep only if the sweep could not do its work at all.
resource "aws_sqs_queue" "failures" {
  name                      = "${var.name}-failures"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
  tags                      = var.tags
}

# The first run: when the function is created, and with each later version. There is none at
# destroy, because deleting the updater must not cause an outage. Invoked by hand, with {}, the
# function answers with its report, however the bindings ended. So a database that is still being
# created does not fail an apply. A version that cannot start, or that refuses its configuration,
# does.
resource "aws_lambda_invocation" "follow" {
  count = var.first_run ? 1 : 0

  function_name   = aws_lambda_function.function.function_name
  qualifier       = aws_lambda_alias.live.name
  input           = jsonencode({})
  lifecycle_scope = "CREATE_ONLY" # with CRUD the provider would add a key to the input, which the function refuses, and would invoke the function at destroy

  triggers = {
    version = aws_lambda_function.function.version
  }

  depends_on = [aws_iam_role_policy.function_role, aws_lambda_function_event_invoke_config.invocations]
}
