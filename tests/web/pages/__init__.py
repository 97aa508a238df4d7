"""The pages of the site over HTTP."""
