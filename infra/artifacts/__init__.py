"""What infra/package and infra/release make, and how."""
