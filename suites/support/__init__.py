"""What the checks of several areas share."""
