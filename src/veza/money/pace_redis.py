"""The pace's slots in Redis, by its clock: one script per reservation."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from veza.kit.database_trouble import DatabaseUnavailable
from veza.kit.messages import gettext
from veza.money.pace import SILENCE_SECONDS, FarClock, Intervals, Lane

KEY = "veza:pace:stripe"

# A key that is not there may have been lost with slots still to come: silence, as after a clock set back.
_RESERVE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local silence, is_person = tonumber(ARGV[1]), ARGV[2] == '1'
local span, person_interval = tonumber(ARGV[3]), tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'worker', 'person', 'seen')
local worker, person, seen = tonumber(kept[1] or 0), tonumber(kept[2] or 0), tonumber(kept[3] or 0)
if not kept[3] or seen > now + silence then
  worker, person = now + silence, now + silence
end
worker, person = math.max(worker, now), math.max(person, now)
local slot = worker
if is_person and person_interval > 0 and person <= worker then
  slot = person
  person = person + person_interval
else
  worker = worker + span
end
redis.call('HSET', KEYS[1], 'worker', string.format('%.6f', worker), 'person', string.format('%.6f', person),
  'seen', string.format('%.6f', now))
return {string.format('%.6f', slot), string.format('%.6f', now)}
"""

_PUSH_BACK = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local worker = math.max(tonumber(redis.call('HGET', KEYS[1], 'worker') or 0), now + tonumber(ARGV[1]))
redis.call('HSET', KEYS[1], 'worker', string.format('%.6f', worker))
"""


class RedisSlots:
    """Slots of every process on this Redis."""

    def __init__(self, redis: Redis, key: str = KEY) -> None:
        self._key = key
        self._reserve: Any = redis.register_script(_RESERVE)
        self._push_back: Any = redis.register_script(_PUSH_BACK)
        self._clock = FarClock()

    async def reserve(self, lane: Lane, count: int, intervals: Intervals) -> float:
        slot, now = await self._run(
            self._reserve,
            [SILENCE_SECONDS, int(lane is Lane.PERSON), count * intervals.worker, intervals.person],
        )
        return self._clock.here(float(now), float(slot))

    async def push_back(self, seconds: float) -> None:
        await self._run(self._push_back, [seconds])

    async def _run(self, script: Any, arguments: list[Any]) -> Any:
        try:
            return await script(keys=[self._key], args=arguments)
        except (RedisError, OSError) as error:
            raise DatabaseUnavailable(
                gettext("Redis, which keeps the provider's pace, cannot be reached: {error}", error=error)
            ) from error
