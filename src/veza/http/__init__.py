"""What every door shares: how a request is read, limited and answered, whoever asks and in whichever format."""
