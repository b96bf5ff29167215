output "role_arn" {
  value       = aws_iam_role.role.arn
  description = "The role that the consumer assumes. The consumer's own principals need the permission sts:AssumeRole on it."
}
