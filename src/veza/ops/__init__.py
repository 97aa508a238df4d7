"""The door for operators: the command line, the doctor, starting and stopping, logs and metrics."""
