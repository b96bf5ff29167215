# terraform init -backend=false && terraform test. Nothing here reaches AWS.

mock_provider "aws" {}

variables {
  cluster           = "orders"
  member_ports      = { orders-1 = 5441, orders-2 = 5442 }
  port              = 5432
  vpc_id            = "vpc-0123456789abcdef0"
  load_balancer_arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/orders/0123456789abcdef"
}

run "each_member_has_a_listener_on_its_port_and_a_group_on_the_databases" {
  command = plan

  assert {
    condition     = { for name, listener in aws_lb_listener.member_listener : name => listener.port } == { orders-1 = 5441, orders-2 = 5442 }
    error_message = "The listeners have other ports."
  }
  assert {
    condition     = alltrue([for group in aws_lb_target_group.member_target_group : group.port == 5432])
    error_message = "A group has another port than the database."
  }
  assert {
    condition     = aws_lb_target_group.member_target_group["orders-2"].tags["writerlink:source"] == "cluster/orders/instance/orders-2"
    error_message = "The group of orders-2 does not say whom it is for."
  }
}

run "two_members_on_one_port_are_refused" {
  command = plan

  variables {
    member_ports = { orders-1 = 5441, orders-2 = 5441 }
  }

  expect_failures = [var.member_ports]
}

run "no_member_is_refused" {
  command = plan

  variables {
    member_ports = {}
  }

  expect_failures = [var.member_ports]
}
