# An RDS Proxy in front of a database that exists: the proxy, the role with which it reads one secret, and a security group of its own. The
# link's target group then follows proxy/NAME, whose addresses stay where they are in a failover.
#
# The same as infra/proxy.yaml, resource by resource under the same names, and tests/python/drift.py compares the two. What the values are for
# is said there.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

# Whom it admits is added by ../link, with this group as its database_security_group_id.
resource "aws_security_group" "security_group" {
  #checkov:skip=CKV2_AWS_5:The proxy has it. The check does not know that resource.
  description = "An RDS Proxy that Writerlink follows. Out to the database and nowhere else."
  vpc_id      = var.vpc_id
  tags        = { Name = var.name }
}

resource "aws_vpc_security_group_egress_rule" "security_group" {
  description                  = "To the database"
  security_group_id            = aws_security_group.security_group.id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
  referenced_security_group_id = var.database_security_group_id
}

resource "aws_vpc_security_group_ingress_rule" "database_admits_proxy" {
  description                  = "From the proxy ${var.name}"
  security_group_id            = var.database_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
  referenced_security_group_id = aws_security_group.security_group.id
}

resource "aws_iam_role" "role" {
  name_prefix = "${substr(var.name, 0, 31)}-proxy-"
  description = "Lets an RDS Proxy read the one secret."

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
  name = "secret"
  role = aws_iam_role.role.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid      = "ReadTheSecret"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = var.secret_arn
      }],
      [for key in compact([var.kms_key_arn]) : {
        Sid       = "DecryptIt"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = key
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${data.aws_region.current.region}.amazonaws.com" } }
      }],
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

  auth {
    auth_scheme = "SECRETS"
    iam_auth    = var.iam_auth
    secret_arn  = var.secret_arn
  }

  depends_on = [aws_iam_role_policy.role] # it reads the secret as soon as it is made

  lifecycle {
    precondition {
      condition     = (var.db_cluster_identifier == null) != (var.db_instance_identifier == null)
      error_message = "Give db_cluster_identifier or db_instance_identifier, one of the two."
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
