"""The recount against small timelines that were worked out by hand."""
