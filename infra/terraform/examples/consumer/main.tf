# The consumer's side, in the consumer's account: the interface endpoint, and the zone in which the
# database's own name resolves to it. If the service requires acceptance, the database's operator
# accepts the output endpoint_id before the first connection.
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
  description = "The output endpoint_service_name, from the database's operator."
}

variable "database_endpoint" {
  type        = string
  description = "The name of the database's endpoint, from the database's operator, like orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com, or the name of a database outside RDS."
}

variable "port" {
  type        = number
  description = "The database's or the proxy's port, from the database's operator, like 5432 or 3306."
}

variable "vpc_id" {
  type        = string
  description = "The clients' VPC."
}

variable "subnet_ids" {
  type        = list(string)
  description = "At least two subnets, in different zones."
}

variable "client_security_group_id" {
  type        = string
  description = "The clients' security group."
}

locals {
  # The roots of the certificate behind the name. An RDS database has a certificate of RDS's own
  # roots, and a proxy one of Amazon's public roots, which are the system's. (`system` needs libpq
  # 16 or later. With an older libpq give the system's file, like
  # /etc/ssl/certs/ca-certificates.crt.)
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
  description = "The endpoint's id, which the database's operator accepts."
}

output "psql" {
  value       = "psql 'host=${var.database_endpoint} port=${var.port} dbname=app user=app sslmode=verify-full sslrootcert=${local.roots}'"
  description = "The command for a client in the VPC, for PostgreSQL. global-bundle.pem is https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem."
}
