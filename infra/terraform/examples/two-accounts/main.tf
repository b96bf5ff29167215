# Two accounts in one configuration: the link and the function in the database's account, the
# endpoint with the database's own name in the consumer's. The database's account accepts the
# endpoint in the same apply. If two teams have an account each, use ../existing-cluster in one and
# ../consumer in the other.
#
# It begins in `observe`, which writes nothing, so that the clients reach nothing yet. When the
# command of the output dry_run shows what you expect, export TF_VAR_mode=manage and apply again. An
# apply without it returns to `observe`. To destroy it, disconnect the clients first.
# infra/package arm64 && cd infra/terraform/examples/two-accounts && terraform init && \
#   terraform apply -var region=eu-west-1 -var cluster=orders -var database_role_arn=arn:aws:iam::111122223333:role/deploy -var consumer_role_arn=arn:aws:iam::444455556666:role/deploy …
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
  alias  = "database"
  region = var.region

  assume_role {
    role_arn = var.database_role_arn
  }
}

provider "aws" {
  alias  = "consumer"
  region = var.region

  assume_role {
    role_arn = var.consumer_role_arn
  }
}

variable "region" {
  type        = string
  description = "The Region of the database and of the clients."
}

variable "cluster" {
  type        = string
  description = "The identifier of the cluster."
}

variable "database_role_arn" {
  type        = string
  description = "The role that Terraform assumes in the database's account."
}

variable "consumer_role_arn" {
  type        = string
  description = "The role that Terraform assumes in the consumer's account."
}

variable "client_vpc_id" {
  type        = string
  description = "The clients' VPC, in the consumer's account."
}

variable "client_subnet_ids" {
  type        = list(string)
  description = "At least two subnets of the clients' VPC, in zones in which the database has subnets too. Compare zone ids, because eu-west-1a is a different zone in each account."
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

data "aws_caller_identity" "consumer" {
  provider = aws.consumer
}

data "aws_partition" "consumer" {
  provider = aws.consumer
}

data "aws_rds_cluster" "database" {
  provider           = aws.database
  cluster_identifier = var.cluster
}

data "aws_db_subnet_group" "database" {
  provider = aws.database
  name     = data.aws_rds_cluster.database.db_subnet_group_name
}

data "aws_subnet" "database" {
  provider = aws.database
  for_each = toset(data.aws_db_subnet_group.database.subnet_ids)

  id = each.value
}

locals {
  # A load balancer takes one subnet in each zone, and a subnet group may have several.
  of_each_zone = [for ids in values({ for subnet in data.aws_subnet.database : subnet.availability_zone => subnet.id... }) : ids[0]]
}

module "link" {
  source = "../../link"

  providers = { aws = aws.database }

  name                       = var.cluster
  vpc_id                     = data.aws_db_subnet_group.database.vpc_id
  subnet_ids                 = local.of_each_zone
  port                       = data.aws_rds_cluster.database.port
  allowed_principals         = ["arn:${data.aws_partition.consumer.partition}:iam::${data.aws_caller_identity.consumer.account_id}:root"]
  database_security_group_id = one(data.aws_rds_cluster.database.vpc_security_group_ids)
}

module "reconciler" {
  source = "../../reconciler"

  providers = { aws = aws.database }

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

  providers = { aws = aws.consumer }

  name                     = var.cluster
  endpoint_service_name    = module.link.endpoint_service_name
  database_endpoint        = data.aws_rds_cluster.database.endpoint
  port                     = data.aws_rds_cluster.database.port
  vpc_id                   = var.client_vpc_id
  subnet_ids               = var.client_subnet_ids
  client_security_group_id = var.client_security_group_id

  # The service's name is known before the consumer's account may see the service.
  depends_on = [module.link]
}

# The acceptance, by the database's account.
resource "aws_vpc_endpoint_connection_accepter" "consumer" {
  provider = aws.database

  vpc_endpoint_service_id = module.link.endpoint_service_id
  vpc_endpoint_id         = module.consumer.endpoint_id
}

output "dry_run" {
  value       = module.reconciler.dry_run
  description = "A command that says what the function would do, and writes nothing, for the database's account."
}

output "database" {
  value       = { host = data.aws_rds_cluster.database.endpoint, port = data.aws_rds_cluster.database.port }
  description = "What the clients connect to: the database's own name, and its own port."
}
