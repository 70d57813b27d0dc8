"""Compiled code: the same source for each kind of processor of this architecture.

`crosswear.networks.kernels` chooses among them when it runs. Without a C++ compiler that knows
vector types (gcc, clang) the package installs without them.
"""

import platform
from pathlib import Path

from setuptools import Extension, setup

KERNELS = Path("src/crosswear/networks/kernels")
AVX2 = ["-mavx2", "-mfma"]
AVX512 = [*AVX2, "-mavx512f", "-mavx512bw", "-mavx512vl"]
X86 = {"avx2": AVX2, "avx512": AVX512, "avx512bf16": [*AVX512, "-mavx512bf16"]}
ARM: dict[str, list[str]] = {"neon": []}
VERSIONS = {"x86_64": X86, "amd64": X86, "aarch64": ARM, "arm64": ARM}

setup(
    ext_modules=[
        Extension(  # loaded with ctypes: it knows neither Python nor torch
            f"crosswear.networks.kernels._{version}",
            sources=[str(file) for file in sorted(KERNELS.glob("*.cpp"))],
            depends=[str(file) for file in sorted(KERNELS.glob("*.hpp"))],
            extra_compile_args=["-O3", "-std=c++17", "-ffp-contract=fast", *flags],
            optional=True,  # without a compiler, torch does the same
        )
        for version, flags in VERSIONS.get(platform.machine().lower(), {}).items()
    ]
)
