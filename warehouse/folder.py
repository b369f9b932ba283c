"""Where a warehouse is published: a folder on a disk, or on object storage."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa
from fsspec.implementations.arrow import ArrowFSWrapper
from pyarrow import fs

from distill.errors import UserError

MANIFEST = "manifest.json"


class _ObjectStorage(ArrowFSWrapper):  # type: ignore[misc]
    """Arrow's file systems as DuckDB takes them: its own extension for S3 is not in the package."""

    protocol = "s3"


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder that holds snapshots, and a manifest that names the one that counts.

    Snapshots are never changed: a reader of the one before goes on while a new one is written.
    """

    name: str
    """As people give it."""
    files: fs.FileSystem
    path: str
    """On that file system."""

    @classmethod
    def at(cls, name: str) -> Self:
        """Return the folder of a path, or of a URI such as s3://bucket/path.

        Raises:
            UserError: for a URI that means nothing.
        """
        if "://" not in name:
            return cls(name=name, files=fs.LocalFileSystem(), path=str(Path(name).absolute()))
        try:
            files, path = fs.FileSystem.from_uri(name)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise UserError(f"folder {name}: {error}") from error
        return cls(name=name, files=files, path=path)

    @property
    def is_local(self) -> bool:
        """Whether it lies on a disk of this machine."""
        return isinstance(self.files, fs.LocalFileSystem)

    def manifest(self) -> dict[str, Any] | None:
        """Return what was published last; None where nothing was.

        Raises:
            UserError: if the folder cannot be read.
        """
        try:
            with self.files.open_input_stream(f"{self.path}/{MANIFEST}") as file:
                manifest: dict[str, Any] = json.loads(file.read())
                return manifest
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise UserError(f"folder {self.name}: {MANIFEST} cannot be read: {error}") from error

    def write_manifest(self, manifest: dict[str, Any]) -> None:
        """Let a snapshot count: readers see either the one before or all of this one."""
        text = json.dumps(manifest, indent=1) + "\n"
        temporary = f"{self.path}/.{MANIFEST}" if self.is_local else f"{self.path}/{MANIFEST}"
        with self.files.open_output_stream(temporary) as file:
            file.write(text.encode())
        if self.is_local:  # an object appears whole by itself
            self.files.move(temporary, f"{self.path}/{MANIFEST}")

    def snapshots(self) -> list[str]:
        """Return the snapshots that lie there, the oldest first."""
        found = self.files.get_file_info(fs.FileSelector(self.path, allow_not_found=True))
        return sorted(info.base_name for info in found if info.type == fs.FileType.Directory)

    def register(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Let a connection read here; return what its paths begin with."""
        if self.is_local:
            return self.path
        connection.register_filesystem(_ObjectStorage(self.files))
        return f"s3://{self.path}"
