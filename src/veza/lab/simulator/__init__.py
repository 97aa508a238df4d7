"""The real money room on a stage: in-process sandbox, a clock that moves when told, seeded chance."""
