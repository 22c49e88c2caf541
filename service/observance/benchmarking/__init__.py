"""Progress compared between Members, without ranking anyone."""
