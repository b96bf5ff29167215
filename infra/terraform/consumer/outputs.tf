output "endpoint_id" {
  value       = aws_vpc_endpoint.endpoint.id
  description = "The endpoint's id, which the database's operator accepts if acceptance is required."
}

output "endpoint_dns_name" {
  value       = aws_vpc_endpoint.endpoint.dns_entry[0].dns_name
  description = "The endpoint's own name. No certificate has it; connect to database_endpoint."
}

output "hosted_zone_id" {
  value       = aws_route53_zone.zone.zone_id
  description = "The private hosted zone."
}

output "security_group_id" {
  value       = aws_security_group.security_group.id
  description = "The endpoint's security group."
}
