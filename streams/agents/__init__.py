"""The shells of the three stages: Faust for membership and agents, one transaction for each flush of a partition."""
