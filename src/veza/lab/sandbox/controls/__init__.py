"""The control methods of a sandbox, by what they are about; control.py joins them."""
