"""The shop: products and prices, cart, orders, refunds asked for."""
