variable "trusted_principals" {
  type        = list(string)
  description = "The principals that may assume the role, as ARNs of roles or users in the consumer's account, like arn:aws:iam::444455556666:role/orders-app. An account (…:root) leaves the choice to its administrators."

  validation {
    condition     = length(var.trusted_principals) > 0 && alltrue([for arn in var.trusted_principals : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(root|(role|user)/[A-Za-z0-9+=,.@_/-]+)$", arn))])
    error_message = "Write ARNs of accounts (…:root), of roles or of users; never *."
  }
}

variable "external_id" {
  type        = string
  default     = null
  description = "The external id that the consumer must send with sts:AssumeRole, if the consumer acts for several customers. It is not a secret."

  validation {
    condition     = var.external_id == null ? true : can(regex("^[A-Za-z0-9+=,.@:/_-]{2,}$", var.external_id)) && length(var.external_id) <= 1224 # a regular expression repeats at most 1000 times
    error_message = "Write 2 to 1224 letters, digits or +=,.@:/_-."
  }
}

variable "db_resource_id" {
  type        = string
  description = "The database's resource id for IAM authentication: cluster-… (aws rds describe-db-clusters, DbClusterResourceId), db-… (describe-db-instances, DbiResourceId), or prx-… (the end of a proxy's ARN)."

  validation {
    condition     = can(regex("^(cluster|db|prx)-[A-Za-z0-9]+$", var.db_resource_id))
    error_message = "Write cluster-…, db-… or prx-…, not the database's name."
  }
}

variable "db_user" {
  type        = string
  description = "The one database user as which the role may log in, spelled exactly as in the database."

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,62}$", var.db_user))
    error_message = "Write a user name without wildcards."
  }
}

variable "permissions_boundary_arn" {
  type        = string
  default     = null
  description = "The permissions boundary of the role, if your organization requires one."

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$", var.permissions_boundary_arn))
    error_message = "Write the ARN of a policy."
  }
}

variable "role_path" {
  type        = string
  default     = "/"
  description = "The path of the role, like /databases/."

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
