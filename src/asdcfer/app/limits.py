"""What one upload may cost: bytes, pixels, seconds; how many may wait at once, and how fast."""

from pydantic import BaseModel, ConfigDict, Field

LOCAL_HOSTS: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")
"""Names of this machine in a Host header. Others are refused, or a page elsewhere could reach the
server by pointing its own name at 127.0.0.1.
"""


class Limits(BaseModel):
    """Bounds that the server checks before it decodes anything.

    Args:
        max_upload_mb: largest body of one request in megabytes (10**6 bytes).
        max_pixels: largest width times height of a photo or a video frame; guards against
            decompression bombs.
        max_seconds: longest video in seconds.
        max_waiting: requests that may be received or wait for the recognizer at once.
        max_wait: seconds that one more waits for its turn, its body unread, before it is answered
            503; and that a caller who asks too fast is held back before it is answered 429.
        max_rate: requests a second from one address.
        max_work: seconds that one video may be worked on; what was read until then is answered.

    Example:
        >>> Limits(max_upload_mb=2).max_bytes
        2000000
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_upload_mb: float = Field(default=200.0, gt=0)
    max_pixels: int = Field(default=50_000_000, gt=0)
    max_seconds: float = Field(default=600.0, gt=0)
    max_waiting: int = Field(default=16, gt=0)
    max_wait: float = Field(default=20.0, ge=0)
    max_rate: float = Field(default=100.0, gt=0)
    max_work: float = Field(default=3600.0, gt=0)

    @property
    def max_bytes(self) -> int:
        """`max_upload_mb` in bytes."""
        return int(self.max_upload_mb * 1_000_000)
