"""The knowledge base: loading its four rooms, looking things up in it, and checking that it is sound."""
