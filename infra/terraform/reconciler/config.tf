# The configuration that the function reads as WRITERLINK_CONFIG, and the values that the rest of
# the module derives from it.

locals {
  has_config = var.config != null
  # A permit goes with a config in SSM or S3. The function refuses one without the other.
  follows_config = var.permit != null
  outcome_topic  = var.notify_topic_arn == null ? aws_sns_topic.outcome_topic[0].arn : var.notify_topic_arn
  modes          = { for name, binding in var.bindings : name => binding.mode == null ? var.mode : binding.mode }
  standbys       = { for name, binding in var.bindings : name => binding.standby == null ? (can(regex("^instance/", binding.source)) ? var.standby : "cold") : binding.standby }
  is_warm        = var.standby == "warm" || !alltrue([for standby in values(local.standbys) : standby == "cold"])
  discovers      = length(var.discover) > 0
  in_vpc         = length(var.subnet_ids) > 0

  # In `observe` the role may not write at all. A config sets the mode for each binding, which this
  # module cannot see.
  written_groups = concat(var.target_group_arns, [for name, binding in var.bindings : binding.target_group_arn if local.modes[name] == "manage"])

  bindings = [
    for name, binding in var.bindings : {
      for key, value in {
        name             = name
        source           = binding.source
        target-group     = binding.target_group_arn
        mode             = local.modes[name]
        port             = binding.port
        port-differs     = binding.port_differs
        allow            = binding.allow
        exclusive        = binding.exclusive
        max-removals     = binding.max_removals
        readers-fallback = binding.readers_fallback
        outside-vpc      = binding.outside_vpc
        standby          = local.standbys[name] == "cold" ? null : local.standbys[name]
      } : key => value if value != null # the function refuses a null, and has its own defaults
    }
  ]

  written = jsonencode({
    for key, value in {
      allow        = length(var.allow) > 0 ? var.allow : null
      binding      = length(local.bindings) > 0 ? local.bindings : null
      discover     = local.discovers ? var.discover : null
      notify-topic = local.outcome_topic
    } : key => value if value != null
  })

  config = local.has_config ? var.config : local.written
}
