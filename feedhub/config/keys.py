"""Which keys there are, as the models of `document` tell: for messages, and for the reference to be held to."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from feedhub.faults import Trail


def known(document: Any, trail: Trail) -> tuple[str, ...]:
    """The keys that the mapping at `trail` may have."""
    shape = document
    for step in trail:
        shape = _inner(shape, step)
    return tuple(_keys(shape))


def every(shape: Any, path: str = "") -> Iterator[str]:
    """Every key that takes a value: `hub.title`, `authors.<id>.name`, `featured.pins[].url`."""
    for key in _keys(shape):
        here, inner = f"{path}.{key}" if path else key, _inner(shape, key)
        if get_origin(inner) is dict and _has_keys(get_args(inner)[-1]):
            here, inner = f"{here}.<id>", get_args(inner)[-1]
        elif get_origin(inner) is list and _has_keys(get_args(inner)[-1]):
            here, inner = f"{here}[]", get_args(inner)[-1]
        if _has_keys(inner):
            yield from every(inner, here)
        else:
            yield here


def _keys(shape: Any) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in shape.model_fields.items()}


def _inner(shape: Any, step: str | int) -> Any:
    """The shape of what stands under `step`; of alternatives, the one that has keys of its own."""
    inner = _keys(shape)[str(step)] if _has_keys(shape) else get_args(shape)[-1]
    while get_origin(inner) in {Annotated, Union, types.UnionType}:
        options = get_args(inner)[:1] if get_origin(inner) is Annotated else get_args(inner)
        inner = next((option for option in options if _has_keys(option)), options[0])
    return inner


def _has_keys(shape: Any) -> bool:
    return isinstance(shape, type) and hasattr(shape, "model_fields")
