"""The ground every module stands on: clock, ids, money amounts, database, outbox, worker loop. No business words."""
