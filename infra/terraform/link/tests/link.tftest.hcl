# terraform init -backend=false && terraform test. Nothing here reaches AWS.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-west-1" }
  }
}

variables {
  name                       = "orders"
  vpc_id                     = "vpc-0123456789abcdef0"
  subnet_ids                 = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  port                       = 5432
  allowed_principals         = ["arn:aws:iam::444455556666:root"]
  database_security_group_id = "sg-0123456789abcdef0"
}

run "the_load_balancer_is_internal_and_the_database_admits_it" {
  command = plan

  assert {
    condition     = aws_lb.load_balancer[0].internal && aws_lb.load_balancer[0].load_balancer_type == "network"
    error_message = "The load balancer is not an internal Network Load Balancer."
  }
  assert {
    condition     = aws_lb_listener.listener.port == 5432 && aws_lb_target_group.target_group.port == 5432
    error_message = "The listener or the group has another port than the database."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.database_admits_balancer[0].security_group_id == var.database_security_group_id
    error_message = "The database does not admit the load balancer."
  }
  assert {
    condition     = aws_vpc_endpoint_service.endpoint_service[0].acceptance_required
    error_message = "An endpoint connects before anyone has accepted it."
  }
  assert {
    condition     = keys(aws_vpc_endpoint_service_allowed_principal.endpoint_service_permissions) == ["arn:aws:iam::444455556666:root"]
    error_message = "Others may make an endpoint."
  }
}

run "a_load_balancer_that_exists_gets_a_group_and_a_listener_only" {
  command = plan

  variables {
    load_balancer_arn          = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/orders/0123456789abcdef"
    subnet_ids                 = []
    allowed_principals         = []
    database_security_group_id = null
  }

  assert {
    condition     = length(aws_lb.load_balancer) == 0 && length(aws_vpc_endpoint_service.endpoint_service) == 0 && output.endpoint_service_name == null
    error_message = "The module makes a load balancer or an endpoint service."
  }
}

run "a_load_balancer_without_subnets_is_refused" {
  command = plan

  variables {
    subnet_ids = []
  }

  expect_failures = [aws_lb.load_balancer]
}

run "everyone_is_refused" {
  command = plan

  variables {
    allowed_principals = ["*"]
  }

  expect_failures = [var.allowed_principals]
}
