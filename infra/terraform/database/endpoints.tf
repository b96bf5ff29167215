# What a function in this VPC needs, and nothing else: the APIs that it calls. The route to S3 is
# for the custom resource of reconciler.yaml, which writes its answer there; ../reconciler has no
# custom resource.

resource "aws_security_group" "function_security_group" {
  #checkov:skip=CKV2_AWS_5:It is an output, for the function.
  count = var.lambda_endpoints ? 1 : 0

  description = "The function of Writerlink in this VPC. No inbound rule, outbound by HTTPS."
  vpc_id      = aws_vpc.vpc.id
  tags        = merge(var.tags, { Name = "${var.name}-function" })
}

resource "aws_vpc_security_group_egress_rule" "function_security_group" {
  count = var.lambda_endpoints ? 1 : 0

  description       = "To the endpoints and S3"
  security_group_id = aws_security_group.function_security_group[0].id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
  tags              = var.tags
}

resource "aws_security_group" "endpoint_security_group" {
  count = var.lambda_endpoints ? 1 : 0

  description = "Interface endpoints of AWS APIs. Inbound from the function, nothing outbound."
  vpc_id      = aws_vpc.vpc.id
  tags        = merge(var.tags, { Name = "${var.name}-endpoints" })
}

resource "aws_vpc_security_group_ingress_rule" "endpoint_security_group" {
  count = var.lambda_endpoints ? 1 : 0

  description                  = "From the function"
  security_group_id            = aws_security_group.endpoint_security_group[0].id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.function_security_group[0].id
  tags                         = var.tags
}

resource "aws_vpc_endpoint" "rds_endpoint" {
  count = var.lambda_endpoints ? 1 : 0

  vpc_id              = aws_vpc.vpc.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${data.aws_region.current.region}.rds"
  subnet_ids          = [aws_subnet.subnet_a.id, aws_subnet.subnet_b.id]
  security_group_ids  = aws_security_group.endpoint_security_group[*].id
  private_dns_enabled = true
  tags                = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "rds:Describe*"
      Resource  = "*"
      Condition = local.of_this_account
    }]
  })
}

resource "aws_vpc_endpoint" "elb_endpoint" {
  count = var.lambda_endpoints ? 1 : 0

  vpc_id              = aws_vpc.vpc.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${data.aws_region.current.region}.elasticloadbalancing"
  subnet_ids          = [aws_subnet.subnet_a.id, aws_subnet.subnet_b.id]
  security_group_ids  = aws_security_group.endpoint_security_group[*].id
  private_dns_enabled = true
  tags                = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = ["elasticloadbalancing:Describe*", "elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"]
      Resource  = "*"
      Condition = local.of_this_account
    }]
  })
}

resource "aws_vpc_endpoint" "sns_endpoint" {
  count = var.lambda_endpoints ? 1 : 0

  vpc_id              = aws_vpc.vpc.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${data.aws_region.current.region}.sns"
  subnet_ids          = [aws_subnet.subnet_a.id, aws_subnet.subnet_b.id]
  security_group_ids  = aws_security_group.endpoint_security_group[*].id
  private_dns_enabled = true
  tags                = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = "*"
      Condition = local.of_this_account
    }]
  })
}

resource "aws_vpc_endpoint" "ec2_endpoint" {
  count = var.lambda_endpoints && var.standby == "warm" ? 1 : 0

  vpc_id              = aws_vpc.vpc.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${data.aws_region.current.region}.ec2"
  subnet_ids          = [aws_subnet.subnet_a.id, aws_subnet.subnet_b.id]
  security_group_ids  = aws_security_group.endpoint_security_group[*].id
  private_dns_enabled = true
  tags                = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "ec2:DescribeNetworkInterfaces"
      Resource  = "*"
      Condition = local.of_this_account
    }]
  })
}

resource "aws_vpc_endpoint" "s3_endpoint" {
  count = var.lambda_endpoints ? 1 : 0

  vpc_id            = aws_vpc.vpc.id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${data.aws_region.current.region}.s3"
  route_table_ids   = [aws_route_table.route_table.id]
  tags              = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:PutObject"
      Resource  = "arn:${data.aws_partition.current.partition}:s3:::cloudformation-custom-resource-response-${replace(data.aws_region.current.region, "-", "")}/*"
    }]
  })
}
