"""The money module for machines: payments, refunds, transfers, and what an operator looks at."""
