# The consumer's side: an interface endpoint to the published database, and a private hosted zone in
# which the database's own name resolves to the endpoint, so that certificates verify and IAM tokens
# are valid.
#
# It makes the same as infra/consumer.yaml, resource by resource under the same names, and
# tests/python/drift.py compares the two. The comments of the template explain the values. Unlike
# CloudFormation, this module checks that the endpoint's subnets are in zones that the service has.
# EC2 reports both with the zone names of the consumer's account ("DescribeVpcEndpointServices"), so
# they can be compared.

data "aws_vpc_endpoint_service" "service" {
  count = var.service_region == null ? 1 : 0

  service_name = var.endpoint_service_name
}

data "aws_subnet" "endpoint" {
  count = length(var.subnet_ids)

  id = var.subnet_ids[count.index]
}

resource "aws_security_group" "security_group" {
  description = "Interface endpoint to ${var.database_endpoint}"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = var.name })
}

resource "aws_vpc_security_group_ingress_rule" "security_group" {
  description                  = "Clients of the database"
  security_group_id            = aws_security_group.security_group.id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
  referenced_security_group_id = var.client_security_group_id
  cidr_ipv4                    = var.client_cidr
  tags                         = var.tags

  lifecycle {
    precondition {
      condition     = (var.client_security_group_id == null) != (var.client_cidr == null)
      error_message = "Give exactly one of client_security_group_id and client_cidr."
    }
    precondition {
      condition     = var.ip_address_type == "ipv4" || var.client_cidr == null
      error_message = "With dualstack, give client_security_group_id, which covers both address families."
    }
  }
}

resource "aws_vpc_endpoint" "endpoint" {
  vpc_id              = var.vpc_id
  vpc_endpoint_type   = "Interface"
  service_name        = var.endpoint_service_name
  service_region      = var.service_region
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.security_group.id]
  ip_address_type     = var.ip_address_type
  private_dns_enabled = false
  tags                = merge(var.tags, { Name = var.name })

  lifecycle {
    precondition {
      condition     = length(setsubtract(data.aws_subnet.endpoint[*].availability_zone, flatten(data.aws_vpc_endpoint_service.service[*].availability_zones))) == 0 || var.service_region != null
      error_message = "Some of subnet_ids are in zones that the service does not have. Give other subnets, or ask the database's operator to add those zones."
    }
  }
}

resource "aws_route53_zone" "zone" {
  name    = var.database_endpoint
  comment = "Resolves to the database through PrivateLink"
  tags    = var.tags

  vpc {
    vpc_id = var.vpc_id
  }

  lifecycle {
    # Without `ignore_changes`, the block above would remove VPCs that were associated elsewhere,
    # because it manages all associations (provider's documentation,
    # "aws_route53_zone_association").
    ignore_changes = [vpc]

    # `ignore_changes` also ignores a change of vpc_id. So another VPC, which has another security
    # group, gets another zone.
    replace_triggered_by = [aws_security_group.security_group.vpc_id]
  }
}

# A client that takes several hosts verifies each member by the member's own name. So each member
# has a zone, as the database has, and a rule for its port.

resource "aws_vpc_security_group_ingress_rule" "member_clients" {
  for_each = var.members

  description                  = "Clients of a member of the database"
  security_group_id            = aws_security_group.security_group.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
  referenced_security_group_id = var.client_security_group_id
  cidr_ipv4                    = var.client_cidr
  tags                         = var.tags
}

resource "aws_route53_zone" "member_zone" {
  for_each = var.members

  name    = each.key
  comment = "Resolves to a member of the database through PrivateLink"
  tags    = var.tags

  vpc {
    vpc_id = var.vpc_id
  }

  lifecycle {
    ignore_changes       = [vpc] # as for the other zone
    replace_triggered_by = [aws_security_group.security_group.vpc_id]
  }
}

resource "aws_route53_record" "member_record" {
  for_each = var.members

  zone_id = aws_route53_zone.member_zone[each.key].zone_id
  name    = each.key
  type    = "A"

  alias {
    zone_id                = aws_vpc_endpoint.endpoint.dns_entry[0].hosted_zone_id
    name                   = aws_vpc_endpoint.endpoint.dns_entry[0].dns_name
    evaluate_target_health = false
  }
}

resource "aws_route53_record" "member_record_of_ipv6" {
  for_each = var.ip_address_type == "dualstack" ? var.members : {}

  zone_id = aws_route53_zone.member_zone[each.key].zone_id
  name    = each.key
  type    = "AAAA"

  alias {
    zone_id                = aws_vpc_endpoint.endpoint.dns_entry[0].hosted_zone_id
    name                   = aws_vpc_endpoint.endpoint.dns_entry[0].dns_name
    evaluate_target_health = false
  }
}

# The first of an endpoint's names covers all its zones.
resource "aws_route53_record" "record" {
  zone_id = aws_route53_zone.zone.zone_id
  name    = var.database_endpoint
  type    = "A"

  alias {
    zone_id                = aws_vpc_endpoint.endpoint.dns_entry[0].hosted_zone_id
    name                   = aws_vpc_endpoint.endpoint.dns_entry[0].dns_name
    evaluate_target_health = false
  }
}

resource "aws_route53_record" "record_of_ipv6" {
  count = var.ip_address_type == "dualstack" ? 1 : 0

  zone_id = aws_route53_zone.zone.zone_id
  name    = var.database_endpoint
  type    = "AAAA"

  alias {
    zone_id                = aws_vpc_endpoint.endpoint.dns_entry[0].hosted_zone_id
    name                   = aws_vpc_endpoint.endpoint.dns_entry[0].dns_name
    evaluate_target_health = false
  }
}
