"""The endpoints of the service: a blueprint in each module."""
