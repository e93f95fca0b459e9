"""How we behave towards a venue: budgets, bans and the circuit breaker, shared by all processes at one address."""
