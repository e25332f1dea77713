"""How far a run is, remembered on the device and over a resume."""

from asdcfer.methods.run_progress import RunProgress


def test_it_is_saved_with_the_method():
    progress = RunProgress()
    assert (progress.now, progress.reached(0.0), progress.reached(0.1)) == (0.0, True, False)
    progress.set(0.4)
    other = RunProgress()
    other.load_state_dict(progress.state_dict())
    assert other.now == progress.now == 0.4
    assert other.reached(0.4)


def test_a_ramp_is_straight_and_ends():
    progress = RunProgress()
    values = []
    for share in (0.0, 0.25, 0.5, 1.0):
        progress.set(share)
        values.append(progress.ramp(0.2, 0.8, until=0.5))
    assert [round(value, 9) for value in values] == [0.2, 0.5, 0.8, 0.8]
    progress.set(0.0)
    assert progress.ramp(0.2, 0.8, until=0.0) == 0.8
