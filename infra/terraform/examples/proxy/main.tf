# An RDS Proxy in front of an existing cluster, published to another account, with IAM
# authentication. The proxy hides a failover's change of address, and the function keeps the proxy's
# own addresses in the group.
# infra/package arm64 && cd infra/terraform/examples/proxy && terraform init && \
#   terraform apply -var region=eu-west-1 -var cluster=orders -var secret_arn=… -var 'consumers=["arn:aws:iam::444455556666:root"]' \
#     -var 'token_principals=["arn:aws:iam::444455556666:role/orders-app"]'
# For x86_64: infra/package x86_64, and terraform apply with -var architecture=x86_64 in addition.

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
  description = "The secret with which the proxy logs in. Without it, the proxy too logs in with a token, and db_user must be a database user that logs in with tokens."
}

variable "db_user" {
  type        = string
  default     = "app"
  description = "The database user of that login, or of the tokens."
}

variable "consumers" {
  type        = set(string)
  description = "The principals that may create an endpoint, like [\"arn:aws:iam::444455556666:root\"]."
}

variable "token_principals" {
  type        = set(string)
  description = "The principals that may assume the role that makes login tokens, like [\"arn:aws:iam::444455556666:role/orders-app\"]. These are the applications' roles, and seldom the principal that creates the endpoint."
}

variable "database_security_group_id" {
  type        = string
  default     = null
  description = "The cluster's security group that gets the inbound rule. Give it if the cluster has several."
}

variable "architecture" {
  type        = string
  default     = "arm64"
  description = "The architecture that infra/package built for, arm64 or x86_64."
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
  # A load balancer takes one subnet in each zone, and a subnet group may have several.
  of_each_zone = [for ids in values({ for subnet in data.aws_subnet.database : subnet.availability_zone => subnet.id... }) : ids[0]]

  engine_family = can(regex("postgres", data.aws_rds_cluster.database.engine)) ? "POSTGRESQL" : "MYSQL"

  # Several groups are an error, so that Terraform does not choose one at random.
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

# The link is in the database's own subnets, so `allow` covers the load balancer's addresses too. It
# does not guard against a name that resolves to the link.
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
  description = "The inputs of ../consumer, and the role that makes tokens."
}
