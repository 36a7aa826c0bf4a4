"""A strict format checker: the one that jsonschema brings checks `date-time` and `uri` only where extras lie around."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.protocols import Validator

STRICT: Final = FormatChecker(formats=())
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9:/?#\[\]@!$&'()*+,;=._~%-]+")


@STRICT.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    """RFC 3339, section 5.6."""
    if not isinstance(value, str):
        return True
    return _INSTANT.fullmatch(value) is not None and datetime.fromisoformat(value).tzinfo is not None


@STRICT.checks("uri")
def _is_uri(value: object) -> bool:
    """RFC 3986, section 3: a scheme, and only characters that a URI may hold."""
    return not isinstance(value, str) or _URI.fullmatch(value) is not None


def strict_validator(schema: dict[str, Any]) -> Validator:
    """A validator of JSON Schema 2020-12 that checks formats as well; refuses a schema that is none."""
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=STRICT)
