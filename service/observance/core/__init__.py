"""What every package may use: errors, namespaces, settings, messages, and the values that several packages share."""
