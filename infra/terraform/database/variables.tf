variable "engine" {
  type        = string
  default     = "aurora-postgresql"
  description = "aurora-postgresql, an Aurora cluster of two instances; postgres or mysql, one Multi-AZ instance."

  validation {
    condition     = contains(["aurora-postgresql", "postgres", "mysql"], var.engine)
    error_message = "Write aurora-postgresql, postgres or mysql."
  }
}

variable "name" {
  type        = string
  description = "The identifier of the cluster or of the instance, and how the names of all else begin."

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9]){0,59}$", var.name))
    error_message = "Write lower-case letters, digits and single hyphens, beginning with a letter, at most 60."
  }
}

variable "instance_class" {
  type        = string
  default     = "db.t4g.medium" # the smallest that Aurora PostgreSQL takes
  description = "The class of each instance."

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "Write a class like db.t4g.medium."
  }
}

variable "vpc_cidr" {
  type        = string
  default     = "10.20.0.0/16"
  description = "The VPC's range, /16 to /22. It may overlap with the consumer's, whose traffic is never routed here."

  validation {
    condition     = can(regex("^([0-9]{1,3}\\.){3}0/(1[6-9]|2[0-2])$", var.vpc_cidr))
    error_message = "Write a network of /16 to /22, like 10.20.0.0/16."
  }
}

variable "lambda_endpoints" {
  type        = bool
  default     = false
  description = "Whether to make what a function inside this VPC needs, which costs by the hour. A function outside needs nothing of it: the RDS API and the database's name answer there as well."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags for everything here that can have tags."
}
