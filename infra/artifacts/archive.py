"""Archives whose bytes are the same each time."""

import gzip
import hashlib
import io
import tarfile
import zipfile

# The time of every file in an archive: the first that a zip archive can state.
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
TAR_TIME = 315_532_800


def write_zip(path, files):
    """Writes the files, given as (name, content, mode), all with one fixed time. The bytes also depend on the zlib that compresses."""
    with zipfile.ZipFile(path, "w", compresslevel=9) as archive:
        for name, content, mode in files:
            entry = zipfile.ZipInfo(name, date_time=ZIP_TIME)
            entry.create_system = 3  # Unix, on every machine; otherwise the mode is not read
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def write_tarball(path, files):
    """The same for a compressed tar archive, whose files belong to nobody."""
    with open(path, "wb") as file:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as compressed:
            with tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
                for name, content, mode in files:
                    entry = tarfile.TarInfo(name)
                    entry.size, entry.mode, entry.mtime = len(content), mode, TAR_TIME
                    archive.addfile(entry, io.BytesIO(content))


def sha256(content):
    return hashlib.sha256(content).hexdigest()
