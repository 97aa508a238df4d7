from tests.browsers import chromium

__all__ = ["chromium"]
