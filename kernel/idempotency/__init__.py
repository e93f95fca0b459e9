"""The same key gets the same answer: one row per key, written in the transaction of the effect it stands for."""
