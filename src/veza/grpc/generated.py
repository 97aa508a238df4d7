"""What protoc makes of the .proto: the messages in Python, and their types."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
_PROTO = HERE / "stream.proto"
_IN_PACKAGE = "veza/grpc/stream.proto"
"""The name that the description carries: what a client by reflection sees."""


def generated_messages() -> dict[Path, str]:
    """Path in the checkout → text; needs grpcio-tools, which only who changes Veza has."""
    from grpc_tools import protoc  # type: ignore[import-untyped]  # it has no types

    with TemporaryDirectory() as folder:
        source, made = Path(folder, "in", _IN_PACKAGE), Path(folder, "out")
        source.parent.mkdir(parents=True)
        made.mkdir()
        source.write_bytes(_PROTO.read_bytes())
        arguments = ["protoc", f"-I{folder}/in", f"--python_out={made}", f"--pyi_out={made}", str(source)]
        if protoc.main(arguments) != 0:
            raise RuntimeError(f"protoc does not take {_PROTO}: its message is above")
        names = ("stream_pb2.py", "stream_pb2.pyi")
        return {Path("src/veza/grpc", name): (made / "veza/grpc" / name).read_text("utf-8") for name in names}
