"""What AWS has of the notebooks that grants name."""
