# The consumer's side, in the consumer's account: the interface endpoint, and the zone by which the database's own name leads to it. Where the
# service asks for acceptance, whoever runs the database accepts the output endpoint_id before the first connection.
# cd infra/terraform/examples/consumer && terraform init && terraform apply -var endpoint_service_name=com.amazonaws.vpce.eu-west-1.vpce-svc-… …

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
  region = "eu-west-1"
}

variable "endpoint_service_name" {
  type        = string
  description = "From whoever runs the database."
}

variable "database_endpoint" {
  type        = string
  description = "From whoever runs the database, like orders.cluster-c0ffee1234ab.eu-west-1.rds.amazonaws.com."
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

module "consumer" {
  source = "../../consumer"

  name                     = "orders"
  endpoint_service_name    = var.endpoint_service_name
  database_endpoint        = var.database_endpoint
  vpc_id                   = var.vpc_id
  subnet_ids               = var.subnet_ids
  client_security_group_id = var.client_security_group_id
}

output "endpoint_id" {
  value       = module.consumer.endpoint_id
  description = "What whoever runs the database accepts."
}

output "psql" {
  value       = "psql 'host=${var.database_endpoint} dbname=app user=app sslmode=verify-full sslrootcert=global-bundle.pem'"
  description = "From a client in the VPC."
}
