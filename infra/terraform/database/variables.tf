variable "engine" {
  type        = string
  default     = "aurora-postgresql"
  description = "aurora-postgresql for an Aurora cluster of two instances; postgres or mysql for one Multi-AZ instance."

  validation {
    condition     = contains(["aurora-postgresql", "postgres", "mysql"], var.engine)
    error_message = "Write aurora-postgresql, postgres or mysql."
  }
}

variable "name" {
  type        = string
  description = "The identifier of the cluster or instance, and the prefix of all other names."

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9]){0,59}$", var.name))
    error_message = "Write at most 60 lower-case letters, digits and single hyphens, beginning with a letter."
  }
}

variable "instance_class" {
  type        = string
  default     = "db.t4g.medium" # the smallest class for Aurora PostgreSQL
  description = "The instance class."

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "Write a class like db.t4g.medium."
  }
}

variable "vpc_cidr" {
  type        = string
  default     = "10.20.0.0/16"
  description = "The VPC's range, /16 to /22. It may overlap with the consumer's, because no traffic is routed between the two."

  validation {
    condition     = can(regex("^([0-9]{1,3}\\.){3}0/(1[6-9]|2[0-2])$", var.vpc_cidr))
    error_message = "Write a network of /16 to /22, like 10.20.0.0/16."
  }
}

variable "standby" {
  type        = string
  default     = "cold"
  description = "Experimental: cold or warm. With lambda_endpoints, warm adds the endpoint of EC2's API, which a function with standby = \"warm\" needs."

  validation {
    condition     = contains(["cold", "warm"], var.standby)
    error_message = "Write cold or warm."
  }
}

variable "lambda_endpoints" {
  type        = bool
  default     = false
  description = "Whether to make the endpoints that a function inside this VPC needs, which cost money by the hour. A function outside needs none: it can reach the RDS API and resolve the database's name."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags for everything here that can have tags."
}
