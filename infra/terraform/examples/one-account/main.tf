# One account, two VPCs: an existing Aurora or Multi-AZ DB cluster in one, its clients in the other.
# The link, the function that follows the writer, and the endpoint with the database's own name. It
# begins in `observe`, which writes nothing, so that the clients reach nothing yet. When the command
# of the output dry_run shows what you expect, export TF_VAR_mode=manage and apply again. An apply
# without it returns to `observe`.
# infra/package arm64 && cd infra/terraform/examples/one-account && terraform init && \
#   terraform apply -var region=eu-west-1 -var cluster=orders -var client_vpc_id=vpc-… -var 'client_subnet_ids=["subnet-…","subnet-…"]' -var client_security_group_id=sg-…
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
  description = "The Region of the database and of the clients."
}

variable "cluster" {
  type        = string
  description = "The identifier of the cluster."
}

variable "client_vpc_id" {
  type        = string
  description = "The clients' VPC."
}

variable "client_subnet_ids" {
  type        = list(string)
  description = "At least two subnets of the clients' VPC, in zones in which the database has subnets too."
}

variable "client_security_group_id" {
  type        = string
  description = "The clients' security group."
}

variable "mode" {
  type        = string
  default     = "observe"
  description = "observe or manage."
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
}

module "link" {
  source = "../../link"

  name                       = var.cluster
  vpc_id                     = data.aws_db_subnet_group.database.vpc_id
  subnet_ids                 = local.of_each_zone
  port                       = data.aws_rds_cluster.database.port
  acceptance_required        = false # no principal of another account may make an endpoint
  database_security_group_id = one(data.aws_rds_cluster.database.vpc_security_group_ids)
}

module "reconciler" {
  source = "../../reconciler"

  name         = "writerlink-${var.cluster}"
  package      = "${path.module}/../../../../target/package/bootstrap-${var.architecture}.zip"
  architecture = var.architecture
  mode         = var.mode
  allow        = [for subnet in data.aws_subnet.database : subnet.cidr_block]

  bindings = {
    (var.cluster) = {
      source           = "cluster/${var.cluster}"
      target_group_arn = module.link.target_group_arn
    }
  }
  load_balancer_arns = { (var.cluster) = module.link.load_balancer_arn }
}

module "consumer" {
  source = "../../consumer"

  name                     = var.cluster
  endpoint_service_name    = module.link.endpoint_service_name
  database_endpoint        = data.aws_rds_cluster.database.endpoint
  port                     = data.aws_rds_cluster.database.port
  vpc_id                   = var.client_vpc_id
  subnet_ids               = var.client_subnet_ids
  client_security_group_id = var.client_security_group_id
}

output "dry_run" {
  value       = module.reconciler.dry_run
  description = "A command that says what the function would do, and writes nothing."
}

output "database" {
  value       = { host = data.aws_rds_cluster.database.endpoint, port = data.aws_rds_cluster.database.port }
  description = "What the clients connect to: the database's own name, and its own port."
}
