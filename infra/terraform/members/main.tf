# Member ports: on the link's load balancer, a port, a listener and a target group for each member
# of a cluster, for clients that take several hosts and find the writer themselves.
#
# It makes the same as infra/members.yaml, with as many members as the load balancer has listeners
# left, and tests/python/drift.py compares the two. The comments of ../link explain the values.

resource "aws_lb_target_group" "member_target_group" {
  #checkov:skip=CKV_AWS_378:The check concerns HTTP; the group is TCP.
  for_each = var.member_ports

  vpc_id                 = var.vpc_id
  target_type            = "ip"
  ip_address_type        = "ipv4"
  protocol               = "TCP"
  port                   = var.port
  deregistration_delay   = 30
  connection_termination = true
  preserve_client_ip     = false

  # With these tags, a function with discover = ["cluster/ID/instance/*"] finds the groups itself.
  tags = merge(var.tags, { Name = each.key, "writerlink:source" = "cluster/${var.cluster}/instance/${each.key}" })

  health_check {
    protocol            = "TCP"
    interval            = var.health_check_interval_seconds
    timeout             = 4
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }

  lifecycle {
    create_before_destroy = true # a listener forwards to it, and a group in use cannot be deleted
  }
}

resource "aws_lb_listener" "member_listener" {
  #checkov:skip=CKV_AWS_2:TCP and not TLS, so that the client's TLS ends at the database.
  for_each = var.member_ports

  load_balancer_arn        = var.load_balancer_arn
  protocol                 = "TCP"
  port                     = each.value
  tcp_idle_timeout_seconds = 350
  tags                     = var.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.member_target_group[each.key].arn
  }
}
