"""The real money module on a stage: in-process sandbox, a clock that moves when told, seeded chance."""
