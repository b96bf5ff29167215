# terraform init -backend=false && terraform test. Nothing here reaches AWS.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-west-1a", "eu-west-1b", "eu-west-1c"] }
  }
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
  name = "orders"
}

run "an_aurora_cluster_of_two_takes_tls_only_and_no_one_from_outside" {
  command = plan

  assert {
    condition     = length(aws_rds_cluster.cluster) == 1 && length(aws_db_instance.instance) == 0
    error_message = "The database is not an Aurora cluster."
  }
  assert {
    condition     = [for parameter in aws_rds_cluster_parameter_group.cluster_parameters[0].parameter : parameter.value if parameter.name == "rds.force_ssl"] == ["1"]
    error_message = "The cluster takes connections without TLS."
  }
  assert {
    condition     = !aws_rds_cluster_instance.instance_a[0].publicly_accessible && !aws_rds_cluster_instance.instance_b[0].publicly_accessible
    error_message = "An instance has a public address."
  }
  assert {
    condition     = output.allow == ["10.20.0.0/24", "10.20.1.0/24"]
    error_message = "The subnets are ${join(", ", output.allow)}."
  }
}

run "mysql_is_one_instance_with_a_standby" {
  command = plan

  variables {
    engine = "mysql"
  }

  assert {
    condition     = aws_db_instance.instance[0].multi_az && length(aws_rds_cluster.cluster) == 0
    error_message = "The database is not a Multi-AZ instance."
  }
  assert {
    condition     = output.source == "instance/orders"
    error_message = "The function would follow ${output.source}."
  }
}

run "an_engine_that_the_link_was_not_made_for_is_refused" {
  command = plan

  variables {
    engine = "oracle-ee"
  }

  expect_failures = [var.engine]
}
