variable "name" {
  type        = string
  description = "The function's name, and how the names of all else begin. Several of different names live beside each other."

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,47}$", var.name))
    error_message = "Write a letter, then letters, digits and hyphens, at most 48 in all."
  }
}

variable "package" {
  type        = string
  description = "The path of bootstrap.zip, as infra/package builds it."
}

# What is followed.

variable "bindings" {
  type = map(object({
    source           = string
    target_group_arn = string
    port             = optional(number)
    port_differs     = optional(string)
    mode             = optional(string)
    allow            = optional(list(string))
    exclusive        = optional(bool)
    max_removals     = optional(number)
    readers_fallback = optional(string)
    outside_vpc      = optional(bool)
  }))
  default     = {}
  description = "What is followed, by the name that reports and alarms call it: a source (cluster/ID, its writer; cluster/ID/readers; cluster/ID/custom/ENDPOINT; instance/ID; proxy/NAME; proxy/NAME/ENDPOINT; dns/HOST, which needs a port) and the group behind which it belongs. Some fifteen fit into a function's environment; for more there are config, as a file beside the bootstrap, and discover."
  nullable    = false

  validation {
    condition     = alltrue([for binding in values(var.bindings) : can(regex("^(cluster/[A-Za-z](-?[A-Za-z0-9])*(/readers|/custom/[A-Za-z](-?[A-Za-z0-9])*)?|instance/[A-Za-z](-?[A-Za-z0-9])*|proxy/[A-Za-z](-?[A-Za-z0-9])*(/[A-Za-z](-?[A-Za-z0-9])*)?|dns/[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\.?)$", binding.source))])
    error_message = "Each source must be cluster/ID, cluster/ID/readers, cluster/ID/custom/ENDPOINT, instance/ID, proxy/NAME, proxy/NAME/ENDPOINT or dns/HOST, each name of letters, digits and single hyphens, with a letter first and no hyphen at the end."
  }

  validation {
    condition     = alltrue(flatten([for binding in values(var.bindings) : [for part in split("/", replace(binding.source, ".", "/")) : length(part) <= 63]]))
    error_message = "A name in a source has at most 63 characters."
  }

  validation {
    condition     = alltrue([for binding in values(var.bindings) : !can(regex("^dns/", binding.source)) || length(trimsuffix(binding.source, ".")) <= 257 && can(regex("\\.", trimsuffix(binding.source, "."))) && !can(regex("^dns/((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.|$)){4}$", binding.source))])
    error_message = "The HOST of dns/HOST is a full name with its domain, like db.example.com, no address, and has at most 253 characters."
  }

  validation {
    condition     = alltrue([for binding in values(var.bindings) : binding.mode == null ? true : contains(["manage", "observe"], binding.mode)])
    error_message = "Each mode must be manage or observe."
  }

  validation {
    condition     = alltrue([for binding in values(var.bindings) : binding.port_differs == null ? true : contains(["held", "allowed"], binding.port_differs)])
    error_message = "Each port_differs must be held or allowed."
  }

  validation {
    condition     = alltrue([for binding in values(var.bindings) : can(regex("^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup/[A-Za-z0-9-]+/[A-Za-z0-9]+$", binding.target_group_arn))])
    error_message = "Each target_group_arn must be the ARN of a target group."
  }
}

variable "mode" {
  type        = string
  default     = "manage"
  description = "The mode of bindings that state none. observe reports what would be done and writes nothing, for adoption beside another updater."

  validation {
    condition     = contains(["manage", "observe"], var.mode)
    error_message = "Write manage or observe."
  }
}

variable "allow" {
  type        = list(string)
  default     = []
  description = "The networks whose addresses may ever be registered, best the database's subnets. A binding's own must lie inside these. Leave empty when config is given."

  validation {
    condition     = alltrue([for network in var.allow : can(regex("^[0-9a-fA-F.:]+/[0-9]{1,3}$", network))])
    error_message = "Write networks like 10.20.4.0/24."
  }
}

variable "discover" {
  type        = list(string)
  default     = []
  description = "Which sources the tags of target groups may name, like cluster/orders-*, instance/billing. The function may then write to every group of the account whose tag writerlink:source fits one of these. With config, write them there as discover too: this then gives the permissions alone."
}

variable "load_balancer_arns" {
  type        = map(string)
  default     = {}
  description = "By the name of a binding, the Network Load Balancer in front of its group. With it an alarm tells when no target behind the link is healthy. These keys are names, so that the balancers may be made by the same apply."

  validation {
    condition     = alltrue([for arn in values(var.load_balancer_arns) : can(regex("^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/net/[A-Za-z0-9-]+/[a-z0-9]+$", arn))])
    error_message = "Write ARNs of Network Load Balancers."
  }
}

variable "config" {
  type        = string
  default     = null
  description = "A whole configuration in place of bindings, mode and allow, as JSON or TOML text, or the path of a file that lies beside the bootstrap (/var/task/writerlink.toml)."
}

variable "target_group_arns" {
  type        = list(string)
  default     = []
  description = "With config, the groups that it names: the function may write to these alone, but for tagged groups with discover."

  validation {
    condition     = alltrue([for arn in var.target_group_arns : can(regex("^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup/[A-Za-z0-9-]+/[A-Za-z0-9]+$", arn))])
    error_message = "Write ARNs of target groups."
  }
}

# Who is told.

variable "notify_email" {
  type        = string
  default     = null
  description = "An address that outcomes and alarms are mailed to. AWS first sends it a mail with a link that must be followed."

  validation {
    condition     = var.notify_email == null || can(regex("^[^@ ]+@[^@ ]+$", var.notify_email))
    error_message = "Write an e-mail address."
  }
}

variable "notify_topic_arn" {
  type        = string
  default     = null
  description = "A standard SNS topic of yours for outcomes and alarms, in place of the one that is made here (never the one that RDS publishes to). Its policy must let cloudwatch.amazonaws.com publish, and where a key encrypts it that key must be topic_key, or admit the function's role and cloudwatch.amazonaws.com by its own policy. A config names it as notify-topic too."

  validation {
    condition     = var.notify_topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.notify_topic_arn))
    error_message = "Write the ARN of a standard SNS topic."
  }
}

variable "topic_key" {
  type        = string
  default     = "none"
  description = "What encrypts both topics at rest: none, create (a KMS key of their own) or the ARN of a key. The policy of yours must let events.rds.amazonaws.com and cloudwatch.amazonaws.com call kms:GenerateDataKey* and kms:Decrypt, else events and alarms vanish without a trace."

  validation {
    condition     = can(regex("^(none|create|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)$", var.topic_key))
    error_message = "Write none, create, or the ARN of a KMS key."
  }
}

variable "alarms" {
  type        = bool
  default     = true
  description = "Whether there are alarms, which tell the topic of outcomes, and a dashboard."
}

# The function.

variable "architecture" {
  type        = string
  default     = "arm64"
  description = "What the bootstrap was built for, arm64 or x86_64."

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "Write arm64 or x86_64."
  }
}

variable "function_timeout" {
  type        = number
  default     = 240
  description = "Seconds. An event that announces a failover is watched for up to 180 seconds; the rest is for reading, writing and answering. Others wait for their turn meanwhile, sweeps among them: hence no more than five minutes."

  validation {
    condition     = var.function_timeout >= 60 && var.function_timeout <= 300
    error_message = "Write 60 to 300 seconds."
  }
}

variable "subnet_ids" {
  type        = list(string)
  default     = []
  description = "Subnets for the function, if its DNS or its API calls must go through your VPC. They need a way to the RDS, ELB and SNS APIs: NAT, or interface endpoints."
}

variable "security_group_ids" {
  type        = list(string)
  default     = []
  description = "Security groups for the function, with subnet_ids and never without."
}

variable "reserve_concurrency" {
  type        = bool
  default     = true
  description = "false only where the account cannot reserve any (100 must stay unreserved). Two runs can then overlap; the sweep mends what that can do."
}

variable "log_retention_days" {
  type        = number
  default     = 30
  description = "How long the logs are kept."

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "Write 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731."
  }
}

variable "first_run" {
  type        = bool
  default     = true
  description = "Whether the apply itself reconciles, when the function is made and with each version after that. A configuration that the function refuses then fails the apply."
}

variable "permissions_boundary_arn" {
  type        = string
  default     = null
  description = "The policy that bounds what the function's role and the schedule's may do, where a rule of yours demands one."

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$", var.permissions_boundary_arn))
    error_message = "Write the ARN of a policy."
  }
}

variable "role_path" {
  type        = string
  default     = "/"
  description = "The path of the function's role and the schedule's, like /databases/."

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
