"""The page as it is served: what it asks for, and what waits in the queue."""

import httpx


def test_the_page_reports_nothing_to_anyone(app: str) -> None:
    assert httpx.get(f"{app}/config").json()["analytics_enabled"] is False
    assert "fonts.googleapis" not in httpx.get(app).text


def test_what_needs_no_model_never_waits_in_the_queue_and_no_open_tab_is_forgotten(app: str) -> None:
    config = httpx.get(f"{app}/config").json()
    by_name = {each["api_name"]: each for each in config["dependencies"]}
    at_once = ("arrive", "player_changed", "bring_notes", "returned")
    assert [by_name[name]["queue"] for name in (*at_once, "transcribe")] == [False] * 4 + [True]
    of_learn = max(name for name in by_name if str(name).startswith("choose"))
    assert by_name[of_learn]["trigger_mode"] == "multiple"  # another clip may be chosen before the first is answered
    states = [each["props"] for each in config["components"] if each["type"] == "state"]
    assert states and not any(props.get("time_to_live") for props in states)
