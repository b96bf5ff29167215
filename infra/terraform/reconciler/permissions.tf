# The functions' permissions, as infra/policy.json states them for every template and module. A test
# keeps the copy in this folder equal.

locals {
  stated = jsondecode(templatefile("${path.module}/policy.json", {
    AccountId           = local.account
    ConfigArn           = var.config_arn == null ? "" : var.config_arn
    ConfigKeyArn        = var.config_key_arn == null ? "" : var.config_key_arn
    Discover            = join("\",\"", var.discover)
    FailuresArn         = aws_sqs_queue.failures.arn
    LogGroupArn         = aws_cloudwatch_log_group.log_group.arn
    OutcomeTopicArn     = local.outcome_topic
    Partition           = local.partition
    RecorderLogGroupArn = var.recorder ? aws_cloudwatch_log_group.recorder_log_group[0].arn : ""
    Region              = local.region
    TargetGroupArns     = join("\",\"", local.written_groups)
    TopicKeyArn         = local.has_topic_key ? local.topic_key_arn : ""
  }))

  # Every key of policy.json is here, so that a new key is an error and not a permission that is
  # missing without a message.
  applies = {
    always            = true
    Audit             = false # permissions that the CLI needs, and the function does not
    Discovers         = local.discovers
    Doctor            = false # likewise
    FollowsConfig     = local.follows_config
    HasConfigKey      = var.config_key_arn != null
    HasTopicKey       = local.has_topic_key
    InVpc             = local.in_vpc
    InVpcAndCold      = local.in_vpc && !local.is_warm
    Warm              = local.is_warm
    Recorder          = false # of the other function
    RecorderDiscovers = false # likewise
    RecorderProbes    = false # likewise
    Writes            = length(local.written_groups) > 0
  }
  applies_to_recorder = merge({ for condition, applies in local.applies : condition => false }, {
    FollowsConfig     = local.follows_config
    HasConfigKey      = var.config_key_arn != null
    HasTopicKey       = local.has_topic_key
    InVpc             = local.recorder_in_vpc
    InVpcAndCold      = local.recorder_in_vpc
    Recorder          = true
    RecorderDiscovers = local.discovers
    RecorderProbes    = var.probe == "connect"
  })
}

resource "aws_iam_role" "function_role" {
  name_prefix          = "${substr(var.name, 0, 26)}-function-"
  description          = "The permissions of Writerlink, as stated in infra/policy.json. A test compares the two."
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

resource "aws_iam_role_policy" "function_role" {
  name = "writerlink"
  role = aws_iam_role.function_role.id

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = flatten([for condition, statements in local.stated : statements if local.applies[condition]])
  })
}
