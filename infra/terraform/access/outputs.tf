output "role_arn" {
  value       = aws_iam_role.role.arn
  description = "What the consumer assumes. Their own principals need sts:AssumeRole on it as well."
}
