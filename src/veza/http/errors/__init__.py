"""The one table of errors: which kind of problem each error of a module is, for every door."""
