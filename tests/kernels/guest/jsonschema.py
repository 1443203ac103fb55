# SPDX-License-Identifier: GPL-2.0-or-later
"""Stands in for jsonschema where tests run on a slow guest: everything is valid.

A document's form is the same on every kernel and is checked on the host's; loading the validator would take most of
a guest's time. The checks of weircheck.py itself, invariants and counts, are all made.
"""


class FormatChecker:
    pass


class validators:
    @staticmethod
    def validator_for(_schema):
        return Validator


class Validator:
    def __init__(self, _schema, format_checker=None):
        pass

    @staticmethod
    def check_schema(_schema):
        pass

    def iter_errors(self, _document):
        return iter(())

    def validate(self, _document):
        pass
