"""The pages of the site: a file for each subject, with the handlers of its pages and forms."""
