# The link: an internal Network Load Balancer, an empty target group that the function fills, and
# the endpoint service to which other accounts connect. Or only the target group and its listener,
# on an existing load balancer.
#
# It makes the same as infra/link.yaml, resource by resource under the same names, and
# tests/python/drift.py compares the two. The comments of the template explain the values.

data "aws_region" "current" {}

locals {
  is_warm          = var.standby == "warm"
  makes_balancer   = var.load_balancer_arn == null
  admits_balancer  = local.makes_balancer && var.database_security_group_id != null
  admits_probe     = local.makes_balancer && var.probe_security_group_id != null
  tags             = merge(var.tags, { Name = var.name })
  address_families = var.ip_address_type == "dualstack" ? ["ipv4", "ipv6"] : ["ipv4"]
}

resource "aws_lb" "load_balancer" {
  #checkov:skip=CKV_AWS_150:deletion_protection is for a later apply. If a first apply fails, Terraform must be able to delete the load balancer.
  #checkov:skip=CKV_AWS_91:A Network Load Balancer writes access logs for TLS listeners only, and this listener is TCP. VPC flow logs show the connections.
  count = local.makes_balancer ? 1 : 0

  load_balancer_type                                           = "network"
  internal                                                     = true
  ip_address_type                                              = var.ip_address_type
  subnets                                                      = var.subnet_ids
  security_groups                                              = aws_security_group.load_balancer_security_group[*].id
  enforce_security_group_inbound_rules_on_private_link_traffic = "off"
  enable_cross_zone_load_balancing                             = true
  enable_deletion_protection                                   = var.deletion_protection
  tags                                                         = local.tags

  lifecycle {
    precondition {
      condition     = length(var.subnet_ids) > 0
      error_message = "Give subnet_ids (for the load balancer's nodes), or load_balancer_arn."
    }
  }
}

resource "aws_security_group" "load_balancer_security_group" {
  count = local.makes_balancer ? 1 : 0

  description = "The load balancer of Writerlink. No inbound rule, outbound to the port of the database."
  vpc_id      = var.vpc_id
  tags        = local.tags
}

resource "aws_vpc_security_group_egress_rule" "load_balancer_security_group" {
  count = local.makes_balancer ? 1 : 0

  description                  = "To the database"
  security_group_id            = aws_security_group.load_balancer_security_group[0].id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
  referenced_security_group_id = var.database_security_group_id
  cidr_ipv4                    = var.database_security_group_id == null ? "0.0.0.0/0" : null
  tags                         = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "database_admits_balancer" {
  count = local.admits_balancer ? 1 : 0

  description                  = "From the load balancer of Writerlink"
  security_group_id            = var.database_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
  referenced_security_group_id = aws_security_group.load_balancer_security_group[0].id
  tags                         = var.tags
}

# PrivateLink traffic needs no inbound rule. The recorder's probe comes from inside the VPC, and
# does.
resource "aws_vpc_security_group_ingress_rule" "balancer_admits_probe" {
  count = local.admits_probe ? 1 : 0

  description                  = "From the connect probe of Writerlink"
  security_group_id            = aws_security_group.load_balancer_security_group[0].id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
  referenced_security_group_id = var.probe_security_group_id
  tags                         = var.tags
}

resource "aws_vpc_security_group_egress_rule" "probe_reaches_balancer" {
  count = local.admits_probe ? 1 : 0

  description                  = "To the load balancer of Writerlink"
  security_group_id            = var.probe_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
  referenced_security_group_id = aws_security_group.load_balancer_security_group[0].id
  tags                         = var.tags
}

# The function writes this group's targets. They are not an attribute of this resource, so there is
# nothing to ignore here. Never use aws_lb_target_group_attachment beside the function: it is the
# one Terraform resource that conflicts with it. Terraform forgets an attachment whose target is
# missing, so the next apply registers the old writer again, and `ignore_changes` does not prevent
# that.
resource "aws_lb_target_group" "target_group" {
  #checkov:skip=CKV_AWS_378:The check concerns HTTP; the group is TCP.
  vpc_id                 = var.vpc_id
  target_type            = "ip"
  ip_address_type        = "ipv4"
  protocol               = "TCP"
  port                   = var.port
  deregistration_delay   = 30
  connection_termination = true
  preserve_client_ip     = false
  tags                   = local.tags

  load_balancing_cross_zone_enabled = local.is_warm ? "true" : null

  dynamic "target_health_state" {
    for_each = local.is_warm ? [true] : []
    content {
      enable_unhealthy_connection_termination = true
    }
  }

  dynamic "target_group_health" {
    for_each = local.is_warm ? [true] : []
    content {
      unhealthy_state_routing {
        minimum_healthy_targets_count      = 1
        minimum_healthy_targets_percentage = "off"
      }
      dns_failover {
        minimum_healthy_targets_count      = "1"
        minimum_healthy_targets_percentage = "off"
      }
    }
  }

  health_check {
    protocol            = "TCP"
    interval            = local.is_warm ? 5 : var.health_check_interval_seconds
    timeout             = 4
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }

  lifecycle {
    create_before_destroy = true # a listener forwards to it, and a group in use cannot be deleted

    precondition {
      condition     = local.makes_balancer || (var.database_security_group_id == null && var.probe_security_group_id == null && length(var.allowed_principals) == 0)
      error_message = "With load_balancer_arn the module makes no security group and no endpoint service. Admit that load balancer to the database, and the recorder's probe to that load balancer, yourself, and leave database_security_group_id, probe_security_group_id and allowed_principals out."
    }
  }
}

resource "aws_lb_listener" "listener" {
  #checkov:skip=CKV_AWS_2:TCP and not TLS, so that the client's TLS ends at the database.
  load_balancer_arn        = local.makes_balancer ? aws_lb.load_balancer[0].arn : var.load_balancer_arn
  protocol                 = "TCP"
  port                     = var.port
  tcp_idle_timeout_seconds = 350
  tags                     = var.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.target_group.arn
  }
}

resource "aws_vpc_endpoint_service" "endpoint_service" {
  count = local.makes_balancer ? 1 : 0

  network_load_balancer_arns = [aws_lb.load_balancer[0].arn]
  acceptance_required        = var.acceptance_required
  supported_ip_address_types = local.address_families
  supported_regions          = length(var.supported_regions) > 0 ? setunion(var.supported_regions, [data.aws_region.current.region]) : null
  tags                       = local.tags

  depends_on = [aws_lb_listener.listener]
}

resource "aws_vpc_endpoint_service_allowed_principal" "endpoint_service_permissions" {
  for_each = local.makes_balancer ? var.allowed_principals : []

  vpc_endpoint_service_id = aws_vpc_endpoint_service.endpoint_service[0].id
  principal_arn           = each.value
}
