"""The market and the library for machines: products, carts, orders, refunds asked for, sales, what one owns."""
