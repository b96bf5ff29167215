# terraform init -backend=false && terraform test. Nothing here reaches AWS.

mock_provider "aws" {
  mock_data "aws_vpc_endpoint_service" {
    defaults = { availability_zones = ["eu-west-1a", "eu-west-1b"] }
  }
  mock_data "aws_subnet" {
    defaults = { availability_zone = "eu-west-1a" }
  }
}

variables {
  name                     = "orders"
  endpoint_service_name    = "com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0"
  database_endpoint        = "orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com"
  port                     = 5432
  vpc_id                   = "vpc-0123456789abcdef0"
  subnet_ids               = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  client_security_group_id = "sg-0123456789abcdef0"
}

run "the_name_of_the_database_is_a_zone_and_its_clients_have_the_port" {
  command = plan

  assert {
    condition     = aws_route53_zone.zone.name == var.database_endpoint && aws_route53_record.record.name == var.database_endpoint
    error_message = "The zone is ${aws_route53_zone.zone.name}."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.security_group.from_port == 5432 && aws_vpc_security_group_ingress_rule.security_group.referenced_security_group_id == var.client_security_group_id
    error_message = "The clients do not have the port."
  }
  assert {
    condition     = aws_vpc_endpoint.endpoint.private_dns_enabled == false
    error_message = "The service has no private name that the endpoint could answer for."
  }
}

run "each_member_has_a_zone_and_a_port" {
  command = plan

  variables {
    members = { "orders-1.c0ffee1234ab.eu-west-1.rds.amazonaws.com" = 5441 }
  }

  assert {
    condition     = keys(aws_route53_zone.member_zone) == ["orders-1.c0ffee1234ab.eu-west-1.rds.amazonaws.com"]
    error_message = "The zones are those of ${join(", ", keys(aws_route53_zone.member_zone))}."
  }
  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.member_clients : rule.from_port] == [5441]
    error_message = "The clients do not have the member's port."
  }
}

run "subnets_in_a_zone_that_the_service_does_not_have_are_refused" {
  command = plan

  override_data {
    target = data.aws_subnet.endpoint
    values = { availability_zone = "eu-west-1c" }
  }

  expect_failures = [aws_vpc_endpoint.endpoint]
}

run "a_zone_for_a_whole_domain_of_aws_is_refused" {
  command = plan

  variables {
    database_endpoint = "eu-west-1.rds.amazonaws.com"
  }

  expect_failures = [var.database_endpoint]
}

run "clients_that_are_stated_twice_are_refused" {
  command = plan

  variables {
    client_cidr = "10.30.0.0/16"
  }

  expect_failures = [aws_vpc_security_group_ingress_rule.security_group]
}
