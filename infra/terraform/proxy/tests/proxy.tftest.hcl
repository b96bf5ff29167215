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
  mock_data "aws_rds_cluster" {
    defaults = { port = 5433, cluster_resource_id = "cluster-ABCDEFGHIJKL01234" }
  }
}

variables {
  name                       = "orders-proxy"
  db_cluster_identifier      = "orders"
  engine_family              = "POSTGRESQL"
  secret_arn                 = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app-AbCdEf"
  vpc_id                     = "vpc-0123456789abcdef0"
  subnet_ids                 = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  database_security_group_id = "sg-0123456789abcdef0"
}

run "the_proxy_reaches_the_database_on_the_databases_own_port" {
  command = plan

  assert {
    condition     = aws_vpc_security_group_ingress_rule.database_admits_proxy.from_port == 5433 && aws_vpc_security_group_egress_rule.security_group.to_port == 5433
    error_message = "The rules have another port than the database."
  }
  assert {
    condition     = aws_db_proxy.proxy.require_tls
    error_message = "The proxy takes connections without TLS."
  }
  assert {
    condition     = output.port == 5432
    error_message = "A proxy for PostgreSQL listens on 5432, and the output is ${output.port}."
  }
}

run "with_tokens_the_proxy_logs_in_as_one_user_and_reads_no_secret" {
  command = plan

  variables {
    secret_arn          = null
    default_auth_scheme = "IAM_AUTH"
    database_user       = "app"
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.role.policy).Statement : statement.Resource] == ["arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABCDEFGHIJKL01234/app"]
    error_message = "The proxy's role may do something else: ${aws_iam_role_policy.role.policy}."
  }
}

run "a_proxy_that_cannot_log_in_is_refused" {
  command = plan

  variables {
    secret_arn = null
  }

  expect_failures = [aws_db_proxy.proxy]
}
