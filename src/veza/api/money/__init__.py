"""The money room for machines: payments, refunds, transfers, and what an operator looks at."""
