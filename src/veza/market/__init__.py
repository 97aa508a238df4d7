"""The market: products and prices, carts, orders, refund requests, receipts."""
