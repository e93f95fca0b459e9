"""Real candles that the sandbox replays."""
