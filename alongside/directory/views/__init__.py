"""What browsers fetch of the directory, by what it is about: `lists` of keys, `resources` outside the programme."""
