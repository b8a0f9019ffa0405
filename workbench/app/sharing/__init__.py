"""What others may read of an account: shares of chosen turns, and the logs that overseers see."""
