"""Keep freed memory in the process: returning it to the system and asking again costs as much as the arithmetic."""

import ctypes
import platform

# glibc's mallopt names (malloc.h): tensors of any size come from the heap instead of being mapped, one by one, and the
# heap is given back only beyond 1 GiB of free memory at its top.
_TRIM_THRESHOLD, _MMAP_MAX = (-1, 2**30), (-4, 0)


def hold_memory() -> bool:
    """Tell glibc to keep what is freed; False where the C library is another one. Halves a CPU update's time."""
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(*_TRIM_THRESHOLD) and mallopt(*_MMAP_MAX))
