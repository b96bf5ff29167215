variable "name" {
  type        = string
  description = "The proxy's name, under which it is followed."

  validation {
    condition     = can(regex("^[A-Za-z](-?[A-Za-z0-9]){0,59}$", var.name))
    error_message = "Write letters, digits and single hyphens, beginning with a letter, at most 60."
  }
}

variable "db_cluster_identifier" {
  type        = string
  default     = null
  description = "The cluster behind the proxy. Either this or db_instance_identifier."
}

variable "db_instance_identifier" {
  type        = string
  default     = null
  description = "The instance behind the proxy, if it belongs to no cluster."
}

variable "secret_arn" {
  type        = string
  description = "The secret with the login that the proxy uses at the database, as JSON with username and password, the form of those that RDS manages too. A user who has no secret is refused by the proxy."

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@!-]+$", var.secret_arn))
    error_message = "Write the ARN of a secret."
  }
}

variable "kms_key_arn" {
  type        = string
  default     = null
  description = "The customer managed key that encrypts the secret. Leave it out for aws/secretsmanager, whose own policy lets everybody in the account decrypt through Secrets Manager who may read the secret."

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "Write the ARN of a KMS key."
  }
}

variable "vpc_id" {
  type        = string
  description = "The database's VPC."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Where the proxy has addresses, in two zones at least. Their ranges belong into allow of ../reconciler."
}

variable "database_security_group_id" {
  type        = string
  description = "The database's security group. It is given a rule that admits the proxy. A group whose rules stand inline in another configuration loses this one at that configuration's next apply: then add the same rule there, in the same words."
}

variable "engine_family" {
  type        = string
  default     = "POSTGRESQL"
  description = "POSTGRESQL or MYSQL, which stands for MariaDB as well. The proxy itself listens on 5432 or 3306 and nowhere else, which must be port of ../link."

  validation {
    condition     = contains(["POSTGRESQL", "MYSQL"], var.engine_family)
    error_message = "Write POSTGRESQL or MYSQL."
  }
}

variable "port" {
  type        = number
  default     = 5432
  description = "The database's port."

  validation {
    condition     = var.port >= 1 && var.port <= 65535
    error_message = "Write a port, 1 to 65535."
  }
}

variable "iam_auth" {
  type        = string
  default     = "REQUIRED"
  description = "Whether clients log in with IAM tokens (REQUIRED; ../access gives them out), or with the password in the secret (DISABLED)."

  validation {
    condition     = contains(["REQUIRED", "DISABLED"], var.iam_auth)
    error_message = "Write REQUIRED or DISABLED."
  }
}
