"""What happens when a part of the stack dies while people chat."""
