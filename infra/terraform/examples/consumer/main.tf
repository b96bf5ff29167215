# The consumer's side, in the consumer's account: the interface endpoint, and the zone by which the database's own name leads to it. Where the
# service asks for acceptance, whoever runs the database accepts the output endpoint_id before the first connection.
# cd infra/terraform/examples/consumer && terraform init && terraform apply -var region=eu-west-1 -var endpoint_service_name=com.amazonaws.vpce.eu-west-1.vpce-svc-… …

terraform {
  required_version = ">= 1.2" # what ../../consumer needs

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
  description = "The clients' Region."
}

variable "endpoint_service_name" {
  type        = string
  description = "From whoever runs the database."
}

variable "database_endpoint" {
  type        = string
  description = "From whoever runs the database, like orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com, or the name of a database elsewhere."
}

variable "port" {
  type        = number
  description = "From whoever runs the database: the database's or the proxy's, like 5432 or 3306."
}

variable "vpc_id" {
  type        = string
  description = "The clients' VPC."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Two at least, each in another zone."
}

variable "client_security_group_id" {
  type        = string
  description = "The clients' security group."
}

locals {
  # Whose certificate stands behind the name: a database of RDS has one of RDS's own roots, and a proxy one of Amazon's public roots, which are
  # the system's. (libpq knows `system` from 16 on; before, give it the system's file, like /etc/ssl/certs/ca-certificates.crt.)
  is_database = can(regex("\\.rds\\.", var.database_endpoint)) && !can(regex("\\.proxy-", var.database_endpoint))
  roots       = local.is_database ? "global-bundle.pem" : "system"
}

module "consumer" {
  source = "../../consumer"

  name                     = "orders"
  endpoint_service_name    = var.endpoint_service_name
  database_endpoint        = var.database_endpoint
  port                     = var.port
  vpc_id                   = var.vpc_id
  subnet_ids               = var.subnet_ids
  client_security_group_id = var.client_security_group_id
}

output "endpoint_id" {
  value       = module.consumer.endpoint_id
  description = "What whoever runs the database accepts."
}

output "psql" {
  value       = "psql 'host=${var.database_endpoint} port=${var.port} dbname=app user=app sslmode=verify-full sslrootcert=${local.roots}'"
  description = "From a client in the VPC, for PostgreSQL. global-bundle.pem is https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem."
}
