# From nothing: an example database in its own VPC, the link and the function, to see a failover
# through PrivateLink. It costs money while it exists. It can be destroyed in one step, and the
# database's final snapshot remains. The first apply takes about 20 minutes, because of RDS.
# infra/package arm64 && cd infra/terraform/examples/from-nothing && terraform init && \
#   terraform apply -var region=eu-west-1 -var 'consumers=["arn:aws:iam::444455556666:root"]'
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
  description = "The Region of everything here."
}

variable "engine" {
  type        = string
  default     = "aurora-postgresql"
  description = "aurora-postgresql, postgres or mysql."
}

variable "consumers" {
  type        = set(string)
  description = "The principals that may create an endpoint, like [\"arn:aws:iam::444455556666:root\"]."
}

variable "architecture" {
  type        = string
  default     = "arm64"
  description = "The architecture that infra/package built for, arm64 or x86_64."
}

module "database" {
  source = "../../database"

  name   = "orders"
  engine = var.engine
}

# The link is in the database's own subnets, so `allow` covers the load balancer's addresses too. It
# does not guard against a name that resolves to the link.
module "link" {
  source = "../../link"

  name                       = "orders"
  vpc_id                     = module.database.vpc_id
  subnet_ids                 = module.database.subnet_ids
  port                       = module.database.port
  allowed_principals         = var.consumers
  database_security_group_id = module.database.security_group_id
}

module "reconciler" {
  source = "../../reconciler"

  name         = "writerlink-orders"
  package      = "${path.module}/../../../../target/package/bootstrap-${var.architecture}.zip"
  architecture = var.architecture
  allow        = module.database.allow

  bindings = {
    orders = {
      source           = module.database.source
      target_group_arn = module.link.target_group_arn
    }
  }
  load_balancer_arns = { orders = module.link.load_balancer_arn }
}

output "dry_run" {
  value       = module.reconciler.dry_run
  description = "A command that says what the function would do, and writes nothing."
}

output "consumer" {
  value = {
    endpoint_service_name = module.link.endpoint_service_name
    database_endpoint     = module.database.endpoint_address
    port                  = module.database.port
  }
  description = "The inputs of ../consumer."
}

output "secret_arn" {
  value       = module.database.secret_arn
  description = "The secret with the administrator's login."
}
