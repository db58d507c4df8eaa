"""netc: a declarative compiler, linter and dry-run executor for CNI network configuration."""
