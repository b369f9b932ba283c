"""Statements asked as a person asks them, with the answer as text."""

import io

from warehouse.ask import ask
from warehouse.database import Warehouse
from warehouse.formats import write_rows
from warehouse.render import render


def shown(path, text, /, format_="table", width=100, write=False, **params):
    """Return what `distill sql` prints."""

    def consume(rows):
        if format_ == "table":
            return render(rows, width)
        file = io.BytesIO()
        write_rows(rows, format_, file)
        return file.getvalue() if format_ == "parquet" else file.getvalue().decode()

    return ask(Warehouse(path, "test"), text, consume, params, write)
