variable "name" {
  type        = string
  description = "What the tag Name says."
}

variable "endpoint_service_name" {
  type        = string
  description = "The output endpoint_service_name of ../link, from whoever runs the database."

  validation {
    condition     = can(regex("^(cn\\.)?com\\.amazonaws\\.vpce\\.[a-z0-9-]+\\.vpce-svc-[0-9a-f]+$", var.endpoint_service_name))
    error_message = "Write a name like com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0."
  }
}

variable "service_region" {
  type        = string
  default     = null
  description = "The service's Region, if it is another one. It must then have this one among its supported_regions."

  validation {
    condition     = var.service_region == null || can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.service_region))
    error_message = "Write a Region, like eu-central-1."
  }
}

variable "database_endpoint" {
  type        = string
  description = "The name of the database's endpoint, of the proxy's, or the HOST of a source dns/HOST, without its port. It becomes the name of a private hosted zone, which hides this name, and every name below it, from this VPC."

  validation {
    condition     = can(regex("^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", var.database_endpoint))
    error_message = "Write the full name of a database's endpoint, in lower case."
  }

  # A zone of eu-west-1.rds.amazonaws.com would hide every database of the Region.
  validation {
    condition     = !can(regex("^([a-z0-9_-]+\\.){0,3}amazonaws\\.com(\\.cn)?$", var.database_endpoint))
    error_message = "Write the name of one database: this zone would hide a whole domain of AWS from the VPC."
  }

  validation {
    condition     = !can(regex("\\.vpce\\.amazonaws\\.com(\\.cn)?$", var.database_endpoint))
    error_message = "Write the database's own name and not the interface endpoint's, which would lead to itself and which no certificate bears."
  }
}

variable "port" {
  type        = number
  description = "The database's port, which is the listener's too."

  validation {
    condition     = var.port >= 1 && var.port <= 65535
    error_message = "Write a port, 1 to 65535."
  }
}

variable "vpc_id" {
  type        = string
  description = "The clients' VPC. Never the one in which the function of Writerlink resolves names, which would be led to its own link."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Where the endpoint has addresses, one subnet a zone and two at least. Within one Region they must lie in zones that the service has."
}

variable "client_security_group_id" {
  type        = string
  default     = null
  description = "The clients' security group, in this VPC. Either this or client_cidr."

  validation {
    condition     = var.client_security_group_id == null || can(regex("^sg-[0-9a-f]+$", var.client_security_group_id))
    error_message = "Write the id of a security group."
  }
}

variable "client_cidr" {
  type        = string
  default     = null
  description = "The clients' network, like 10.30.0.0/16."

  # No /0 to /7: a link to a database for everybody is a mistake.
  validation {
    condition     = var.client_cidr == null || can(regex("^([0-9]{1,3}\\.){3}[0-9]{1,3}/([89]|[12][0-9]|3[0-2])$", var.client_cidr))
    error_message = "Write an IPv4 network of /8 or narrower."
  }
}

variable "ip_address_type" {
  type        = string
  default     = "ipv4"
  description = "ipv4 or dualstack, which gives the endpoint IPv6 addresses too, and the name an AAAA record. It needs a link of dualstack, subnets with IPv6 ranges, and client_security_group_id."

  validation {
    condition     = contains(["ipv4", "dualstack"], var.ip_address_type)
    error_message = "Write ipv4 or dualstack."
  }
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags for everything here that can have tags."
}
