"""A dataset is found in folders and archives and reads the same; bad archives are reported."""

from __future__ import annotations

import io
import stat
import struct
import tempfile
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from dataset_helpers import fails

from crosswear.core.errors import CrosswearError, DataFormatError, MissingDataError
from crosswear.core.recording import Recording
from crosswear.datasets import REGISTRY
from crosswear.datasets.archive import open_archive
from crosswear.datasets.roots import locate
from crosswear.datasets.tree import FileTree, FolderTree, fingerprint
from generators import GENERATORS

PAMAP2 = REGISTRY["pamap2"]
OUTER, INNER = PAMAP2.archives
MEMBER = "PAMAP2_Dataset/Protocol/subject101.dat"


def write(name: str, root: Path) -> None:
    GENERATORS[name](root, np.random.default_rng(7))


def pack(folder: Path, archive: Path, top: str = "") -> None:
    """The way that publishers do it: folders are members, too."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, f"{top}{path.relative_to(folder).as_posix()}")


def pack_pamap2(archive: Path, method: int = zipfile.ZIP_DEFLATED) -> None:
    """A zip inside a zip."""
    with tempfile.TemporaryDirectory() as folder:
        write("pamap2", Path(folder, "data"))
        pack(Path(folder, "data"), Path(folder, INNER), "PAMAP2_Dataset/")
        archive.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(archive, "w", method) as file:
            file.writestr("readme.pdf", b"%PDF")
            file.write(Path(folder, INNER), INNER)


def read(name: str, tree: FileTree) -> list[Recording]:
    spec = REGISTRY[name]
    return list(spec.read(tree, spec.default_options, lambda sentence: None))


def assert_same(found: list[Recording], expected: list[Recording]) -> None:
    assert len(found) == len(expected) > 0
    for one, other in zip(found, expected, strict=True):
        for f in fields(Recording):
            np.testing.assert_array_equal(getattr(one, f.name), getattr(other, f.name))


class TestWhereADatasetIsFound:
    @pytest.mark.parametrize("name", sorted(GENERATORS))
    @pytest.mark.parametrize("top", ["", "published/1.0/"])
    def test_an_archive_reads_as_the_folder_does(self, name: str, top: str, tmp_path: Path) -> None:
        write(name, tmp_path / "folder" / name)
        pack(tmp_path / "folder" / name, tmp_path / "zipped" / f"{name}.zip", top)
        spec = REGISTRY[name]
        folder = locate(spec, tmp_path / "folder")
        archive = locate(spec, tmp_path / "zipped")
        assert fingerprint(archive, spec.patterns) == fingerprint(folder, spec.patterns)
        assert_same(read(name, archive), read(name, folder))

    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    @pytest.mark.parametrize("place", [OUTER, f"pamap2/{OUTER}", "pamap2/download (1).zip"])
    def test_a_zip_in_a_zip(
        self, method: int, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "scratch").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
        write("pamap2", tmp_path / "folder" / "pamap2")
        pack_pamap2(tmp_path / "zipped" / place, method)
        tree = locate(PAMAP2, tmp_path / "zipped")
        folder = locate(PAMAP2, tmp_path / "folder")
        assert_same(read("pamap2", tree), read("pamap2", folder))
        assert tree.where("x").endswith(
            f"{OUTER if OUTER in place else place}/{INNER}/PAMAP2_Dataset/x"
        )
        assert list((tmp_path / "scratch").iterdir()) == []

    @pytest.mark.parametrize("above", ["", "PAMAP2_Dataset", "a folder/Überblick/PAMAP2_Dataset"])
    def test_folders_around_the_root(self, above: str, tmp_path: Path) -> None:
        write("pamap2", tmp_path / "my datä" / "pamap2" / above)
        tree = locate(PAMAP2, tmp_path / "my datä")
        assert len(read("pamap2", tree)) == 3
        assert tree.where("") == str(tmp_path / "my datä" / "pamap2" / above)

    @pytest.mark.parametrize(
        ("name", "unpacked"),
        [
            ("pamap2", "PAMAP2_Dataset"),
            ("opportunity", "OpportunityUCIDataset/dataset"),
            ("skoda", "SkodaMiniCP_2015_08"),
        ],
    )
    def test_what_unpacking_in_the_data_folder_leaves(
        self, name: str, unpacked: str, tmp_path: Path
    ) -> None:
        write(name, tmp_path / unpacked)
        (tmp_path / name).mkdir()  # as a broken download leaves it
        assert locate(REGISTRY[name], tmp_path).where("") == str(tmp_path / unpacked)

    def test_the_datasets_own_folder_goes_before_the_publishers(self, tmp_path: Path) -> None:
        for folder in ("pamap2", "PAMAP2_Dataset"):
            write("pamap2", tmp_path / folder)
        assert locate(PAMAP2, tmp_path).where("") == str(tmp_path / "pamap2")

    def test_the_publishers_archive_goes_before_others(self, tmp_path: Path) -> None:
        pack_pamap2(tmp_path / "pamap2" / OUTER)
        (tmp_path / "pamap2" / "photos.zip").write_bytes(b"PK")
        assert len(read("pamap2", locate(PAMAP2, tmp_path))) == 3

    def test_a_root_of_its_own(self, tmp_path: Path) -> None:
        write("pamap2", tmp_path / "elsewhere")
        pack(tmp_path / "elsewhere", tmp_path / "elsewhere.zip")
        for root in (tmp_path / "elsewhere", tmp_path / "elsewhere.zip"):
            tree = locate(replace(PAMAP2, root=root), tmp_path / "nowhere")
            assert len(read("pamap2", tree)) == 3

    def test_a_simulated_dataset_needs_no_files(self) -> None:
        spec = REGISTRY["simulated-gestures"]
        assert fingerprint(locate(spec, None), spec.patterns) == {}


class TestWhereNoDatasetIsFound:
    def test_no_folder_named(self) -> None:
        fails(MissingDataError, lambda: locate(PAMAP2, None), "--data", "pamap2", PAMAP2.home)

    def test_nothing_there(self, tmp_path: Path) -> None:
        place = tmp_path / "pamap2"
        fails(
            MissingDataError,
            lambda: locate(PAMAP2, tmp_path),
            place,
            "PAMAP2_Dataset",
            OUTER,
            INNER,
        )

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        (tmp_path / "pamap2").mkdir()
        fails(MissingDataError, lambda: locate(PAMAP2, tmp_path), "it is empty", "Protocol/")

    def test_a_root_of_its_own_that_is_not_there(self, tmp_path: Path) -> None:
        spec = replace(PAMAP2, root=tmp_path / "elsewhere")
        write("pamap2", tmp_path / "pamap2")
        fails(MissingDataError, lambda: locate(spec, tmp_path), tmp_path / "elsewhere")

    @pytest.mark.parametrize("kind", ["folder", "archive"])
    def test_the_files_of_another_dataset(self, kind: str, tmp_path: Path) -> None:
        write("opportunity", tmp_path / "pamap2")
        if kind == "archive":
            pack(tmp_path / "pamap2", tmp_path / "zipped" / "pamap2.zip")
        data = tmp_path / "zipped" if kind == "archive" else tmp_path
        fails(MissingDataError, lambda: locate(PAMAP2, data), data / "pamap2", "of opportunity are")

    def test_the_dataset_twice(self, tmp_path: Path) -> None:
        write("pamap2", tmp_path / "pamap2" / "old")
        write("pamap2", tmp_path / "pamap2" / "new")
        fails(DataFormatError, lambda: locate(PAMAP2, tmp_path), "2 times: new, old")

    def test_an_archive_of_something_else(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "pamap2.zip", "w") as file:
            file.writestr("holiday/beach.jpg", b"x")
        fails(MissingDataError, lambda: locate(PAMAP2, tmp_path), "pamap2.zip", "holiday/")

    def test_zips_in_zips_without_end(self, tmp_path: Path) -> None:
        content = b""
        for _ in range(5):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w") as file:
                file.writestr("again.zip", content)
            content = buffer.getvalue()
        (tmp_path / "pamap2.zip").write_bytes(content)
        fails(MissingDataError, lambda: locate(PAMAP2, tmp_path), "again.zip")


def plain(name: str = MEMBER, **attributes: object) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    for key, value in attributes.items():
        setattr(member, key, value)
    return member


def archive_of(*members: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names that come twice
        for member, content in members:
            file.writestr(member, content)
    return buffer.getvalue()


def patched(archive: bytes, offset: int, value: int, form: str = "<I") -> bytes:
    """Change a field of the last member's entry in the central directory."""
    content = bytearray(archive)
    struct.pack_into(form, content, content.rindex(b"PK\x01\x02") + offset, value)
    return bytes(content)


FLAGS, METHOD, CRC, PACKED, UNPACKED = 8, 10, 16, 20, 24
SOUND = archive_of((plain(), b"1 2 3\n" * 100))
BOMB = archive_of((plain(compress_type=zipfile.ZIP_DEFLATED), bytes(30_000_000)))
LINK = stat.S_IFLNK << 16


@pytest.mark.parametrize(
    ("content", "where", "said"),
    [
        (archive_of((plain("../" + MEMBER), b"x")), f"/../{MEMBER}", "lead out"),
        (archive_of((plain("PAMAP2_Dataset/../../x"), b"x")), "/../../x", "lead out"),
        (archive_of((plain("/etc/passwd"), b"x")), "//etc/passwd", "lead out"),
        (archive_of((plain("C:/x.dat"), b"x")), "/C:/x.dat", "lead out"),
        (archive_of((plain("..\\x.dat"), b"x")), "/..\\x.dat", "lead out"),
        (archive_of((plain("a\nb/../c"), b"x")), r"member 'a\nb/../c'", "lead out"),
        (archive_of((plain("a\x1b[2J.dat"), b"x")), r"member 'a\x1b[2J.dat'", "control"),
        (archive_of((plain(external_attr=LINK), b"/etc/passwd")), f"/{MEMBER}", "a link"),
        (archive_of((plain(), b"1"), (plain(), b"2")), f"/{MEMBER}", "comes twice"),
        (patched(SOUND, FLAGS, 0x01, "<H"), f"/{MEMBER}", "encrypted"),
        (patched(SOUND, METHOD, 12, "<H"), f"/{MEMBER}", "packed in a way"),
        (BOMB, f"/{MEMBER}", "more than 100 times"),
        (patched(BOMB, PACKED, 2**25), f"/{MEMBER}", "overlaps"),
        (SOUND[: len(SOUND) // 2], "pamap2.zip", "not a whole zip archive"),
        (b"", "pamap2.zip", "not a whole zip archive"),
        (b"<html>404</html>", "pamap2.zip", "not a whole zip archive"),
    ],
)
def test_an_unfit_archive_is_not_looked_into(
    content: bytes, where: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "pamap2.zip").write_bytes(content)
    told = fails(DataFormatError, lambda: locate(PAMAP2, tmp_path), "pamap2.zip", said)
    assert told.where.endswith(where)
    assert [path.name for path in tmp_path.iterdir()] == ["pamap2.zip"]


def test_more_than_any_dataset_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crosswear.datasets.archive.LARGEST_BYTES", 1000)
    (tmp_path / "pamap2.zip").write_bytes(
        archive_of((plain(), b"x" * 600), (plain("b"), b"x" * 600))
    )
    fails(DataFormatError, lambda: locate(PAMAP2, tmp_path), "pamap2.zip/b", "GiB")


def test_an_unfit_archive_inside_of_an_archive(tmp_path: Path) -> None:
    inner = archive_of((plain("../x"), b"x"))
    (tmp_path / OUTER).write_bytes(archive_of((plain(INNER), inner)))
    told = fails(DataFormatError, lambda: locate(PAMAP2, tmp_path))
    assert told.where == f"{tmp_path / OUTER}/{INNER}/../x"


@pytest.mark.parametrize(
    "content",
    [
        patched(SOUND, CRC, 1),
        SOUND.replace(b"1 2 3\n1", b"1 2 4\n1", 1),
        patched(SOUND, UNPACKED, 99),
        SOUND.replace(b"PK\x03\x04", b"PK\x03\x05"),
        SOUND.replace(MEMBER.encode(), MEMBER.encode()[::-1], 1),
        SOUND.replace(MEMBER.encode(), b"\xff" * len(MEMBER), 1),
    ],
)
def test_a_damaged_member_is_told_with_its_archive(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "pamap2.zip").write_bytes(content)
    place = f"{tmp_path}/pamap2.zip/{MEMBER}: cannot be read"
    tree = locate(PAMAP2, tmp_path)
    fails(DataFormatError, lambda: fingerprint(tree, PAMAP2.patterns), place)
    fails(DataFormatError, lambda: read("pamap2", tree), f"{tmp_path}/pamap2.zip/{MEMBER}")


def test_headers_that_lie_about_sizes_cost_no_memory(tmp_path: Path) -> None:
    (tmp_path / "bomb.zip").write_bytes(patched(BOMB, UNPACKED, 1000))
    tree = open_archive(FolderTree(tmp_path), "bomb.zip")
    tracemalloc.start()
    try:
        with pytest.raises(zipfile.BadZipFile), tree.open(MEMBER) as file:
            file.read()
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_a_missing_member(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(SOUND)
    data = FolderTree(tmp_path)
    fails(MissingDataError, lambda: open_archive(data, "a.zip").open("no.dat"), "a.zip/no.dat")
    fails(MissingDataError, lambda: open_archive(data, "b.zip"), "b.zip")


def test_hidden_members_are_passed_over(tmp_path: Path) -> None:
    names = ("__MACOSX/._a.txt", ".hidden/a.txt", "a.txt", "b/a.txt", "b/c/a.txt")
    (tmp_path / "a.zip").write_bytes(archive_of(*((plain(name), b"") for name in names)))
    tree = open_archive(FolderTree(tmp_path), "a.zip")
    assert tree.glob("*.txt") == ["a.txt"]
    assert tree.glob("*/[a]?txt") == ["b/a.txt"]
    assert tree.entries() == ["__MACOSX/", "a.txt", "b/"]


def _nested(content: bytes) -> bytes:
    return archive_of((plain(INNER), content))


@pytest.mark.slow
@pytest.mark.parametrize("wrap", [bytes, _nested])
def test_any_damage_is_told(wrap: Callable[[bytes], bytes], tmp_path: Path) -> None:
    line = b" ".join([b"1"] * 54)
    method = zipfile.ZIP_DEFLATED
    sound = wrap(
        archive_of(
            (plain(compress_type=method), line),
            (plain(MEMBER.replace("101", "102")), line),
        )
    )
    rng = np.random.default_rng(0)
    for _ in range(400):
        content = bytearray(sound[: int(rng.integers(1, len(sound) + 1))])
        if rng.random() < 0.8:
            content = bytearray(sound)
        for position in rng.integers(0, len(content), int(rng.integers(1, 6))):
            content[position] = rng.integers(256)
        (tmp_path / "pamap2.zip").write_bytes(content)
        try:
            read("pamap2", locate(PAMAP2, tmp_path))
        except CrosswearError as error:
            assert "pamap2.zip" in str(error)  # noqa: PT017  damage may also go unseen
