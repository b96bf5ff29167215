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
  default     = null
  description = "The secret with the login that the proxy uses at the database, as JSON with username and password, the form of those that RDS manages too. A user who has no secret is refused by the proxy, unless default_auth_scheme is IAM_AUTH."

  validation {
    condition     = var.secret_arn == null || can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@!-]+$", var.secret_arn))
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
  description = "POSTGRESQL or MYSQL, which stands for MariaDB as well. The proxy itself listens on 5432 or 3306 and nowhere else, which is the output port."

  validation {
    condition     = contains(["POSTGRESQL", "MYSQL"], var.engine_family)
    error_message = "Write POSTGRESQL or MYSQL."
  }
}

variable "iam_auth" {
  type        = string
  default     = "REQUIRED"
  description = "Whether the secret's user logs in with IAM tokens (REQUIRED; ../access gives them out), or with the password in the secret (DISABLED)."

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
  description = "With IAM_AUTH, the database user as whom the proxy may log in. * means every user who logs in with tokens."

  validation {
    condition     = var.database_user == null || can(regex("^(\\*|[A-Za-z0-9_][A-Za-z0-9_.@-]{0,62})$", var.database_user))
    error_message = "Write a user name, or * alone."
  }
}

variable "permissions_boundary_arn" {
  type        = string
  default     = null
  description = "The policy that bounds what the proxy's role may do, where a rule of yours demands one."

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
