# An example database to try the link with: a VPC without internet access, and in it an Aurora
# PostgreSQL cluster with a writer and a reader, or a Multi-AZ instance of PostgreSQL or MySQL. You
# do not need it for a database of your own.
#
# It makes the same as infra/database.yaml, resource by resource under the same names, and
# tests/python/drift.py compares the two. The comments of the template explain the values.

data "aws_availability_zones" "available" {
  #checkov:skip=CKV_AWS_394:A new zone at the front of the list would move a subnet, which only affects an example. Zone ids would tie it to one Region.
  state = "available"

  filter { # no local zones, which have no Multi-AZ in RDS
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  is_aurora = var.engine == "aurora-postgresql"
  is_mysql  = var.engine == "mysql"
  new_bits  = 24 - tonumber(split("/", var.vpc_cidr)[1])
  networks  = [for index in [0, 1] : cidrsubnet(var.vpc_cidr, local.new_bits, index)]

  # Only principals of this account may use the endpoints.
  of_this_account = { StringEquals = { "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id } }
}

# The network: two zones, because every Region has two, and each interface endpoint costs money by
# the zone. No internet gateway, no NAT.

resource "aws_vpc" "vpc" {
  #checkov:skip=CKV2_AWS_11:A VPC without internet access that holds an example. Flow logs cost money. Enable them in your own VPC.
  #checkov:skip=CKV2_AWS_12:Nothing uses the default group, and nothing here makes it.
  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = merge(var.tags, { Name = var.name })
}

resource "aws_subnet" "subnet_a" {
  vpc_id            = aws_vpc.vpc.id
  availability_zone = data.aws_availability_zones.available.names[0]
  cidr_block        = local.networks[0]
  tags              = merge(var.tags, { Name = "${var.name}-a" })
}

resource "aws_subnet" "subnet_b" {
  vpc_id            = aws_vpc.vpc.id
  availability_zone = data.aws_availability_zones.available.names[1]
  cidr_block        = local.networks[1]
  tags              = merge(var.tags, { Name = "${var.name}-b" })
}

resource "aws_route_table" "route_table" {
  vpc_id = aws_vpc.vpc.id
  tags   = merge(var.tags, { Name = var.name })
}

resource "aws_route_table_association" "route_table_of_a" {
  subnet_id      = aws_subnet.subnet_a.id
  route_table_id = aws_route_table.route_table.id
}

resource "aws_route_table_association" "route_table_of_b" {
  subnet_id      = aws_subnet.subnet_b.id
  route_table_id = aws_route_table.route_table.id
}

# The database.

# It has no outbound rule: Terraform removes the default rule, which allows everything.
resource "aws_security_group" "security_group" {
  description = "The example database of Writerlink. Other stacks add the rules that admit clients."
  vpc_id      = aws_vpc.vpc.id
  tags        = merge(var.tags, { Name = var.name })
}

resource "aws_db_subnet_group" "subnet_group" {
  name_prefix = "${var.name}-"
  description = "Isolated subnets of the example database of Writerlink"
  subnet_ids  = [aws_subnet.subnet_a.id, aws_subnet.subnet_b.id]
  tags        = var.tags
}

resource "aws_rds_cluster_parameter_group" "cluster_parameters" {
  count = local.is_aurora ? 1 : 0

  name_prefix = "${var.name}-"
  description = "TLS only"
  family      = "aurora-postgresql17"
  tags        = var.tags

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
}

resource "aws_rds_cluster" "cluster" {
  #checkov:skip=CKV_AWS_139:It is an example, which can be destroyed in one step. Its final snapshot remains.
  #checkov:skip=CKV_AWS_327:The key of RDS encrypts it. An example has no data that needs its own key.
  #checkov:skip=CKV_AWS_324:Nobody monitors the queries of an example.
  #checkov:skip=CKV2_AWS_8:RDS keeps backups for seven days. An example needs no more.
  #checkov:skip=CKV2_AWS_27:Nobody monitors the queries of an example.
  count = local.is_aurora ? 1 : 0

  cluster_identifier                  = var.name
  engine                              = "aurora-postgresql"
  engine_version                      = "17"
  database_name                       = "app"
  db_cluster_parameter_group_name     = aws_rds_cluster_parameter_group.cluster_parameters[0].name
  db_subnet_group_name                = aws_db_subnet_group.subnet_group.name
  vpc_security_group_ids              = [aws_security_group.security_group.id]
  master_username                     = "keeper"
  manage_master_user_password         = true
  iam_database_authentication_enabled = true
  storage_encrypted                   = true
  backup_retention_period             = 7
  copy_tags_to_snapshot               = true
  deletion_protection                 = false
  skip_final_snapshot                 = false
  final_snapshot_identifier           = "${var.name}-last" # a snapshot of that name must not exist at the next destroy
  tags                                = var.tags
}

# Neither instance is always the writer. The first one becomes the writer, and a failover makes the
# other one the writer. Nothing here says which one it is, so Terraform has nothing to restore.
resource "aws_rds_cluster_instance" "instance_a" {
  #checkov:skip=CKV_AWS_118:Enhanced monitoring needs a role and a log group, and costs money. Nobody monitors an example.
  #checkov:skip=CKV_AWS_353:As for enhanced monitoring.
  count = local.is_aurora ? 1 : 0

  identifier                 = "${var.name}-a"
  cluster_identifier         = aws_rds_cluster.cluster[0].id
  engine                     = "aurora-postgresql"
  instance_class             = var.instance_class
  publicly_accessible        = false
  auto_minor_version_upgrade = true
  tags                       = var.tags
}

resource "aws_rds_cluster_instance" "instance_b" {
  #checkov:skip=CKV_AWS_118:Enhanced monitoring needs a role and a log group, and costs money. Nobody monitors an example.
  #checkov:skip=CKV_AWS_353:As for enhanced monitoring.
  count = local.is_aurora ? 1 : 0

  identifier                 = "${var.name}-b"
  cluster_identifier         = aws_rds_cluster.cluster[0].id
  engine                     = "aurora-postgresql"
  instance_class             = var.instance_class
  publicly_accessible        = false
  auto_minor_version_upgrade = true
  tags                       = var.tags

  depends_on = [aws_rds_cluster_instance.instance_a]
}

resource "aws_db_parameter_group" "instance_parameters" {
  count = local.is_aurora ? 0 : 1

  name_prefix = "${var.name}-"
  description = "TLS only, and health checks are not counted as failed logins"
  family      = local.is_mysql ? "mysql8.4" : "postgres17"
  tags        = var.tags

  dynamic "parameter" {
    for_each = local.is_mysql ? { require_secure_transport = "1", max_connect_errors = "1000000000" } : { "rds.force_ssl" = "1" }
    content {
      name  = parameter.key
      value = parameter.value
    }
  }
}

resource "aws_db_instance" "instance" {
  #checkov:skip=CKV_AWS_118:Enhanced monitoring needs a role and a log group, and costs money. Nobody monitors an example.
  #checkov:skip=CKV_AWS_129:Nobody monitors the queries of an example.
  #checkov:skip=CKV_AWS_293:It is an example, which can be destroyed in one step. Its final snapshot remains.
  #checkov:skip=CKV_AWS_353:As for enhanced monitoring.
  count = local.is_aurora ? 0 : 1

  identifier                          = var.name
  engine                              = var.engine
  engine_version                      = local.is_mysql ? "8.4" : "17"
  instance_class                      = var.instance_class
  db_name                             = "app"
  parameter_group_name                = aws_db_parameter_group.instance_parameters[0].name
  db_subnet_group_name                = aws_db_subnet_group.subnet_group.name
  vpc_security_group_ids              = [aws_security_group.security_group.id]
  multi_az                            = true
  publicly_accessible                 = false
  allocated_storage                   = 20
  storage_type                        = "gp3"
  storage_encrypted                   = true
  username                            = "keeper"
  manage_master_user_password         = true
  iam_database_authentication_enabled = true
  auto_minor_version_upgrade          = true
  backup_retention_period             = 7
  copy_tags_to_snapshot               = true
  deletion_protection                 = false
  skip_final_snapshot                 = false
  final_snapshot_identifier           = "${var.name}-last"
  tags                                = var.tags
}
