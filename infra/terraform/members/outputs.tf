output "target_group_arns" {
  value       = { for name in keys(var.member_ports) : name => aws_lb_target_group.member_target_group[name].arn }
  description = "The groups, by member."
}

output "bindings" {
  value = {
    for name in keys(var.member_ports) : name => {
      source           = "cluster/${var.cluster}/instance/${name}"
      target_group_arn = aws_lb_target_group.member_target_group[name].arn
    }
  }
  description = "The bindings of the groups, for bindings of ../reconciler."
}
