"""What people are told of alerts: which of them concern whom, when each may be told, and digests of what stands."""
