# An existing Network Load Balancer with a target group for the writer, whose target Terraform or a
# script has managed so far, and a second listener for the readers. The `removed` block below makes
# Terraform forget an attachment without deregistering the live writer.
# infra/package arm64 && cd infra/terraform/examples/existing-nlb && terraform init && \
#   terraform apply -var region=eu-west-1 -var balancer=orders -var group=orders -var cluster=orders -var 'allow=["10.20.4.0/24","10.20.5.0/24"]'
# For x86_64: infra/package x86_64, and terraform apply with -var architecture=x86_64 in addition.

terraform {
  required_version = ">= 1.7" # `removed` blocks

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

variable "balancer" {
  type        = string
  description = "The name of the load balancer."
}

variable "group" {
  type        = string
  description = "The name of the target group behind its listener."
}

variable "cluster" {
  type        = string
  description = "The identifier of the cluster."
}

variable "allow" {
  type        = list(string)
  description = "The database's subnets, like [\"10.20.4.0/24\"]."
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

data "aws_lb" "balancer" {
  name = var.balancer
}

data "aws_lb_target_group" "writer" {
  name = var.group
}

# Put this in the place of `resource "aws_lb_target_group_attachment" "writer"`, in the
# configuration that had it. Without this block, removing the resource deregisters the target. While
# the resource stays, each apply registers again the writer of the day on which it was written.
# `ignore_changes` helps with neither.
removed {
  from = aws_lb_target_group_attachment.writer

  lifecycle {
    destroy = false
  }
}

# A listener forwards to one group, which has one source. IAM tokens are not valid on this listener,
# because they are signed for the database's own port. If clients of the readers log in with tokens,
# give the readers their own load balancer.
module "readers" {
  source = "../../link"

  name              = "${var.cluster}-readers"
  vpc_id            = data.aws_lb.balancer.vpc_id
  port              = 5433
  load_balancer_arn = data.aws_lb.balancer.arn
}

module "reconciler" {
  source = "../../reconciler"

  name         = "writerlink-${var.cluster}"
  package      = "${path.module}/../../../../target/package/bootstrap-${var.architecture}.zip"
  architecture = var.architecture
  mode         = var.mode
  allow        = var.allow

  bindings = {
    "${var.cluster}-writer" = {
      source           = "cluster/${var.cluster}"
      target_group_arn = data.aws_lb_target_group.writer.arn
    }
    "${var.cluster}-readers" = {
      source           = "cluster/${var.cluster}/readers"
      target_group_arn = module.readers.target_group_arn
    }
  }
  load_balancer_arns = {
    "${var.cluster}-writer"  = data.aws_lb.balancer.arn
    "${var.cluster}-readers" = data.aws_lb.balancer.arn
  }
}

output "dry_run" {
  value       = module.reconciler.dry_run
  description = "A command that says what the function would do, and writes nothing."
}
