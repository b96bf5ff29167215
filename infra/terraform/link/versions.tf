terraform {
  # From 1.6 on Terraform can know that a value is not null before it knows the value. So
  # `database_security_group_id` may be the id of a group that the same apply makes (write
  # coalesce(aws_security_group.NAME.id)).
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25" # the schema that these modules were checked against
    }
  }
}
