"""Why a duty stands where it does, why not elsewhere, and what would change it."""
