"""What every section of a recipe shares."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the recipe: frozen, and without keys that nobody reads."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, protected_namespaces=()
    )
