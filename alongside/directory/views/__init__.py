"""What browsers fetch of the directory, by what it is about: `lists`, `cards`, `resources` outside the programme."""
