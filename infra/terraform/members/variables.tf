variable "cluster" {
  type        = string
  description = "The identifier of the cluster."

  validation {
    condition     = can(regex("^[A-Za-z](-?[A-Za-z0-9])*$", var.cluster)) && length(var.cluster) <= 63
    error_message = "Write the identifier of a cluster."
  }
}

variable "member_ports" {
  type        = map(number)
  description = "By the identifier of a member, the port of its listener, like { orders-1 = 5441, orders-2 = 5442 }. Never the writer's port."

  validation {
    condition     = length(var.member_ports) > 0 && alltrue([for name in keys(var.member_ports) : can(regex("^[A-Za-z](-?[A-Za-z0-9])*$", name)) && length(name) <= 63])
    error_message = "Each key must be the identifier of an instance, and there must be one."
  }

  validation {
    condition     = alltrue([for port in values(var.member_ports) : port >= 1 && port <= 65535])
    error_message = "Each value must be a port, 1 to 65535."
  }

  validation {
    condition     = length(distinct(values(var.member_ports))) == length(var.member_ports)
    error_message = "Each member needs a port of its own."
  }
}

variable "port" {
  type        = number
  description = "The database's port, which the link's security group admits already."

  validation {
    condition     = var.port >= 1 && var.port <= 65535
    error_message = "Write a port, 1 to 65535."
  }
}

variable "load_balancer_arn" {
  type        = string
  description = "The link's load balancer, load_balancer_arn of ../link."

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/net/[A-Za-z0-9-]+/[a-z0-9]+$", var.load_balancer_arn))
    error_message = "Write the ARN of a Network Load Balancer."
  }
}

variable "vpc_id" {
  type        = string
  description = "The database's VPC."
}

variable "health_check_interval_seconds" {
  type        = number
  default     = 10
  description = "Seconds between two health checks of a target. Each check opens and closes a connection, from every node."

  validation {
    condition     = var.health_check_interval_seconds >= 5 && var.health_check_interval_seconds <= 300
    error_message = "Write 5 to 300 seconds."
  }
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags for everything here that can have tags."
}
