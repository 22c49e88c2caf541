"""The fixtures of the tests of notifications."""

from mail_fixtures import launcher, register, servers, start

__all__ = ["launcher", "register", "servers", "start"]
