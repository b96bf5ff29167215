# terraform init -backend=false && terraform test. Nothing here reaches AWS.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-west-1" }
  }

  # The provider checks ARNs, so a made-up word does not do.
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/writerlink/orders" }
  }
  mock_resource "aws_cloudwatch_metric_alarm" {
    defaults = { arn = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/orders" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-0000-4444-8888-0123456789ab" }
  }
  mock_resource "aws_lambda_alias" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:orders:live" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:orders", version = "1" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:111122223333:orders" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = { arn = "arn:aws:sqs:eu-west-1:111122223333:orders-failures" }
  }
}

variables {
  name    = "orders"
  package = "versions.tf" # any file: nothing is uploaded
  allow   = ["10.20.4.0/24"]
  bindings = {
    orders = {
      source           = "cluster/orders"
      target_group_arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef"
    }
  }
}

run "the_function_has_the_binding_and_may_write_to_its_group_only" {
  assert {
    condition     = jsondecode(aws_lambda_function.function.environment[0].variables.WRITERLINK_CONFIG).binding[0].target-group == var.bindings.orders.target_group_arn
    error_message = "The function is told ${aws_lambda_function.function.environment[0].variables.WRITERLINK_CONFIG}."
  }
  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.function_role.policy).Statement : statement.Resource if contains(statement.Action, "elasticloadbalancing:RegisterTargets")] == [[var.bindings.orders.target_group_arn]]
    error_message = "The role may write elsewhere: ${aws_iam_role_policy.function_role.policy}."
  }
  assert {
    condition     = alltrue([for statement in jsondecode(aws_iam_role_policy.recorder_role[0].policy).Statement : !contains(statement.Action, "elasticloadbalancing:RegisterTargets")])
    error_message = "The recorder may write."
  }
  assert {
    condition     = aws_lambda_function.function.reserved_concurrent_executions == 1 && aws_lambda_function_event_invoke_config.invocations.maximum_retry_attempts == 0
    error_message = "Two runs may overlap."
  }
}

run "in_observe_the_role_may_not_write_at_all" {
  variables {
    mode = "observe"
  }

  assert {
    condition     = length([for statement in jsondecode(aws_iam_role_policy.function_role.policy).Statement : statement if contains(statement.Action, "elasticloadbalancing:RegisterTargets")]) == 0
    error_message = "The role may write: ${aws_iam_role_policy.function_role.policy}."
  }
}

run "with_tags_the_role_may_write_to_groups_that_name_a_source" {
  variables {
    bindings = {}
    discover = ["cluster/orders-*", "instance/billing"]
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.function_role.policy).Statement : statement.Condition.StringLike["aws:ResourceTag/writerlink:source"] if contains(statement.Action, "elasticloadbalancing:RegisterTargets")] == [["cluster/orders-*", "instance/billing"]]
    error_message = "The role may write elsewhere: ${aws_iam_role_policy.function_role.policy}."
  }
}

run "without_the_recorder_there_is_one_function" {
  command = plan

  variables {
    recorder = false
  }

  assert {
    condition     = length(aws_lambda_function.recorder_function) == 0 && output.recorder_log_group_name == null
    error_message = "There is a recorder."
  }
}

run "a_function_that_follows_nothing_is_refused" {
  command = plan

  variables {
    bindings = {}
  }

  expect_failures = [aws_lambda_function.function]
}

run "a_binding_without_networks_is_refused" {
  command = plan

  variables {
    allow = []
  }

  expect_failures = [aws_lambda_function.function]
}

run "a_source_that_the_function_would_refuse_is_refused" {
  command = plan

  variables {
    bindings = {
      orders = {
        source           = "clusters/orders"
        target_group_arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef"
      }
    }
  }

  expect_failures = [var.bindings]
}
