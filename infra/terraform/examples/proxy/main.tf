# An RDS Proxy in front of a cluster that exists, published to another account, with IAM authentication: what moves in a failover is hidden by
# the proxy, and the function keeps the proxy's own addresses in the group.
# infra/package arm64 && cd infra/terraform/examples/proxy && terraform init && \
#   terraform apply -var region=eu-west-1 -var cluster=orders -var secret_arn=… -var 'consumers=["arn:aws:iam::444455556666:root"]' \
#     -var 'token_principals=["arn:aws:iam::444455556666:role/orders-app"]'
# For x86_64: infra/package x86_64, and terraform apply with -var architecture=x86_64 besides.

terraform {
  required_version = ">= 1.6" # what ../../link needs

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
  }
}

provider "aws" {
  region = var.region
}

variable "region" {
  type        = string
  description = "The database's Region."
}

variable "cluster" {
  type        = string
  description = "The identifier of a cluster."
}

variable "secret_arn" {
  type        = string
  default     = null
  description = "The secret with the login that the proxy uses. Left out, the proxy logs in with a token as well, which needs no secret: then db_user must exist in the database as one who logs in with tokens."
}

variable "db_user" {
  type        = string
  default     = "app"
  description = "The database user of that login, or of the tokens."
}

variable "consumers" {
  type        = set(string)
  description = "Who may create an endpoint, like [\"arn:aws:iam::444455556666:root\"]."
}

variable "token_principals" {
  type        = set(string)
  description = "Who may assume the role that makes login tokens, like [\"arn:aws:iam::444455556666:role/orders-app\"]. These are the applications' roles, and seldom whoever creates the endpoint."
}

variable "database_security_group_id" {
  type        = string
  default     = null
  description = "The cluster's security group that is given the rule. It must be said where the cluster has several."
}

variable "architecture" {
  type        = string
  default     = "arm64"
  description = "What infra/package built, arm64 or x86_64."
}

data "aws_rds_cluster" "database" {
  cluster_identifier = var.cluster
}

data "aws_db_subnet_group" "database" {
  name = data.aws_rds_cluster.database.db_subnet_group_name
}

data "aws_subnet" "database" {
  for_each = toset(data.aws_db_subnet_group.database.subnet_ids)

  id = each.value
}

locals {
  # A balancer takes one subnet a zone, and a subnet group may have several.
  of_each_zone = [for ids in values({ for subnet in data.aws_subnet.database : subnet.availability_zone => subnet.id... }) : ids[0]]

  engine_family = can(regex("postgres", data.aws_rds_cluster.database.engine)) ? "POSTGRESQL" : "MYSQL"

  # Several are an error, and not a choice by chance.
  security_group_id = var.database_security_group_id == null ? one(data.aws_rds_cluster.database.vpc_security_group_ids) : var.database_security_group_id
}

module "proxy" {
  source = "../../proxy"

  name                       = "${var.cluster}-proxy"
  db_cluster_identifier      = var.cluster
  engine_family              = local.engine_family
  secret_arn                 = var.secret_arn
  default_auth_scheme        = var.secret_arn == null ? "IAM_AUTH" : "NONE"
  database_user              = var.secret_arn == null ? var.db_user : null
  vpc_id                     = data.aws_db_subnet_group.database.vpc_id
  subnet_ids                 = data.aws_db_subnet_group.database.subnet_ids
  database_security_group_id = local.security_group_id
}

# In the database's own subnets, so that `allow` covers the balancer's addresses as well, and guards against no name that leads to the link.
module "link" {
  source = "../../link"

  name                       = "${var.cluster}-proxy"
  vpc_id                     = data.aws_db_subnet_group.database.vpc_id
  subnet_ids                 = local.of_each_zone
  port                       = module.proxy.port
  allowed_principals         = var.consumers
  database_security_group_id = module.proxy.security_group_id
}

module "reconciler" {
  source = "../../reconciler"

  name         = "writerlink-${var.cluster}-proxy"
  package      = "${path.module}/../../../../target/package/bootstrap-${var.architecture}.zip"
  architecture = var.architecture
  allow        = [for subnet in data.aws_subnet.database : subnet.cidr_block]

  bindings = {
    "${var.cluster}-proxy" = {
      source           = module.proxy.source
      target_group_arn = module.link.target_group_arn
    }
  }
  load_balancer_arns = { "${var.cluster}-proxy" = module.link.load_balancer_arn }
}

module "access" {
  source = "../../access"

  trusted_principals = var.token_principals
  db_resource_id     = module.proxy.db_resource_id
  db_user            = var.db_user
}

output "consumer" {
  value = {
    endpoint_service_name = module.link.endpoint_service_name
    database_endpoint     = module.proxy.endpoint_address
    port                  = module.proxy.port
    role_arn              = module.access.role_arn
    db_user               = var.db_user
  }
  description = "What ../consumer asks for, and the role that makes tokens."
}
