"""Settings from the environment."""

import pytest

from n2n.studio.settings import Settings


def test_settings_come_from_the_environment_and_the_rest_from_the_defaults() -> None:
    given = {"N2N_MODEL": "/models/mine", "N2N_UPLOAD_MB": "2.5", "N2N_PORT": "8000", "N2N_MCP": "on", "N2N_HOST": "", "HOME": "/"}
    assert Settings.from_environment(given) == Settings(model="/models/mine", upload_mb=2.5, port=8000, mcp=True)
    assert Settings.from_environment({}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("N2N_UPLOAD_MB", "a lot", "a number"),
        ("N2N_UPLOAD_MB", "nan", "at least"),
        ("N2N_UPLOAD_MB", "-3", "at least 0.001, not -3"),
        ("N2N_QUEUE_LENGTH", "2.5", "a whole number"),
        ("N2N_QUEUE_LENGTH", "0", "at least 1"),
        ("N2N_MAX_SECONDS", "inf", "at least"),
        ("N2N_PORT", "70000", "at most 65535"),
        ("N2N_MCP", "perhaps", "1 or 0"),
    ],
)
def test_an_impossible_setting_is_refused_by_name(name: str, text: str, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be .*{allowed}"):
        Settings.from_environment({name: text})
