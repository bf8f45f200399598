"""No alarm is lost though the gateway is killed again and again, and its sinks fail: kills.py compares everybody's books."""
import json
import random

from kills import Proof


def test_every_alarm_is_delivered_or_covered_though_the_gateway_is_killed(started, tmp_path):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    proof = Proof(tmp_path, started, seed)
    proof.run(10, longest=4.0)
    figures = proof.close()
    print(json.dumps(figures))
    assert figures["kills"] == 10 and figures["alarms_stored"] > 1000
