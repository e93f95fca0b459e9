"""Who you are and what is yours: people, workspaces, tokens, audit, notices, limits and the kill switch."""
