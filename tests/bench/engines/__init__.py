"""The same job in several engines, one script each; a peer's runs in the peer's own environment."""
