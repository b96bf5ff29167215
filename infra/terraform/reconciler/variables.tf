variable "name" {
  type        = string
  description = "The function's name, and the prefix of all other names. Several modules with different names can coexist."

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,47}$", var.name))
    error_message = "Write at most 48 letters, digits and hyphens, beginning with a letter."
  }
}

variable "package" {
  type        = string
  description = "The path of the archive that infra/package builds, bootstrap-arm64.zip or bootstrap-x86_64.zip."
}

# What the function follows.

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
    standby          = optional(string)
  }))
  default     = {}
  description = "The bindings, by the name that reports and alarms use. Each has a source (cluster/ID, its writer; cluster/ID/instance/ID, one member; cluster/ID/readers; cluster/ID/custom/ENDPOINT; instance/ID; proxy/NAME; proxy/NAME/ENDPOINT; dns/HOST, which needs a port) and the target group for it. About fifteen fit into a function's environment. For more, use config (a file beside the bootstrap) or discover."
  nullable    = false

  validation {
    condition     = alltrue([for binding in values(var.bindings) : can(regex("^(cluster/[A-Za-z](-?[A-Za-z0-9])*(/readers|/(custom|instance)/[A-Za-z](-?[A-Za-z0-9])*)?|instance/[A-Za-z](-?[A-Za-z0-9])*|proxy/[A-Za-z](-?[A-Za-z0-9])*(/[A-Za-z](-?[A-Za-z0-9])*)?|dns/[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\.?)$", binding.source))])
    error_message = "Each source must be cluster/ID, cluster/ID/instance/ID, cluster/ID/readers, cluster/ID/custom/ENDPOINT, instance/ID, proxy/NAME, proxy/NAME/ENDPOINT or dns/HOST, each name made of letters, digits and single hyphens, with a letter first and no hyphen at the end."
  }

  validation {
    condition     = alltrue(flatten([for binding in values(var.bindings) : [for part in split("/", replace(binding.source, ".", "/")) : length(part) <= 63]]))
    error_message = "A name in a source has at most 63 characters."
  }

  validation {
    condition     = alltrue([for binding in values(var.bindings) : !can(regex("^dns/", binding.source)) || length(trimsuffix(binding.source, ".")) <= 257 && can(regex("\\.", trimsuffix(binding.source, "."))) && !can(regex("^dns/((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.|$)){4}$", binding.source))])
    error_message = "The HOST of dns/HOST must be a full name with its domain, like db.example.com, not an address, and have at most 253 characters."
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
    condition     = alltrue([for binding in values(var.bindings) : binding.standby == null ? true : contains(["cold", "warm"], binding.standby)])
    error_message = "Each standby must be cold or warm."
  }

  validation {
    condition     = alltrue([for binding in values(var.bindings) : can(regex("^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup/[A-Za-z0-9-]+/[A-Za-z0-9]+$", binding.target_group_arn))])
    error_message = "Each target_group_arn must be the ARN of a target group."
  }
}

variable "mode" {
  type        = string
  default     = "manage"
  description = "The mode of bindings that set none. observe reports what the function would do and writes nothing, for adoption beside another updater."

  validation {
    condition     = contains(["manage", "observe"], var.mode)
    error_message = "Write manage or observe."
  }
}

variable "standby" {
  type        = string
  default     = "cold"
  description = "Experimental: cold or warm, the standby of bindings of instance/ID that set none. warm also registers the standby's address, so that a failover needs no registration; the group must be prepared for it (standby of ../link). With config, write it in the binding; this input then only gives the permissions."

  validation {
    condition     = contains(["cold", "warm"], var.standby)
    error_message = "Write cold or warm."
  }
}

variable "allow" {
  type        = list(string)
  default     = []
  description = "The networks whose addresses the function may register. The database's subnets are best. A binding's own networks must lie inside these. Leave it empty with config."

  validation {
    condition     = alltrue([for network in var.allow : can(regex("^[0-9a-fA-F.:]+/[0-9]{1,3}$", network))])
    error_message = "Write networks like 10.20.4.0/24."
  }
}

variable "discover" {
  type        = list(string)
  default     = []
  description = "The sources that the tags of target groups may name, like cluster/orders-*, instance/billing. The function may then write to every group of the account whose tag writerlink:source matches one of them. With config, write them in its key discover too; this input then only gives the permissions."
}

variable "load_balancer_arns" {
  type        = map(string)
  default     = {}
  description = "By the name of a binding, the Network Load Balancer in front of its group. With it an alarm goes off when no target behind the link is healthy. These keys are names, so that the same apply can make the load balancers."

  validation {
    condition     = alltrue([for arn in values(var.load_balancer_arns) : can(regex("^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/net/[A-Za-z0-9-]+/[a-z0-9]+$", arn))])
    error_message = "Write ARNs of Network Load Balancers."
  }
}

variable "config" {
  type        = string
  default     = null
  description = "A whole configuration instead of bindings, mode and allow, as JSON or TOML text, or the path of a file in the archive beside the bootstrap (/var/task/writerlink.toml). With ssm:/path/NAME or s3://BUCKET/KEY others can write it, within permit; give permit and config_arn too."
}

variable "permit" {
  type        = string
  default     = null
  description = "With a config in SSM or S3, what that text may hold (allow, target-groups, modes and more), as JSON or TOML text over several lines. A text that holds anything else is refused as a whole."
}

variable "config_arn" {
  type        = string
  default     = null
  description = "The ARN of the parameter or the object that config names, which the role may read."

  validation {
    condition     = var.config_arn == null ? true : can(regex("^arn:aws[a-z-]*:(ssm:[a-z0-9-]+:[0-9]{12}:parameter/[A-Za-z0-9_./-]+|s3:::[a-z0-9.-]+/[^*?]+)$", var.config_arn))
    error_message = "Write the ARN of one parameter or one object."
  }
}

variable "config_key_arn" {
  type        = string
  default     = null
  description = "The customer managed key that encrypts the parameter (a SecureString) or the object, if there is one."

  validation {
    condition     = var.config_key_arn == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.config_key_arn))
    error_message = "Write the ARN of a KMS key."
  }
}

variable "target_group_arns" {
  type        = list(string)
  default     = []
  description = "With config, the target groups that it names. The function may write to no other group, except to tagged groups with discover."

  validation {
    condition     = alltrue([for arn in var.target_group_arns : can(regex("^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup/[A-Za-z0-9-]+/[A-Za-z0-9]+$", arn))])
    error_message = "Write ARNs of target groups."
  }
}

# Notifications.

variable "notify_email" {
  type        = string
  default     = null
  description = "The e-mail address that receives outcomes and alarms. AWS first sends it a mail with a link, which confirms the subscription."

  validation {
    condition     = var.notify_email == null || can(regex("^[^@ ]+@[^@ ]+$", var.notify_email))
    error_message = "Write an e-mail address."
  }
}

variable "notify_topic_arn" {
  type        = string
  default     = null
  description = "Your own standard SNS topic for outcomes and alarms, instead of the one that the module makes (never the one that RDS publishes to). Its policy must let cloudwatch.amazonaws.com publish. If a key encrypts the topic, either give that key as topic_key, or let the key's policy admit the function's role and cloudwatch.amazonaws.com. Name the topic in a config too, as notify-topic."

  validation {
    condition     = var.notify_topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.notify_topic_arn))
    error_message = "Write the ARN of a standard SNS topic."
  }
}

variable "topic_key" {
  type        = string
  default     = "none"
  description = "What encrypts both topics at rest: none, create (the module makes a KMS key) or the ARN of your key. The policy of your key must let events.rds.amazonaws.com and cloudwatch.amazonaws.com call kms:GenerateDataKey* and kms:Decrypt; otherwise events and alarms are lost without an error."

  validation {
    condition     = can(regex("^(none|create|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+)$", var.topic_key))
    error_message = "Write none, create, or the ARN of a KMS key."
  }
}

variable "alarms" {
  type        = bool
  default     = true
  description = "Whether the module makes alarms, which publish to the topic of outcomes, and a dashboard."
}

# The function.

variable "architecture" {
  type        = string
  default     = "arm64"
  description = "The architecture that the bootstrap was built for, arm64 or x86_64."

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "Write arm64 or x86_64."
  }
}

variable "function_timeout" {
  type        = number
  default     = 240
  description = "The function's timeout in seconds. After an event that announces a failover the function watches for up to 180 seconds; it needs the rest to read, write and answer. Other invocations, sweeps among them, wait meanwhile. That is why the maximum is five minutes."

  validation {
    condition     = var.function_timeout >= 60 && var.function_timeout <= 300
    error_message = "Write 60 to 300 seconds."
  }
}

variable "subnet_ids" {
  type        = list(string)
  default     = []
  description = "Subnets for the function, if its DNS queries or its API calls must go through your VPC. They need a route to the RDS, ELB and SNS APIs: NAT, or interface endpoints."
}

variable "security_group_ids" {
  type        = list(string)
  default     = []
  description = "Security groups of the function. subnet_ids needs them."
}

variable "reserve_concurrency" {
  type        = bool
  default     = true
  description = "Use false only if the account cannot reserve any (100 must stay unreserved). Two runs can then overlap; the sweep corrects the effects."
}

variable "log_retention_days" {
  type        = number
  default     = 30
  description = "For how many days the logs are kept."

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "Write 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731."
  }
}

variable "first_run" {
  type        = bool
  default     = true
  description = "Whether the apply itself reconciles, when the function is created and with each later version. If the function then refuses its configuration, the apply fails."
}

variable "recorder" {
  type        = bool
  default     = true # a failover that nobody recorded cannot be recorded later
  description = "Whether the module makes a second function that records each failover and writes nothing. It runs for up to 15 minutes after the event of a failover, and costs nothing otherwise."
}

variable "probe" {
  type        = string
  default     = "none"
  description = "none or connect. With connect the recorder also opens a TCP connection to the load balancer each second, to tell when the link answers again. It sends nothing and does not log in. It must be in the VPC, and the load balancer must admit it (probe_security_group_id of ../link)."

  validation {
    condition     = contains(["none", "connect"], var.probe)
    error_message = "Write none or connect."
  }
}

variable "recorder_subnet_ids" {
  type        = list(string)
  default     = []
  description = "Subnets for the recorder, if they are not those of the function."
}

variable "recorder_security_group_ids" {
  type        = list(string)
  default     = []
  description = "Security groups of the recorder. recorder_subnet_ids needs them."
}

variable "permissions_boundary_arn" {
  type        = string
  default     = null
  description = "The permissions boundary of this module's roles, if your organization requires one."

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9+=,.@_/-]+$", var.permissions_boundary_arn))
    error_message = "Write the ARN of a policy."
  }
}

variable "role_path" {
  type        = string
  default     = "/"
  description = "The path of this module's roles, like /databases/."

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
