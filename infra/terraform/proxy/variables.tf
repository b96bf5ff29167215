variable "name" {
  type        = string
  description = "The proxy's name, the NAME of the source proxy/NAME."

  validation {
    condition     = can(regex("^[A-Za-z](-?[A-Za-z0-9]){0,59}$", var.name))
    error_message = "Write at most 60 letters, digits and single hyphens, beginning with a letter."
  }
}

variable "db_cluster_identifier" {
  type        = string
  default     = null
  description = "The cluster behind the proxy. Give either this or db_instance_identifier."
}

variable "db_instance_identifier" {
  type        = string
  default     = null
  description = "The instance behind the proxy, if it belongs to no cluster."
}

variable "secret_arn" {
  type        = string
  default     = null
  description = "The secret with which the proxy logs in to the database, as JSON with username and password. The secrets that RDS manages have this form. The proxy refuses a user without a secret, unless default_auth_scheme is IAM_AUTH."

  validation {
    condition     = var.secret_arn == null || can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@!-]+$", var.secret_arn))
    error_message = "Write the ARN of a secret."
  }
}

variable "kms_key_arn" {
  type        = string
  default     = null
  description = "The customer managed key that encrypts the secret. Leave it out for aws/secretsmanager, whose own policy lets every principal of the account that may read the secret decrypt it through Secrets Manager."

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
  description = "The subnets of the proxy's addresses, in at least two zones. Give their ranges as allow of ../reconciler."
}

variable "database_security_group_id" {
  type        = string
  description = "The database's security group. The module adds a rule to it that admits the proxy. If another configuration has the group's rules inline, its next apply removes this rule: then add the same rule there, with the same text."
}

variable "engine_family" {
  type        = string
  description = "POSTGRESQL or MYSQL, which includes MariaDB. The proxy itself listens only on 5432 or 3306, which is the output port."

  validation {
    condition     = contains(["POSTGRESQL", "MYSQL"], var.engine_family)
    error_message = "Write POSTGRESQL or MYSQL."
  }
}

variable "iam_auth" {
  type        = string
  default     = "REQUIRED"
  description = "Whether clients log in as the secret's user with IAM tokens (REQUIRED; ../access makes the role for that), or with the password in the secret (DISABLED)."

  validation {
    condition     = contains(["REQUIRED", "DISABLED"], var.iam_auth)
    error_message = "Write REQUIRED or DISABLED."
  }
}

variable "default_auth_scheme" {
  type        = string
  default     = "NONE"
  description = "NONE, or IAM_AUTH, which is IAM from end to end: the proxy too logs in to the database with a token, and needs no secret. The database must have IAM authentication enabled."

  validation {
    condition     = contains(["NONE", "IAM_AUTH"], var.default_auth_scheme)
    error_message = "Write NONE or IAM_AUTH."
  }
}

variable "database_user" {
  type        = string
  default     = null
  description = "With IAM_AUTH, the database user as which the proxy may log in. * means every user that logs in with tokens."

  validation {
    condition     = var.database_user == null || can(regex("^(\\*|[A-Za-z0-9_][A-Za-z0-9_.@-]{0,62})$", var.database_user))
    error_message = "Write a user name, or * alone."
  }
}

variable "permissions_boundary_arn" {
  type        = string
  default     = null
  description = "The permissions boundary of the proxy's role, if your organization requires one."

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$", var.permissions_boundary_arn))
    error_message = "Write the ARN of a policy."
  }
}

variable "role_path" {
  type        = string
  default     = "/"
  description = "The path of the proxy's role, like /databases/."

  validation {
    condition     = can(regex("^/([A-Za-z0-9+=,.@_-]+/)*$", var.role_path))
    error_message = "Write a path that begins and ends with a slash."
  }
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags for everything here that can have tags."
}
