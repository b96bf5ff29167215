variable "name" {
  type        = string
  description = "The value of the tag Name."
}

variable "endpoint_service_name" {
  type        = string
  description = "The output endpoint_service_name of ../link, from the database's operator."

  validation {
    condition     = can(regex("^(cn\\.)?com\\.amazonaws\\.vpce\\.[a-z0-9-]+\\.vpce-svc-[0-9a-f]+$", var.endpoint_service_name))
    error_message = "Write a name like com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0."
  }
}

variable "service_region" {
  type        = string
  default     = null
  description = "The service's Region, if it is not this Region. The service's supported_regions must then include this Region."

  validation {
    condition     = var.service_region == null || can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.service_region))
    error_message = "Write a Region, like eu-central-1."
  }
}

variable "database_endpoint" {
  type        = string
  description = "The name of the database's or the proxy's endpoint, or the HOST of a source dns/HOST, without the port. It becomes the name of a private hosted zone. In this VPC the zone hides the public DNS records of this name, and of every name below it."

  validation {
    condition     = can(regex("^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", var.database_endpoint))
    error_message = "Write the full name of a database's endpoint, in lower case."
  }

  # A zone of eu-west-1.rds.amazonaws.com would hide every database of the Region.
  validation {
    condition     = !can(regex("^([a-z0-9_-]+\\.){0,3}amazonaws\\.com(\\.cn)?$", var.database_endpoint))
    error_message = "Write the name of one database. This zone would hide a whole domain of AWS from the VPC."
  }

  validation {
    condition     = !can(regex("\\.vpce\\.amazonaws\\.com(\\.cn)?$", var.database_endpoint))
    error_message = "Write the database's own name and not the interface endpoint's, which would resolve to itself and which no certificate has."
  }
}

variable "port" {
  type        = number
  description = "The database's port, which is also the listener's."

  validation {
    condition     = var.port >= 1 && var.port <= 65535
    error_message = "Write a port, 1 to 65535."
  }
}

variable "members" {
  type        = map(number)
  default     = {}
  description = "By the name of an instance's endpoint, the port that the link has for it (member_ports of ../members), like { \"orders-1.c0ffee1234ab.eu-west-1.rds.amazonaws.com\" = 5441 }. Each name gets a zone of its own, which resolves to this endpoint."

  validation {
    condition     = alltrue([for name in keys(var.members) : can(regex("^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$", name)) && !can(regex("^([a-z0-9_-]+\\.){0,3}amazonaws\\.com(\\.cn)?$", name)) && !can(regex("\\.vpce\\.amazonaws\\.com(\\.cn)?$", name))])
    error_message = "Each key must be the full name of an instance's endpoint, in lower case, and neither a whole domain of AWS nor an interface endpoint's own name."
  }

  validation {
    condition     = alltrue([for port in values(var.members) : port >= 1 && port <= 65535])
    error_message = "Each value must be a port, 1 to 65535."
  }

  validation {
    condition     = length(distinct(values(var.members))) == length(var.members)
    error_message = "Each member has a port of its own."
  }
}

variable "vpc_id" {
  type        = string
  description = "The clients' VPC. Never the VPC in which the function of Writerlink resolves names: it would resolve the database to its own link."
}

variable "subnet_ids" {
  type        = list(string)
  description = "The subnets of the endpoint's addresses, at least two, and one in each zone. Within one Region they must be in zones that the service has."
}

variable "client_security_group_id" {
  type        = string
  default     = null
  description = "The clients' security group, in this VPC. Give either this or client_cidr."

  validation {
    condition     = var.client_security_group_id == null || can(regex("^sg-[0-9a-f]+$", var.client_security_group_id))
    error_message = "Write the id of a security group."
  }
}

variable "client_cidr" {
  type        = string
  default     = null
  description = "The clients' network, like 10.30.0.0/16."

  # No /0 to /7, because a link that admits everyone to a database is a mistake.
  validation {
    condition     = var.client_cidr == null || can(regex("^([0-9]{1,3}\\.){3}[0-9]{1,3}/([89]|[12][0-9]|3[0-2])$", var.client_cidr))
    error_message = "Write an IPv4 network of /8 or narrower."
  }
}

variable "ip_address_type" {
  type        = string
  default     = "ipv4"
  description = "ipv4 or dualstack. dualstack adds IPv6 addresses to the endpoint, and an AAAA record to the name. It needs a dualstack link, subnets with IPv6 ranges, and client_security_group_id."

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
