"""Payments, refunds, seller transfers, reversals, the ledger and reconciliation (docs/money.md)."""
