"""The ground every room stands on: clock, ids, money amounts, database, outbox, worker loop. No business words."""
