output "source" {
  value       = "proxy/${aws_db_proxy.proxy.name}"
  description = "What the function follows."
}

output "endpoint_address" {
  value       = aws_db_proxy.proxy.endpoint
  description = "The proxy's name, database_endpoint of ../consumer."
}

output "port" {
  value       = var.engine_family == "MYSQL" ? 3306 : 5432
  description = "The port on which the proxy listens, whatever the database's port is. Give it as port of ../link and of ../consumer."
}

output "security_group_id" {
  value       = coalesce(aws_security_group.security_group.id) # known not to be null before its value is known, which ../link needs
  description = "The proxy's security group, database_security_group_id of ../link."
}

output "proxy_arn" {
  value       = aws_db_proxy.proxy.arn
  description = "The proxy."
}

output "db_resource_id" {
  value       = split(":", aws_db_proxy.proxy.arn)[6]
  description = "The proxy's resource id for IAM authentication (prx-…), db_resource_id of ../access."
}
