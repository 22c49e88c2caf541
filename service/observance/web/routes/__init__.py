"""The pages of the service, a noun a module."""
