# An RDS Proxy in front of an existing database: the proxy, the role with which it logs in, and its
# own security group. The link's target group then follows proxy/NAME, whose addresses do not change
# in a failover.
#
# It makes the same as infra/proxy.yaml, resource by resource under the same names, and
# tests/python/drift.py compares the two. The comments of the template explain the values. This
# module looks up the database's port and resource id, which are parameters in CloudFormation.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

data "aws_rds_cluster" "database" {
  count = var.db_cluster_identifier == null ? 0 : 1

  cluster_identifier = var.db_cluster_identifier
}

data "aws_db_instance" "database" {
  count = var.db_instance_identifier == null ? 0 : 1

  db_instance_identifier = var.db_instance_identifier
}

locals {
  port             = one(concat(data.aws_rds_cluster.database[*].port, data.aws_db_instance.database[*].port))
  resource_id      = one(concat(data.aws_rds_cluster.database[*].cluster_resource_id, data.aws_db_instance.database[*].resource_id))
  logs_in_by_token = var.default_auth_scheme == "IAM_AUTH"
  has_secret       = local.logs_in_by_token ? var.secret_arn != null : true # known, even for a secret that the same apply makes
  has_key          = local.has_secret && var.kms_key_arn != null
}

# ../link adds the inbound rule, with this group as its database_security_group_id.
resource "aws_security_group" "security_group" {
  #checkov:skip=CKV2_AWS_5:The proxy uses it. The check does not know that resource.
  description = "An RDS Proxy that Writerlink follows. Outbound to the database only."
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = var.name })
}

resource "aws_vpc_security_group_egress_rule" "security_group" {
  description                  = "To the database"
  security_group_id            = aws_security_group.security_group.id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
  referenced_security_group_id = var.database_security_group_id
  tags                         = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "database_admits_proxy" {
  description                  = "From the proxy ${var.name}"
  security_group_id            = var.database_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
  referenced_security_group_id = aws_security_group.security_group.id
  tags                         = var.tags
}

resource "aws_iam_role" "role" {
  name_prefix          = "${substr(var.name, 0, 31)}-proxy-"
  description          = "Lets an RDS Proxy log in to the database."
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEqualsIfExists = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "role" {
  name = "login"
  role = aws_iam_role.role.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.has_secret ? [{
        Sid      = "ReadTheSecret"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = var.secret_arn
      }] : [],
      local.has_key ? [{
        Sid       = "DecryptIt"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = var.kms_key_arn
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${data.aws_region.current.region}.amazonaws.com" } }
      }] : [],
      local.logs_in_by_token ? [{
        Sid      = "LogIn"
        Effect   = "Allow"
        Action   = "rds-db:connect"
        Resource = "arn:${data.aws_partition.current.partition}:rds-db:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:dbuser:${local.resource_id}/${var.database_user == null ? "" : var.database_user}"
      }] : [],
    )
  })
}

resource "aws_db_proxy" "proxy" {
  name                   = var.name
  engine_family          = var.engine_family
  require_tls            = true
  role_arn               = aws_iam_role.role.arn
  vpc_subnet_ids         = var.subnet_ids
  vpc_security_group_ids = [aws_security_group.security_group.id]
  default_auth_scheme    = var.default_auth_scheme
  tags                   = var.tags

  dynamic "auth" {
    for_each = local.has_secret ? [true] : []
    content {
      auth_scheme = "SECRETS"
      iam_auth    = var.iam_auth
      secret_arn  = var.secret_arn
    }
  }

  depends_on = [aws_iam_role_policy.role] # the proxy logs in as soon as it exists

  lifecycle {
    precondition {
      condition     = (var.db_cluster_identifier == null) != (var.db_instance_identifier == null)
      error_message = "Give exactly one of db_cluster_identifier and db_instance_identifier."
    }
    precondition {
      condition     = local.logs_in_by_token || var.secret_arn != null
      error_message = "Give secret_arn (what the proxy logs in with), or default_auth_scheme = \"IAM_AUTH\"."
    }
    precondition {
      condition     = !local.logs_in_by_token || var.database_user != null
      error_message = "default_auth_scheme = \"IAM_AUTH\" needs database_user (the user for the proxy's login)."
    }
  }
}

resource "aws_db_proxy_default_target_group" "target_group" {
  db_proxy_name = aws_db_proxy.proxy.name

  connection_pool_config {
    max_connections_percent   = 100
    connection_borrow_timeout = 120
  }
}

resource "aws_db_proxy_target" "target_group" {
  db_proxy_name          = aws_db_proxy.proxy.name
  target_group_name      = aws_db_proxy_default_target_group.target_group.name
  db_cluster_identifier  = var.db_cluster_identifier
  db_instance_identifier = var.db_instance_identifier
}
