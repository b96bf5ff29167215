variable "name" {
  type        = string
  description = "What the tag Name says."

  validation {
    condition     = can(regex("^[A-Za-z0-9-]{1,255}$", var.name))
    error_message = "Write letters, digits and hyphens."
  }
}

variable "vpc_id" {
  type        = string
  description = "The database's VPC."
}

variable "subnet_ids" {
  type        = list(string)
  default     = []
  description = "Where the balancer has nodes, one subnet a zone. A consumer can only have its endpoint in zones (by zone id) that are among them. Leave empty with load_balancer_arn."
}

variable "port" {
  type        = number
  description = "The database's port, and the listener's too. IAM authentication tokens are signed for host and port, so the two must not differ. Another value makes a new, empty target group."

  validation {
    condition     = var.port >= 1 && var.port <= 65535
    error_message = "Write a port, 1 to 65535."
  }
}

variable "health_check_interval_seconds" {
  type        = number
  default     = 10
  description = "Seconds between two health checks of a target. Each opens a connection and closes it, from every node."

  validation {
    condition     = var.health_check_interval_seconds >= 5 && var.health_check_interval_seconds <= 300
    error_message = "Write 5 to 300 seconds."
  }
}

variable "allowed_principals" {
  type        = set(string)
  default     = []
  description = "Who may create an endpoint, as ARNs of accounts, roles or users, like arn:aws:iam::444455556666:root. Empty means nobody outside this account."

  # AWS also takes `*`, everybody who knows the name, which is refused here; an organisation is nothing that it takes. An ARN with a path is
  # not supported ("ModifyVpcEndpointServicePermissions").
  validation {
    condition     = alltrue([for arn in var.allowed_principals : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(root|(role|user)/[A-Za-z0-9+=,.@_-]+)$", arn))])
    error_message = "Write ARNs of accounts (…:root), of roles or of users, without a path; never *."
  }
}

variable "acceptance_required" {
  type        = bool
  default     = true
  description = "Whether each endpoint must be accepted by hand before it connects."
}

variable "supported_regions" {
  type        = set(string)
  default     = []
  description = "Other Regions whose consumers may connect, besides this one, which is always among them. Whoever applies with it needs the permission vpce:AllowMultiRegion."

  validation {
    condition     = alltrue([for region in var.supported_regions : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "Write Regions, like eu-central-1."
  }
}

variable "ip_address_type" {
  type        = string
  default     = "ipv4"
  description = "What consumers' endpoints may be, ipv4 or dualstack. dualstack needs subnets with IPv6 ranges. Targets are IPv4 either way, which every RDS database has."

  validation {
    condition     = contains(["ipv4", "dualstack"], var.ip_address_type)
    error_message = "Write ipv4 or dualstack."
  }
}

variable "load_balancer_arn" {
  type        = string
  default     = null
  description = "A Network Load Balancer that exists already. Only a target group and a listener are then made; its security groups, its cross-zone setting and its endpoint service stay what they are."

  validation {
    condition     = var.load_balancer_arn == null || can(regex("^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/net/[A-Za-z0-9-]+/[a-z0-9]+$", var.load_balancer_arn))
    error_message = "Write the ARN of a Network Load Balancer."
  }
}

variable "database_security_group_id" {
  type        = string
  default     = null
  description = "The security group of the database (or of its proxy). It is given a rule that admits the balancer, and the balancer may then reach it alone. Without it, add the rule yourself, for load_balancer_security_group_id. A group whose rules stand inline in another configuration loses this one at that configuration's next apply: then leave it out, and add the rule there."

  validation {
    condition     = var.database_security_group_id == null || can(regex("^sg-[0-9a-f]+$", var.database_security_group_id))
    error_message = "Write the id of a security group."
  }
}

variable "deletion_protection" {
  type        = bool
  default     = false
  description = "Whether the balancer refuses to be deleted. Best by a later apply, if at all; nothing of this can then be destroyed before one that says false."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags for everything here that can have tags."
}
