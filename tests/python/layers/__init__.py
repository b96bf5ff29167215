"""The layers of infra/ as values: what CloudFormation and Terraform make of the same inputs."""
