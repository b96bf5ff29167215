output "target_group_arn" {
  value       = aws_lb_target_group.target_group.arn
  description = "The target group that the function manages, the target_group_arn of a binding of ../reconciler."
}

output "load_balancer_arn" {
  value       = local.makes_balancer ? aws_lb.load_balancer[0].arn : var.load_balancer_arn
  description = "The load balancer."
}

output "load_balancer_security_group_id" {
  value       = one(aws_security_group.load_balancer_security_group[*].id)
  description = "The security group that the database's must admit, on the port. Null with load_balancer_arn."
}

output "endpoint_service_id" {
  value       = one(aws_vpc_endpoint_service.endpoint_service[*].id)
  description = "The id with which you accept and reject endpoints. Null with load_balancer_arn."
}

output "endpoint_service_name" {
  value       = one(aws_vpc_endpoint_service.endpoint_service[*].service_name)
  description = "The service name for the consumer, endpoint_service_name of ../consumer. Null with load_balancer_arn."
}
