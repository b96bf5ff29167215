# IAM authentication across accounts: a role in the database's account. Principals of the consumer's
# account assume it to make login tokens for one database user.
#
# It makes the same as infra/access.yaml, and tests/python/drift.py compares the two.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

resource "aws_iam_role" "role" {
  name_prefix          = "writerlink-connect-"
  description          = "Makes login tokens for ${var.db_user} at ${var.db_resource_id}, and nothing else."
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      for key, value in {
        Effect    = "Allow"
        Principal = { AWS = var.trusted_principals }
        Action    = "sts:AssumeRole"
        Condition = var.external_id == null ? null : { StringEquals = { "sts:ExternalId" = var.external_id } }
      } : key => value if value != null
    }]
  })
}

resource "aws_iam_role_policy" "role" {
  name = "connect"
  role = aws_iam_role.role.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "rds-db:connect"
      Resource = "arn:${data.aws_partition.current.partition}:rds-db:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:dbuser:${var.db_resource_id}/${var.db_user}"
    }]
  })
}
