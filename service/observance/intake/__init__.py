"""The corridor of a submission: gathered, recognised, bounded, parsed, then validated; nothing is ever fetched."""
