# An existing cluster, published to another account with a port for its writer and a port for each
# member: one link, one endpoint service. A client that takes several hosts finds the writer itself
# after a failover, and need not wait for a registration. It begins in `observe`, which writes
# nothing. When the command of the output dry_run shows what you expect, export TF_VAR_mode=manage
# and apply again. An apply without it returns to `observe`.
# infra/package arm64 && cd infra/terraform/examples/member-ports && terraform init && \
#   terraform apply -var region=eu-west-1 -var cluster=orders -var 'consumers=["arn:aws:iam::444455556666:root"]' \
#     -var 'member_ports={"orders-1"=5441,"orders-2"=5442}'
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

variable "member_ports" {
  type        = map(number)
  description = "By the identifier of a member, the port of its listener, like { orders-1 = 5441 }. A member that is added later has no port until it is here."
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
  for_each = var.member_ports

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

module "members" {
  source = "../../members"

  cluster           = var.cluster
  member_ports      = var.member_ports
  port              = data.aws_rds_cluster.database.port
  load_balancer_arn = module.link.load_balancer_arn
  vpc_id            = data.aws_db_subnet_group.database.vpc_id
}

module "reconciler" {
  source = "../../reconciler"

  name         = "writerlink-${var.cluster}"
  package      = "${path.module}/../../../../target/package/bootstrap-${var.architecture}.zip"
  architecture = var.architecture
  mode         = var.mode
  allow        = [for subnet in data.aws_subnet.database : subnet.cidr_block]

  bindings = merge(module.members.bindings, {
    (var.cluster) = {
      source           = "cluster/${var.cluster}"
      target_group_arn = module.link.target_group_arn
    }
  })
  load_balancer_arns = { (var.cluster) = module.link.load_balancer_arn }
}

output "dry_run" {
  value       = module.reconciler.dry_run
  description = "A command that says what the function would do, and writes nothing."
}

output "consumer" {
  value = {
    endpoint_service_name = module.link.endpoint_service_name
    database_endpoint     = data.aws_rds_cluster.database.endpoint
    port                  = data.aws_rds_cluster.database.port
    members               = { for name, instance in data.aws_db_instance.member : instance.address => var.member_ports[name] }
  }
  description = "The inputs of ../../consumer."
}
