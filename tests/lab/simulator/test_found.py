"""Scripts that once broke a promise, as short as they could be made; each is named after what happens in it."""

from __future__ import annotations

import pytest

from tests.lab.simulator.playing import play_script

FOUND: dict[str, tuple[int, str]] = {
    "a reversal by hand is heard of after the dispute it was for was won": (
        1795895158,
        "sell:4294818241 dispute:3326144256 minutes:2088960327 reverse_by_hand:1593193582 dispute_ends:4091133798",
    ),
    "a reversal by hand before a refund that comes to nothing while ours is held up": (
        1795894964,
        "sell:3249379382 just_work:1612607705 refund_line:1631101361 just_work:3408851328 a_month:284449055"
        " minutes:2941476928 switch_behaviour:894353050 reverse_by_hand:602570275 fault:4146174818"
        " refund_part:2158260085 overtaken:1528740620 provider_down:3572023818 minutes:3493345705"
        " overtaken:3668593860",
    ),
    "a row that forgot its provider id is found again before another is sent for the first time": (
        1795903945,
        "sell:4288152466 late_truth:2040318373 forget_provider_id:3363232725",
    ),
    "a row that took over what a lost row had sent does not forget it": (
        1795939051,
        "sell:3335518479 back_up:633786662 refund_by_hand:759335090 just_work:771363721 hours:427431985"
        " restore_backup:1698793773 just_work:4051473091 forget_provider_id:1328165469",
    ),
    "a row that took over what a lost row had sent does not forget it, and it is reversed by hand": (
        1795945521,
        "sell:681740353 just_work:996866585 refund_line:2271691147 open_checkout:3570288095 back_up:2225756057"
        " minutes:4089678214 restore_backup:3437071420 refuse_reversals:2954611175 forget_provider_id:2776222970"
        " reverse_by_hand:714298171",
    ),
    "a comparison by hand ends the hold while the guard's own fails": (
        1795913889,
        "sell:2505091840 minutes:2356028195 reconcile_now:1522084948 open_checkout:3559400555 fill_in_form:2159224148"
        " fault:4050654277 just_work:133476112",
    ),
}


@pytest.mark.parametrize("name", FOUND)
async def test_it_is_kept_now(name: str) -> None:
    seed, script = FOUND[name]
    steps = [(step, int(dice)) for step, _, dice in (one.partition(":") for one in script.split())]
    played = await play_script(seed, steps)
    assert played.violations == []
    assert len(played.script) == len(steps)
