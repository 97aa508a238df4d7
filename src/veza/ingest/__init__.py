"""Import: folders and archives of tagged recordings become draft releases; an import can be undone."""
