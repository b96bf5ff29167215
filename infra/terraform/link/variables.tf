variable "name" {
  type        = string
  description = "The value of the tag Name."

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
  description = "The subnets of the load balancer's nodes, one in each zone. A consumer can have its endpoint only in these zones (by zone id). Leave it empty with load_balancer_arn."
}

variable "port" {
  type        = number
  description = "The database's port, and the listener's. IAM authentication tokens are signed for host and port, so the two ports must be equal. Changing it makes a new, empty target group."

  validation {
    condition     = var.port >= 1 && var.port <= 65535
    error_message = "Write a port, 1 to 65535."
  }
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

variable "standby" {
  type        = string
  default     = "cold"
  description = "Experimental: cold or warm. warm prepares the group for two targets, the primary and the standby of a Multi-AZ instance, of which one serves (standby of ../reconciler). Health checks are then every 5 seconds. Raise max_connect_errors for MySQL and MariaDB."

  validation {
    condition     = contains(["cold", "warm"], var.standby)
    error_message = "Write cold or warm."
  }
}

variable "allowed_principals" {
  type        = set(string)
  default     = []
  description = "The principals that may create an endpoint, as ARNs of accounts, roles or users, like arn:aws:iam::444455556666:root. Empty means nobody outside this account."

  # AWS also accepts `*`, everyone who knows the name; this module refuses it. AWS does not accept
  # an organization, nor an ARN with a path ("ModifyVpcEndpointServicePermissions").
  validation {
    condition     = alltrue([for arn in var.allowed_principals : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(root|(role|user)/[A-Za-z0-9+=,.@_-]+)$", arn))])
    error_message = "Write ARNs of accounts (…:root), of roles or of users, without a path; never *."
  }
}

variable "acceptance_required" {
  type        = bool
  default     = true
  description = "Whether you must accept each endpoint before it connects."
}

variable "supported_regions" {
  type        = set(string)
  default     = []
  description = "Other Regions whose consumers may connect. This Region is always included. An apply with other Regions needs the permission vpce:AllowMultiRegion."

  validation {
    condition     = alltrue([for region in var.supported_regions : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "Write Regions, like eu-central-1."
  }
}

variable "ip_address_type" {
  type        = string
  default     = "ipv4"
  description = "The IP address type of consumers' endpoints, ipv4 or dualstack. dualstack needs subnets with IPv6 ranges. Targets are IPv4 in both cases, because every RDS database has an IPv4 address."

  validation {
    condition     = contains(["ipv4", "dualstack"], var.ip_address_type)
    error_message = "Write ipv4 or dualstack."
  }
}

variable "load_balancer_arn" {
  type        = string
  default     = null
  description = "An existing Network Load Balancer. The module then makes only a target group and a listener. The load balancer's security groups, cross-zone setting and endpoint service stay as they are."

  validation {
    condition     = var.load_balancer_arn == null || can(regex("^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/net/[A-Za-z0-9-]+/[a-z0-9]+$", var.load_balancer_arn))
    error_message = "Write the ARN of a Network Load Balancer."
  }
}

variable "database_security_group_id" {
  type        = string
  default     = null
  description = "The security group of the database (or of its proxy). The module adds a rule to it that admits the load balancer, and limits the load balancer's outbound traffic to it. Without it, add the rule yourself, for load_balancer_security_group_id. If another configuration has the group's rules inline, its next apply removes this rule: then leave this input out, and add the rule there."

  validation {
    condition     = var.database_security_group_id == null || can(regex("^sg-[0-9a-f]+$", var.database_security_group_id))
    error_message = "Write the id of a security group."
  }
}

variable "probe_security_group_id" {
  type        = string
  default     = null
  description = "The security group of the recorder, if it probes (probe of ../reconciler). The module lets it connect to the load balancer on the port, which otherwise admits nobody from inside the VPC."

  validation {
    condition     = var.probe_security_group_id == null || can(regex("^sg-[0-9a-f]+$", var.probe_security_group_id))
    error_message = "Write the id of a security group."
  }
}

variable "deletion_protection" {
  type        = bool
  default     = false
  description = "Whether the load balancer has deletion protection. Enable it in a later apply, if at all. Before a destroy, apply with false."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags for everything here that can have tags."
}
