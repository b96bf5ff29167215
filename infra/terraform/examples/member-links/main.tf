# An existing cluster, published to another account with a link for its writer and a link for each
# member, all on the database's own port. AWS's own drivers need this form: they make a member's
# host name of a pattern (clusterInstanceHostPattern), and have one port for all. Each link is a
# load balancer and an endpoint service, with a price of its own. It begins in `observe`, which
# writes nothing. When the command of the output dry_run shows what you expect, export
# TF_VAR_mode=manage and apply again. An apply without it returns to `observe`.
# infra/package arm64 && cd infra/terraform/examples/member-links && terraform init && \
#   terraform apply -var region=eu-west-1 -var cluster=orders -var 'consumers=["arn:aws:iam::444455556666:root"]'
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
  description = "The identifier of the cluster."
}

variable "consumers" {
  type        = set(string)
  description = "The principals that may create an endpoint, like [\"arn:aws:iam::444455556666:root\"]."
}

variable "mode" {
  type        = string
  default     = "observe"
  description = "observe or manage."
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

data "aws_db_instance" "member" {
  for_each = toset(data.aws_rds_cluster.database.cluster_members)

  db_instance_identifier = each.key
}

locals {
  # A load balancer takes one subnet in each zone, and a subnet group may have several.
  of_each_zone = [for ids in values({ for subnet in data.aws_subnet.database : subnet.availability_zone => subnet.id... }) : ids[0]]

  # Several groups are an error, so that Terraform does not choose one at random.
  security_group_id = var.database_security_group_id == null ? one(data.aws_rds_cluster.database.vpc_security_group_ids) : var.database_security_group_id
}

# The link is in the database's own subnets, so `allow` covers the load balancer's addresses too. It
# does not guard against a name that resolves to the link.
module "link" {
  source = "../../link"

  name                       = var.cluster
  vpc_id                     = data.aws_db_subnet_group.database.vpc_id
  subnet_ids                 = local.of_each_zone
  port                       = data.aws_rds_cluster.database.port
  allowed_principals         = var.consumers
  database_security_group_id = local.security_group_id
}

module "member" {
  source   = "../../link"
  for_each = toset(data.aws_rds_cluster.database.cluster_members)

  name                       = each.key
  vpc_id                     = data.aws_db_subnet_group.database.vpc_id
  subnet_ids                 = local.of_each_zone
  port                       = data.aws_rds_cluster.database.port
  allowed_principals         = var.consumers
  database_security_group_id = local.security_group_id
}

module "reconciler" {
  source = "../../reconciler"

  name         = "writerlink-${var.cluster}"
  package      = "${path.module}/../../../../target/package/bootstrap-${var.architecture}.zip"
  architecture = var.architecture
  mode         = var.mode
  allow        = [for subnet in data.aws_subnet.database : subnet.cidr_block]

  bindings = merge({
    (var.cluster) = {
      source           = "cluster/${var.cluster}"
      target_group_arn = module.link.target_group_arn
    }
    }, {
    for name in data.aws_rds_cluster.database.cluster_members : name => {
      source           = "cluster/${var.cluster}/instance/${name}"
      target_group_arn = module.member[name].target_group_arn
    }
  })
  load_balancer_arns = { (var.cluster) = module.link.load_balancer_arn }
}

output "dry_run" {
  value       = module.reconciler.dry_run
  description = "A command that says what the function would do, and writes nothing."
}

output "consumers" {
  value = merge({
    (data.aws_rds_cluster.database.endpoint) = module.link.endpoint_service_name
    }, {
    for name, instance in data.aws_db_instance.member : instance.address => module.member[name].endpoint_service_name
  })
  description = "By database_endpoint, the endpoint_service_name of ../../consumer, which the consumer makes once for each of them (for_each)."
}
