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
}

variables {
  trusted_principals = ["arn:aws:iam::444455556666:role/orders-app"]
  db_resource_id     = "cluster-ABCDEFGHIJKL01234"
  db_user            = "app"
}

run "the_role_logs_in_as_one_user_of_one_database" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role_policy.role.policy).Statement[0].Resource == "arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABCDEFGHIJKL01234/app"
    error_message = "The role may connect to ${aws_iam_role_policy.role.policy}."
  }
  assert {
    condition     = jsondecode(aws_iam_role.role.assume_role_policy).Statement[0].Principal.AWS == ["arn:aws:iam::444455556666:role/orders-app"]
    error_message = "Others may assume the role: ${aws_iam_role.role.assume_role_policy}."
  }
}

run "an_external_id_becomes_a_condition" {
  command = plan

  variables {
    external_id = "orders"
  }

  assert {
    condition     = jsondecode(aws_iam_role.role.assume_role_policy).Statement[0].Condition.StringEquals["sts:ExternalId"] == "orders"
    error_message = "The role can be assumed without the external id."
  }
}

run "everyone_is_refused" {
  command = plan

  variables {
    trusted_principals = ["*"]
  }

  expect_failures = [var.trusted_principals]
}

run "a_user_with_a_wildcard_is_refused" {
  command = plan

  variables {
    db_user = "*"
  }

  expect_failures = [var.db_user]
}
