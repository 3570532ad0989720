"""What is typed about the directory: `resources` outside the programme."""
