"""The market: products and prices, carts, orders, refunds that buyers ask for, receipts."""
