"""How each tenant model's rows leave with their owner, and how they end."""
