"""Parses Compose files strictly: an unknown field or value ends with 1."""

import json
import re
import sys

import yaml
from compose_spec import PyCompose


def interpolate(node):
    """Puts in each variable's default; one that has none becomes a path."""
    if isinstance(node, dict):
        return {key: interpolate(value) for key, value in node.items()}
    if isinstance(node, list):
        return [interpolate(value) for value in node]
    if isinstance(node, str):
        return re.sub(r"\$\{\w+(?::-([^}]*)|:\?[^}]*)?\}", lambda match: match[1] if match[1] is not None else "/set", node)
    return node


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        PyCompose.from_yaml(json.dumps(interpolate(yaml.safe_load(file)))).validate()
