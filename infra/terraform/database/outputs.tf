output "vpc_id" {
  value       = aws_vpc.vpc.id
  description = "The VPC."
}

output "subnet_ids" {
  value       = [aws_subnet.subnet_a.id, aws_subnet.subnet_b.id]
  description = "The isolated subnets, for the load balancer, a proxy, and a function in the VPC."
}

output "allow" {
  value       = local.networks
  description = "The networks whose addresses the function may register."
}

output "source" {
  value       = local.is_aurora ? "cluster/${aws_rds_cluster.cluster[0].cluster_identifier}" : "instance/${aws_db_instance.instance[0].identifier}"
  description = "What the function follows."
}

output "endpoint_address" {
  value       = local.is_aurora ? aws_rds_cluster.cluster[0].endpoint : aws_db_instance.instance[0].address
  description = "The name of the writer's endpoint, database_endpoint of ../consumer."
}

output "port" {
  value       = local.is_aurora ? aws_rds_cluster.cluster[0].port : aws_db_instance.instance[0].port
  description = "The database's port."
}

output "security_group_id" {
  value       = coalesce(aws_security_group.security_group.id) # known not to be null before its value is known, which ../link needs
  description = "The database's security group, which has no inbound rule yet."
}

output "secret_arn" {
  value       = local.is_aurora ? aws_rds_cluster.cluster[0].master_user_secret[0].secret_arn : aws_db_instance.instance[0].master_user_secret[0].secret_arn
  description = "The secret with the administrator's login."
}

output "db_resource_id" {
  value       = local.is_aurora ? aws_rds_cluster.cluster[0].cluster_resource_id : aws_db_instance.instance[0].resource_id
  description = "The database's resource id for IAM authentication, db_resource_id of ../access."
}

output "function_security_group_id" {
  value       = one(aws_security_group.function_security_group[*].id)
  description = "A security group for security_group_ids of ../reconciler, for a function in this VPC. Null without lambda_endpoints."
}
